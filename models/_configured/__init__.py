"""Replicas whose configuration a master decides: what chain replication and primary-backup have in common.

Every configuration has a number. A node that has heard of one refuses what is sent under an earlier one (fencing), so
once somebody has left, nothing counts that needs it. Whoever joins is given the whole log before it counts as synced,
and only who is synced may ever lead: every synced member holds every operation that was acknowledged.

The master is the first node of the cluster, beside being a replica. It takes a node that it does not hear for dead,
right or wrong. It decides alone and keeps its decisions on disk; while it is away nobody is replaced. So a cut that
parts the master from a majority leaves the service to the minority around it.

    configuration  members, what is said about them, what a node states
    master         who is alive, and what the next configuration is
    member         the log, copies, what is committed, reads and clients
"""
