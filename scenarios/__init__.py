"""The experiment: scenario files, runs, sweeps, verdicts and the command line."""
