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
from sim.targets import ROLES, Target
from sim.units import (
    DURATION_FORM,
    PPM_FORM,
    SPAN_FORM,
    Duration,
    Ppm,
    Rate,
    Share,
    SignedDuration,
    Size,
    Span,
    Spans,
    Unit,
    duration,
    ppm,
    share,
    signed_duration,
    span,
)  # fmt: skip
from sim.weather import Burst, Reorder

from .complaints import shown
from .latencies import MATRICES

T = TypeVar("T")
FORMAT = "netsplit.scenario/1"
NEVER = "never"
QUORUM = "quorum"
CORE_FORM = f'"{QUORUM}", or a list of different nodes'
ONE_LATENCY = (
    "a time, or one of { uniform = [LOW, HIGH] }, { exponential = MEAN }, { lognormal = MEDIAN, sigma = S }, "
    "{ pareto = LEAST, alpha = A }, { bimodal = [FAST, SLOW], slow = SHARE }, { empirical = FILE, unit = UNIT } "
    "and { matrix = NAME }"
)


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


SPEED_FORM = 'a share of the speed of light such as "2/3 c", above 0, at most "1 c"'
PAIR_FORM = 'a pair of times such as ["1ms", "40ms"]'


def _pair(found: Any) -> tuple[int, int]:
    read = span(found) if isinstance(found, list) else None
    if not isinstance(read, tuple):
        raise ValueError(f"found {shown(found)}, allowed: {PAIR_FORM}")
    return read


def _speed(found: Any) -> Fraction:
    """Return a share of the speed of light in vacuum."""
    number, c, rest = found.rpartition("c") if isinstance(found, str) else ("", "", "")
    try:
        speed = share(number) if c and not rest else Fraction(0)
    except ValueError:
        speed = Fraction(0)
    if not speed:
        raise ValueError(f"found {shown(found)}, allowed: {SPEED_FORM}")
    return speed


def _counts(found: Any) -> tuple[int, int]:
    low, high = (found, found) if not isinstance(found, list) else found if len(found) == 2 else (0, 0)
    if type(low) is not int or type(high) is not int or not 1 <= low <= high <= 1000:
        raise ValueError(f"found {shown(found)}, allowed: {COUNTS_FORM}")
    return low, high


def _down(found: Any) -> int | str:
    if found in ("minority", "any") or (type(found) is int and found >= 0):
        return found  # type: ignore[no-any-return]
    raise ValueError(f"found {shown(found)}, allowed: {DOWN_FORM}")


def _boot(found: Any) -> int | None:
    return None if found == NEVER else duration(found)


def _sigma(found: Any) -> int:
    """Return the sigma of a logarithm in millionths."""
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not 0 < found <= 5:
        raise ValueError(f"found {found!r}, allowed: a number above 0, at most 5")
    return int(Fraction(repr(found)) * 1_000_000)


def _alpha(found: Any) -> int:
    """Return the exponent of a tail in millionths."""
    if isinstance(found, bool) or not isinstance(found, (int, float)) or not 1 <= found <= 100:
        raise ValueError(f"found {found!r}, allowed: {ALPHA_FORM}")
    return int(Fraction(repr(found)) * 1_000_000)


