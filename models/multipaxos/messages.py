"""Ballots, what nodes tell each other, what they state, and the view; instances count from 0."""

from __future__ import annotations

from typing import NamedTuple

from sim.machine import NodeId

from .._store import Command

NOOP = Command("", 0, "noop", ())
Ballot = int  # a proposal's number: those of one node are the same modulo the number of nodes


class Prepare(NamedTuple):
    """1a: promise me this ballot, and tell what you have accepted from an instance on."""

    ballot: Ballot
    first: int


class Promise(NamedTuple):
    """1b: I accept nothing of a lower ballot any more; this is what I have accepted: instance, ballot, command."""

    ballot: Ballot
    accepted: tuple[tuple[int, Ballot, Command], ...]


class Accept(NamedTuple):
    """2a: accept these commands; with none, a sign of life. So many instances from the first are chosen."""

    ballot: Ballot
    proposals: tuple[tuple[int, Command], ...]
    chosen: int


class Accepts(NamedTuple):
    """2b: I have accepted these instances' commands, durably."""

    ballot: Ballot
    instances: tuple[int, ...]


class Refuse(NamedTuple):
    """I have promised a higher ballot, this one."""

    ballot: Ballot


class Learn(NamedTuple):
    """What is chosen from this instance on?"""

    first: int


class Chosen(NamedTuple):
    """These commands are, from an instance on."""

    first: int
    commands: tuple[Command, ...]


# -- what a node states ------------------------------------------------------------------------------------


class Voted(NamedTuple):
    """This acceptor's promise: nothing of a lower ballot, which stands here for a term."""

    term: Ballot
    candidate: NodeId


class View(NamedTuple):
    """How a node looks from outside: its term is the ballot promised, its log what it knows to be chosen."""

    role: str
    term: Ballot
    leader: NodeId | None
    tail: int
    commit: int
    digest: str
