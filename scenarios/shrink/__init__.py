"""From a failing seed to the smallest scenario that still fails in the same way.

case         a scenario in pieces: the tables at its top, and its decisions: faults, operations, packets
materialise  what a seed drew, written out: faults with times and nodes, operations, the fate of each packet
ddmin        delta debugging
passes       what may be left out or made simpler, the coarse before the fine
search       tries cases, and keeps what fails with the same fingerprint (scenarios.fingerprint)
nodes        a scenario without one of its nodes, and with the rest numbered anew
start        from a scenario and a seed to the search
keep         the scenario file and the pytest beside it, verified
regression   what that pytest calls
"""