ALPHA_FORM = "a number from 1 to 100"
SEED_MAX = 2**63 - 1
COUNTS_FORM = "a count from 1 to 1000, or a pair of counts such as [1, 8]"
DOWN_FORM = 'a number of nodes, "minority", or "any"'
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
Counts = Annotated[tuple[int, int], Unit("count or range", _counts, COUNTS_FORM, ("integer", "array"))]
Down = Annotated[int | str, Unit("how many nodes", _down, DOWN_FORM, ("integer",))]
CoreNodes = Annotated[tuple[str, ...] | str, Unit('"quorum" or nodes', _core, CORE_FORM, ("array",))]
Pair = Annotated[tuple[int, int], Unit("two times", _pair, PAIR_FORM, ("array",))]
NodeTimes = Annotated[
    Mapping[str, int],
    Unit("time, or a table of times", _per_node(duration), DURATION_FORM + ", or a table by node", ("object",)),
]
Boot = Annotated[int | None, Unit("time", _boot, f'a time such as "250ms", or "{NEVER}"')]
Speed = Annotated[Fraction, Unit("speed", _speed, SPEED_FORM)]
Sigma = Annotated[int, Unit("number", _sigma, "a number above 0, at most 5", ("number",))]
Alpha = Annotated[int, Unit("exponent", _alpha, ALPHA_FORM, ("number",))]
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
    exponential: Annotated[Duration | None, "drawn for each packet; this is the mean"] = None
    lognormal: Annotated[Duration | None, "drawn for each packet; this is the median"] = None
    sigma: Annotated[Sigma, "of the logarithm, for `lognormal`, and for both modes of `bimodal`"] = 500_000
    pareto: Annotated[Duration | None, "drawn for each packet; this is the least"] = None
    alpha: Annotated[
        Alpha | None, "of the tail, for `pareto`: the lower the heavier; up to 2 the variance is infinite"
    ] = None
    bimodal: Annotated[Pair | None, "drawn for each packet from two lognormal modes; these are their medians"] = None
    slow: Annotated[Share | None, "share of the second mode, for `bimodal`"] = None
    empirical: Annotated[
        str | None, "drawn for each packet from measured ones: a file beside the scenario with a number a line"
    ] = None
    unit: Annotated[Literal["ns", "us", "ms", "s"] | None, "of these numbers"] = None
    least: Annotated[Duration | None, "added to every draw of `exponential`, `lognormal` and `bimodal`"] = None
    matrix: Annotated[Literal[tuple(MATRICES)] | None, "half of the measured round trip between two regions"] = None  # type: ignore[valid-type]
    jitter: Annotated[Share, "up to this share more, drawn for each packet, for `matrix`"] = Fraction(0)


@_table
class Topology:
    """A graph on whose nodes the replicas sit, in place of `latency`: packets take the quickest path, both ways alike.

    The first four shapes are drawn around the replicas, which are graph nodes there by their own names.
    """

    shape: Annotated[
        Literal["mesh", "ring", "star", "two-regions", "wan"] | None,
        "all with all; a ring in node order; all round a further graph node `hub`; two meshes, of the first half of "
        "the nodes and of the rest, and a bridge between their gateways `west` and `east`; the regions of `matrix`",
    ] = None
    file: Annotated[str | None, "in place of `shape`: a .graphml or .gml file, relative to this one"] = None
    latency: Annotated[
        Duration | None, 'of every edge; default of a shape: "5ms"; default of a file: by `attribute` or `coordinates`'
    ] = None
    bridge: Annotated[Duration | None, 'latency of the bridge of "two-regions"; default: `latency`'] = None
    matrix: Annotated[
        Literal[tuple(MATRICES)] | None,  # type: ignore[valid-type]
        'for "wan": its regions are the graph nodes, half of the mean round trip between two is their edge',
    ] = None
    attribute: Annotated[str | None, "the edge attribute that holds the latency: a number of `unit`, or a time"] = None
    unit: Annotated[Literal["ns", "us", "ms", "s"], "of the numbers in `attribute`"] = "ms"
    coordinates: Annotated[
        tuple[str, str], "the nodes' attributes that hold degrees north and east; an edge is a great circle"
    ] = ("Latitude", "Longitude")
    speed: Annotated[Speed, "along these great circles"] = Fraction(2, 3)
    jitter: Annotated[Share, "up to this share more, drawn for each packet"] = Fraction(0)


@_table
class Line:
    """Links that differ from the others: what is given here replaces what `[network]` says; the last entry counts.

    With `messages` it does not replace anything, but comes on top for these message types.
    """

    src: Annotated[Target, "one end: nodes, region(name) or all"] = ALL
    dst: Annotated[Target, "the other end"] = ALL
    oneway: Annotated[bool, "only what goes from `src` to `dst`"] = False
    messages: Annotated[tuple[str, ...], "only these message types"] = ()
    latency: Annotated[Latency | None, "as in `[network]`, but no matrix"] = None
    jitter: Annotated[Duration | None, "up to so much more, drawn for each packet"] = None
    loss: Annotated[Share | None, "share of packets lost"] = None
    burst: Annotated[Burst | None, "loss that comes in bursts"] = None
    duplicate: Annotated[Share | None, "share of packets that arrive twice"] = None
    reorder: Annotated[Reorder | None, "packets that are held back"] = None
    corrupt: Annotated[Share | None, "share of packets whose checksum fails"] = None
    bandwidth: Annotated[Rate | None, "messages wait until those before them have been sent at this rate"] = None
    queue: Annotated[Size | None, "bytes that may wait for the bandwidth; what finds no room is dropped"] = None
    mtu: Annotated[Size | None, "longer messages are dropped"] = None


