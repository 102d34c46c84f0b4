"""The keys of a scenario file, as dataclasses: what a table may hold, in which units, and what it means.

pydantic reads the annotations when a file is loaded; their texts are the field reference of README.md in this folder.
Tables of faults are made of a fault's own fields (sim.faults) and the fields of Timing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Annotated, Any, Literal, TypeVar, dataclass_transform

from sim.clients import WORKLOADS
from sim.faults import FOREVER
from sim.targets import ROLES
from sim.units import (
    DURATION_FORM,
    PPM_FORM,
    SPAN_FORM,
    Duration,
    Share,
    Span,
    Spans,
    Unit,
    duration,
    ppm,
    signed_duration,
    span,
)  # fmt: skip

from .complaints import shown
from .latencies import MATRICES

T = TypeVar("T")
FORMAT = "netsplit.scenario/1"
NEVER = "never"
QUORUM = "quorum"
CORE_FORM = f'"{QUORUM}", or a list of different nodes'
ONE_LATENCY = "one of a time, { uniform = [LOW, HIGH] }, { lognormal = MEDIAN, sigma = S } or { matrix = NAME }"


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def _table(cls: type[T]) -> type[T]:
    """Make a table of the file: frozen, and strict about unknown keys and types."""
    cls.__pydantic_config__ = {"extra": "forbid", "strict": True}  # type: ignore[attr-defined]
    return dataclass(frozen=True, kw_only=True)(cls)


def _lasting(found: Any) -> Span | str:
    return FOREVER if found == FOREVER else span(found)


def _range(read: Any) -> Any:
    def ranged(found: Any) -> Any:
        if isinstance(found, (list, tuple)):
            if len(found) != 2 or read(found[0]) > read(found[1]):
                raise ValueError(f"found {found!r}, allowed: one value, or a pair with the smaller first")
            return read(found[0]), read(found[1])
        value = read(found)
        return value, value

    return ranged


def _per_node(read: Any) -> Any:
    """Read one value for all nodes, or a table by node; the result always is a table, the one value under "all"."""

    def per_node(found: Any) -> Mapping[str, Any]:
        if isinstance(found, dict):
            return {name: read(value) for name, value in found.items()}
        return {ALL: read(found)}

    return per_node


def _nodes(found: Any) -> tuple[str, ...] | tuple[int, int]:
    """Read a count, a range of counts, or names; a count is a range of one."""
    low, high = (
        (found, found) if isinstance(found, int) else found if isinstance(found, list) and len(found) == 2 else (0, 0)
    )
    if type(low) is int and type(high) is int and 1 <= low <= high <= NODES_MAX:
        return low, high
    named = isinstance(found, list) and found and all(isinstance(n, str) and _NAME.fullmatch(n) for n in found)
    if named and len(set(found)) == len(found) and not set(found) & {*ROLES, ALL, NEVER}:
        return tuple(sorted(found))
    raise ValueError(f"found {shown(found)}, allowed: {NODES_FORM}")


def _beside(found: Any) -> tuple[str, ...]:
    if found == "each" or (isinstance(found, list) and found and all(isinstance(n, str) for n in found)):
        return () if found == "each" else tuple(found)
    raise ValueError(f'found {shown(found)}, allowed: "each", or a list of nodes')


def _core(found: Any) -> tuple[str, ...] | str:
    if found == QUORUM:
        return QUORUM
    if isinstance(found, list) and found and all(isinstance(n, str) for n in found) and len(set(found)) == len(found):
        return tuple(sorted(found))
    raise ValueError(f"found {shown(found)}, allowed: {CORE_FORM}")


PAIR_FORM = 'a pair of times such as ["1ms", "40ms"]'


def _pair(found: Any) -> tuple[int, int]:
    read = span(found) if isinstance(found, list) else None
    if not isinstance(read, tuple):
        raise ValueError(f"found {shown(found)}, allowed: {PAIR_FORM}")
    return read


def _boot(found: Any) -> int | None:
    return None if found == NEVER else duration(found)


def _sigma(found: Any) -> int:
    """Return the sigma of a logarithm in millionths."""
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not 0 < found <= 5:
        raise ValueError(f"found {found!r}, allowed: a number above 0, at most 5")
    return int(Fraction(repr(found)) * 1_000_000)


SEED_MAX = 2**63 - 1
NODES_MAX = 100_000
ALL = "all"
NODES_FORM = (
    f"a count from 1 to {NODES_MAX}, a range such as [2, 5] drawn from the seed, or a list of different names "
    "(letters, digits, _ . -; no role)"
)
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
Lasting = Annotated[Span | str, Unit("time or range", _lasting, SPAN_FORM + f', or "{FOREVER}"', ("array",))]
Nodes = Annotated[
    tuple[str, ...] | tuple[int, int], Unit("count, range or names", _nodes, NODES_FORM, ("integer", "array"))
]
Beside = Annotated[tuple[str, ...], Unit('"each" or nodes', _beside, '"each", or a list of nodes', ("array",))]
CoreNodes = Annotated[tuple[str, ...] | str, Unit('"quorum" or nodes', _core, CORE_FORM, ("array",))]
Pair = Annotated[tuple[int, int], Unit("two times", _pair, PAIR_FORM, ("array",))]
NodeTimes = Annotated[
    Mapping[str, int],
    Unit("time, or a table of times", _per_node(duration), DURATION_FORM + ", or a table by node", ("object",)),
]
Boot = Annotated[int | None, Unit("time", _boot, f'a time such as "250ms", or "{NEVER}"')]
Sigma = Annotated[int, Unit("number", _sigma, "a number above 0, at most 5", ("number",))]
Offset = Annotated[
    tuple[int, int],
    Unit("time or range", _range(signed_duration), "a time, which may be negative, or a pair", ("array",)),
]
Drift = Annotated[tuple[int, int], Unit("rate error or range", _range(ppm), PPM_FORM + ", or a pair", ("array",))]


@_table
class Latency:
    """One-way delays."""

    constant: Annotated[Duration | None, "the same for every packet; written as a bare time"] = None
    uniform: Annotated[Pair | None, "drawn for each packet from this range"] = None
    lognormal: Annotated[Duration | None, "drawn for each packet; this is the median"] = None
    sigma: Annotated[Sigma, "of the logarithm, for `lognormal`"] = 500_000
    matrix: Annotated[Literal[tuple(MATRICES)] | None, "half of the measured round trip between two regions"] = None  # type: ignore[valid-type]
    jitter: Annotated[Share, "up to this share more, drawn for each packet, for `matrix`"] = Fraction(0)


@_table
class Network:
    """What links do on a good day."""

    latency: Annotated[Latency, ONE_LATENCY] = field(default_factory=Latency)
    loss: Annotated[Share, "share of packets lost"] = Fraction(0)
    duplicate: Annotated[Share, "share of packets that arrive twice"] = Fraction(0)
    corrupt: Annotated[Share, "share of packets whose checksum fails"] = Fraction(0)
    in_flight: Annotated[
        Literal["deliver", "drop", "hold"], "what becomes of packets under way when a partition begins"
    ] = "deliver"


@_table
class Cluster:
    """The nodes and what they are configured with."""

    nodes: Annotated[Nodes, "how many (named n1, n2, ...), their names, or a range drawn from the seed"] = (3, 3)
    place: Annotated[Mapping[str, str], "the region of a node; the others take the matrix's regions in order"] = field(
        default_factory=dict
    )
    params: Annotated[Mapping[str, Any], "the model's parameters; a table with a node's name holds that node's own"] = (
        field(default_factory=dict)
    )
    boot: Annotated[Mapping[str, Boot], f'when a node first boots; default "0s", "{NEVER}" leaves it to an operate'] = (
        field(default_factory=dict)
    )
    service: Annotated[NodeTimes, "how long a node is busy with one input"] = field(default_factory=dict)
    rtt: Annotated[Duration | None, "the nominal round trip that nodes are told, in place of the network's"] = None


@_table
class NodeClock:
    """One node's clocks."""

    offset: Annotated[Offset, "of the wall clock; a pair is drawn from the seed"] = (0, 0)
    drift: Annotated[Drift, "rate error of both clocks; a pair is drawn from the seed"] = (0, 0)


