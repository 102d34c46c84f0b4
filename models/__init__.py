"""Replication protocols, one a file or folder: machines that import the words of sim.machine, not the world."""