@_table
class Network:
    """What links do on a good day."""

    latency: Annotated[Latency, ONE_LATENCY] = field(default_factory=Latency)
    topology: Annotated[Topology | None, "a graph in place of `latency`"] = None
    jitter: Annotated[Duration, "up to so much more, drawn for each packet"] = 0
    loss: Annotated[Share, "share of packets lost"] = Fraction(0)
    burst: Annotated[Burst | None, "loss that comes in bursts"] = None
    duplicate: Annotated[Share, "share of packets that arrive twice"] = Fraction(0)
    reorder: Annotated[Reorder | None, "packets that are held back"] = None
    corrupt: Annotated[Share, "share of packets whose checksum fails"] = Fraction(0)
    bandwidth: Annotated[Rate | None, "of each link: messages wait until those before them have been sent"] = None
    queue: Annotated[Size | None, "bytes that may wait for the bandwidth of a link; default: no bound"] = None
    mtu: Annotated[Size | None, "longer messages are dropped"] = None
    link: Annotated[tuple[Line, ...], "links that differ, written as `[[network.link]]`"] = ()
    fates: Annotated[
        Literal["drawn", "nominal"],
        "`drawn`: what becomes of each packet is drawn from the seed; `nominal`: it arrives once, after the median "
        "delay, unless a `[[packet]]` or a fault of kind `packet` says otherwise, and nothing is drawn",
    ] = "drawn"
    in_flight: Annotated[
        Literal["deliver", "drop", "hold"],
        "what becomes of packets under way when a partition begins or a cut edge leaves no path",
    ] = "deliver"


@_table
class Cluster:
    """The nodes and what they are configured with."""

    nodes: Annotated[Nodes, "how many (named n1, n2, ...), their names, or a range drawn from the seed"] = (3, 3)
    rack: Annotated[Mapping[str, str], "the rack of a node, for the target `rack(name)`"] = field(default_factory=dict)
    place: Annotated[
        Mapping[str, str],
        "the region of a node; the others take the matrix's regions in order; "
        "with a topology its graph node by id or label; the others take that of their own name, or free ones in order",
    ] = field(default_factory=dict)
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
    wall_drift: Annotated[Drift, "further rate error of the wall clock; a pair is drawn from the seed"] = (0, 0)


@_table
class Ntp:
    """Simulated time discipline: each node measures its wall clock's error now and then, and slews it back."""

    every: Annotated[Duration, "the time between two measurements of a node"] = 10_000_000_000
    error: Annotated[Duration, "how far a measurement may be off either way, drawn for each"] = 0
    slew: Annotated[Ppm, "how fast the wall clock is moved"] = 500


@_table
class Clocks:
    """Wall clocks and rates; a table `[clocks.n2]` with `offset`, `drift` and `wall_drift` is for one node."""

    wall_start: Annotated[str, "the date at which the run begins"] = "2024-01-01"
    offset: Annotated[Offset, "of every node's wall clock; a pair is drawn for each node"] = (0, 0)
    drift: Annotated[Drift, "rate error of every node's clocks; a pair is drawn for each node"] = (0, 0)
    wall_drift: Annotated[Drift, "further rate error of every wall clock; a pair is drawn for each node"] = (0, 0)
    ntp: Annotated[Ntp | None, "{ every, error, slew }: what keeps wall clocks nearly right"] = None
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
    """Single operations at exact instants: asked of one node without delay, or those of one of the `[clients]`."""

    at: Annotated[Duration, "when"]
    node: Annotated[str | None, "who is asked, and nobody else"] = None
    client: Annotated[
        str | None,
        "in place of `node`: a client of `[clients]`, c1, c2, ... in the order of `beside`; it asks whom it believes "
        "to lead, and leaves this out if an operation of its own is still open",
    ] = None
    action: Annotated[str, "one of the model's ACTIONS"]
    args: Annotated[tuple[str | int | bool, ...], "its arguments in order"] = ()
    times: Annotated[int, "how often"] = 1
    every: Annotated[Duration, "the time between two"] = 0