@_table
class Clocks:
    """Wall clocks and rates; a table `[clocks.n2]` with `offset` and `drift` is for one node."""

    wall_start: Annotated[str, "the date at which the run begins"] = "2024-01-01"
    offset: Annotated[Offset, "of every node's wall clock; a pair is drawn for each node"] = (0, 0)
    drift: Annotated[Drift, "rate error of every node's clocks; a pair is drawn for each node"] = (0, 0)
    node: Annotated[Mapping[str, NodeClock], "written as `[clocks.NAME]`"] = field(default_factory=dict)


@_table
class Disks:
    """What durability costs."""

    sync: Annotated[NodeTimes, "how long a sync takes"] = field(default_factory=dict)


@_table
class Clients:
    """What clients do."""

    workload: Annotated[Literal[tuple(WORKLOADS)], "which operations, drawn with their usual weights"]  # type: ignore[valid-type]
    beside: Annotated[Beside, 'the nodes that have a client beside them; "each" is all'] = ()
    find: Annotated[
        Literal["hint", "fixed", "every-leader"],
        "whom a client asks: who it believes leads, its own node, or its own node whenever that leads",
    ] = "hint"
    every: Annotated[Spans, "the time between two operations of one client; a pair is drawn for each"] = 50_000_000
    start: Annotated[Duration, "when the first operation may begin"] = 0
    until: Annotated[Duration | None, "when the last operation may begin; default: never ends"] = None
    patience: Annotated[Duration, "how long a client waits for an answer"] = 1_000_000_000
    again: Annotated[int, "how often spent patience is followed by another try of the same operation"] = 0
    keys: Annotated[int, "how many keys are drawn from"] = 1
    lose_answers: Annotated[Share, "share of answers that never reach the client"] = Fraction(0)


