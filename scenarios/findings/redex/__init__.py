"""Weaknesses of redex."""
