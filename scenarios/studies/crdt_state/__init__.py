"""Experiments with crdt_state: how fast it converges, and what clocks make it lose."""