@_table
class Errand:
    """Single operations at exact instants, asked of one node without delay."""

    at: Annotated[Duration, "when"]
    node: Annotated[str, "who is asked"]
    action: Annotated[str, "one of the model's ACTIONS"]
    args: Annotated[tuple[str | int | bool, ...], "its arguments in order"] = ()
    times: Annotated[int, "how often"] = 1
    every: Annotated[Duration, "the time between two"] = 0


@_table
class Core:
    """Who is healed, if not everybody: faults that touch no node and no link of the core last for ever."""

    nodes: Annotated[CoreNodes, 'nodes, or "quorum": a majority drawn from those that no fault has struck for ever']


@_table
class Timing:
    """When a fault strikes and for how long: keys of every `[[fault]]` beside its kind's own."""

    at: Annotated[Spans | None, "when; a pair is drawn once per seed"] = None
    when: Annotated[
        Mapping[str, str | int | bool] | None,
        "{ note = FACT } or { record = KIND }, further keys being fields that must have these values, or `node`",
    ] = None
    nth: Annotated[int, "which match of `when`, from 1"] = 1
    after: Annotated[Spans, "so long after the match of `when`"] = 0
    lasting: Annotated[Lasting | None, f'how long; default: until heal; "{FOREVER}" is never mended'] = None


@_table
class Scenario:
    """One experiment."""

    format: Annotated[Literal["netsplit.scenario/1"], "the format of this file"] = "netsplit.scenario/1"
    about: Annotated[str, "what happens, in a sentence"]
    model: Annotated[
        str, "a shipped model's name, a path such as ./mine.py, or an entry point of group netsplit.models"
    ]
    profile: Annotated[str | None, "a named set of the model's parameters; default: the model's first"] = None
    seed: Annotated[int, "the seed of `run` without --seed"] = 1
    heal: Annotated[Duration | None, "when every fault is mended; needed if there are faults"] = None
    stop: Annotated[Duration, "when the run ends"]
    ties: Annotated[Literal["fifo", "shuffled"], "the order of events of one class at one instant"] = "fifo"
    cluster: Annotated[Cluster, ""] = field(default_factory=Cluster)
    network: Annotated[Network, ""] = field(default_factory=Network)
    clocks: Annotated[Clocks, ""] = field(default_factory=Clocks)
    disks: Annotated[Disks, ""] = field(default_factory=Disks)
    clients: Annotated[Clients | None, ""] = None
    ask: Annotated[tuple[Errand, ...], ""] = ()
    fault: Annotated[tuple[Mapping[str, Any], ...], ""] = ()
    core: Annotated[Core | None, ""] = None
    expect: Annotated[
        Mapping[str, Any],
        "verdict per property for this profile: one, a list, or { verdict, within, grace }; "
        "`[expect.PROFILE]` for another",
    ] = field(default_factory=dict)
    sweep: Annotated[Mapping[str, tuple[Any, ...]], "the grid that charts of this scenario use: key = values"] = field(
        default_factory=dict
    )
