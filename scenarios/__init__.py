"""The experiment: scenario files, runs, sweeps, verdicts and the command line.

What a scenario file goes through, in order:

lines       where each key of a TOML file stands
complaints  what is wrong with a file: line, key, found, allowed; all of it at once
schema      the keys of a scenario file as dataclasses
load        text -> Document -> Scenario, with complaints
model       finding a model by name, by file or by entry point
rules       what its tables must keep together (network_rules: links and partitions)
build       Scenario and seed -> sim.world.Plan, with the complaints that need the model
nemesis     faults drawn from the seed, as the tables that a file would hold
expect      verdicts expected and found
run         one run -> result, and its run directory (rundir)
sweep/      many seeds and settings, on several processes or a cluster, kept in a store (store.md)
comparison  two sweeps, or two settings, by pairs of runs of the same seed
fingerprint what tells one failure from another
schedules   a scenario with these very faults, within the budget of what it could have drawn
scores      how far a run went astray
hunt        looks for schedules that fail
strategies  the same for Hypothesis, in tests of one's own
shrink/     from a failing seed to the smallest scenario that fails in the same way
determinism reruns in fresh processes
consistency judges what clients were told, when a run is over
check       judges stored traces
histories/  reads histories of client operations, ours and others'
check_history  judges them (HISTORIES.md)
latencies   measured round trips between regions
topologies  graphs for replicas to sit on: shapes, and files (graphfile, greatcircle); topology_rules checks them
samples     measured latencies from a file
catalog/    the scenarios that ship
findings/   the documented weaknesses of the models, measured
studies/    whole experiments, beside what was published
ci          runs for a continuous-integration service; pytest_plugin: scenario files as tests (CI.md)
cli         the command line over all of these (cli_sweep: many runs, cli_search: hunt and shrink); command: what
            commands share; progress: what a terminal shows while they work
"""