@_table
class Packet:
    """One packet whose fate is decided beforehand, in place of what is drawn or on top of it; not mended by `heal`."""

    link: Annotated[tuple[str, str], "the nodes that send and receive it"]
    do: Annotated[Literal["drop", "delay", "duplicate", "corrupt"], "what happens to it"]
    by: Annotated[
        SignedDuration, "for `delay` and `duplicate`: how much later than otherwise it, or its copy, arrives"
    ] = 0
    message: Annotated[str, "the message type; empty is any"] = ""
    nth: Annotated[int, "which one on this link, of this type, from 1"] = 1
    at: Annotated[Duration, "counted from then on"] = 0


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
    armed: Annotated[Share, "of the names of points, the share that this seed arms; the others never match"] = Fraction(
        1
    )
    fires: Annotated[Share, "of the times that a node passes an armed point, the share that match"] = Fraction(1)
    after: Annotated[Spans, "so long after the match of `when`"] = 0
    lasting: Annotated[Lasting | None, f'how long; default: until heal; "{FOREVER}" is never mended'] = None
    until: Annotated[
        Mapping[str, str | int | bool] | None,
        "mended when such a record comes, written like `when`; at heal at the latest",
    ] = None
    every: Annotated[Duration | None, "strike again so long after it struck, on and on; `lasting` is shorter"] = None
    times: Annotated[int | None, "how often in all, for `every`; default: until heal"] = None
    draws: Annotated[
        int | None, "the number that names what is drawn for it: times, targets, orders; default: its place, from 0"
    ] = None


@_table
class Nemesis:
    """Faults drawn from the seed: each seed enables some kinds and takes its own part of every range.

    A storm is some faults that may overlap; between two storms everything is mended and calm. Faults written as
    `[[fault]]` come on top, and no budget counts them.
    """

    kinds: Annotated[
        tuple[str, ...],
        "the kinds that a seed may enable; default: crash, pause, partition, link, packet and clock; on request also "
        "hold, flap, swizzle, slow, disk, and with a topology edge",
    ] = ()
    share: Annotated[Share, "probability with which a seed enables each kind; it always enables one"] = Fraction(1, 2)
    at: Annotated[Duration, "when the first storm may begin"] = 0
    until: Annotated[Duration | None, "when the last fault is over; default: heal"] = None
    every: Annotated[Spans, "from one fault to the next in a storm"] = (50_000_000, 2_000_000_000)
    lasting: Annotated[Spans, "how long a fault lasts"] = (20_000_000, 4_000_000_000)
    storm: Annotated[Counts, "how many faults a storm has"] = (1, 8)
    calm: Annotated[Spans, "how long no fault is active between two storms"] = (0, 3_000_000_000)
    most: Annotated[int, "how many faults are active at once at most"] = 3
    down: Annotated[Down, "how many nodes are down, still or cut off at once at most"] = "minority"


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
    packet: Annotated[tuple[Packet, ...], ""] = ()
    fault: Annotated[tuple[Mapping[str, Any], ...], ""] = ()
    nemesis: Annotated[Nemesis | None, ""] = None
    core: Annotated[Core | None, ""] = None
    judge: Annotated[tuple[str, ...], "the properties that are judged; default: all that apply"] = ()
    expect: Annotated[
        Mapping[str, Any],
        "verdict per property for this profile: one, a list, or { verdict, within, grace }; "
        "`[expect.PROFILE]` for another",
    ] = field(default_factory=dict)
    sweep: Annotated[Mapping[str, tuple[Any, ...]], "the grid that charts of this scenario use: key = values"] = field(
        default_factory=dict
    )
