"""What quorum_write costs and what it is worth: staleness of reads, availability and latency of writes.

worlds         many writes and reads of one cluster, each under a key of its own
shares         shares of trials with their intervals, and order statistics of sums of delays
staleness      how often a read misses an acknowledged write
availability   how often, and how soon, a write is acknowledged
"""
