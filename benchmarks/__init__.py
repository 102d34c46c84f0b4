"""What the simulator costs, as ratios against baselines measured in the same process.

quorum beat    the machines that are driven: one bound by its protocol, one by its transport
naive          the baseline: the same machines on plain SimPy
worlds         the plans that are measured, and how one run of each is timed
measure        rows, medians, and runs that take turns
against_naive set_up scale    one group of rows a file
table          all groups, and how a table of rows reads
"""
