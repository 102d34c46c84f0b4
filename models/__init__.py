"""Replication protocols, one a file or folder: machines that import the words of sim.machine and nothing else of sim."""
