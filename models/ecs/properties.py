"""What should be true of a run of ecs: the invariants of section 7, and what section 6 says is not so.

Those that hold as specified, under their premises, are named with their number (EI); of the others each is broken by
the weakness that is named (EW). EI-15 is the shipped property `no_holes`.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from sim.property import END, NOTHING, About, Property, always, eventually
from sim.units import clock_text

from .config import FOLLOWER, LEADER
from .objects import CAPSULE

Judge = Generator[Any, Any, None]
Commit = tuple[int, bytes]


def wiped(crash: Any) -> bool:
    """Return whether a crash left nothing on its disk."""
    return bool(crash.data.how == "wiped")


@always(
    "a commit is published when so many stores as are required have acknowledged it",
    needs={"acknowledged": "store_id seq payload", "published": "seq payload required"},
)
def publication_backed(cluster: Any) -> Judge:
    """Count different stores per commit (EI-10; EW-15, EW-19)."""
    stores: dict[Commit, set[int]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        data = record.data
        backing = stores.setdefault((data.seq, data.payload), set())
        said = NOTHING
        if record.name == "acknowledged":
            backing.add(data.store_id)
        else:
            enough = len(backing) >= data.required
            said = None if enough else _backing(record, len(backing))


def _backing(record: Any, count: int) -> str:
    return f"{record.node} published sequence {record.data.seq} with {count} of {record.data.required} stores"


@always(
    "when a commit is published, so many stores as are required hold it on their disks",
    needs={"acknowledged": "seq payload durable", "published": "seq payload required", "crash": "how"},
)
def published_is_held(cluster: Any) -> Judge:
    """Count nodes that acknowledged and have lost nothing since: what was not durable, or the disk (EI-16; EW-16)."""
    nodes: dict[Commit, dict[str, bool]] = {}  # and whether what they hold is durable
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.kind == "crash":
            for commit, had in nodes.items():
                kept = {n: durable for n, durable in had.items() if n != record.node or (durable and not wiped(record))}
                nodes[commit] = kept
        elif record.name == "acknowledged":
            nodes.setdefault((record.data.seq, record.data.payload), {})[record.node] = record.data.durable
        else:
            holding = nodes.get((record.data.seq, record.data.payload), {})
            said = None if len(holding) >= record.data.required else _backing(record, len(holding))


@eventually(
    "a published commit is held somewhere, unless as many disks were lost as stores were required",
    needs={"published": "seq payload required", "crash": "how", "content": ""},
    within="0s",
)
def published_survives(cluster: Any) -> Judge:
    """Look for the capsule of every published commit among the contents at the end (EI-16; EW-17)."""
    published: dict[bytes, Any] = {}
    disks_lost: dict[bytes, set[str]] = {}
    held: set[bytes] = set()
    ended = False
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "crash":
            for disks in disks_lost.values() if wiped(record) else ():
                disks.add(record.node)
        elif record.kind == "content":
            ended = True
            held.update(key for key, _ in record.data)
        else:
            published[record.data.payload] = record
            disks_lost[record.data.payload] = set()
        if not ended or not published:
            continue
        lost = [p for p, was in published.items() if p not in held and len(disks_lost[p]) < was.data.required]
        said = None
        if lost:
            first = published[lost[0]]
            said = f"sequence {first.data.seq}, published by {first.node} (record {first.seq}), is nowhere"


@always("a sequence is published with one capsule", needs={"published": "seq payload"})
def unique_clock(cluster: Any) -> Judge:
    """Judge every publication against the first one of its sequence (EI-11; EW-1, EW-2, EW-21)."""
    first: dict[int, tuple[bytes, str]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        seq, payload = record.data.seq, record.data.payload
        had, where = first.setdefault(seq, (payload, record.node))
        said = None
        if had != payload:
            said = f"{record.node} published {_short(payload)} at sequence {seq}, where {where} had {_short(had)}"


@always(
    "what is held was made, and what is applied was published, before",
    needs={"created": "object_id", "held": "object_id", "published": "seq payload", "applied": "seq payload"},
)
def no_invention(cluster: Any) -> Judge:
    """Judge every object that is held and every commit that is applied (EI-12; EW-23)."""
    made: set[bytes] = set()
    published: set[Commit] = set()
    said: Any = NOTHING
    while True:
        record = yield said
        data = record.data
        said = NOTHING
        if record.name == "created":
            made.add(data.object_id)
        elif record.name == "published":
            published.add((data.seq, data.payload))
        elif record.name == "held":
            said = (
                None if data.object_id in made else f"{record.node} holds {_short(data.object_id)}, which nobody made"
            )
        elif (data.seq, data.payload) not in published:
            said = f"{record.node} applied {_short(data.payload)} at sequence {data.seq}, which nobody had published"
        else:
            said = None


@always(
    "what comes by anti-entropy of a commit is published",
    needs={"created": "object_id kind", "held": "object_id how", "published": "payload"},
)
def pulled_is_published(cluster: Any) -> Judge:
    """Judge every capsule that was pulled by whether its commit had been published anywhere (EW-23)."""
    capsules: set[bytes] = set()
    published: set[bytes] = set()
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.name == "created":
            if record.data.kind == CAPSULE:
                capsules.add(record.data.object_id)
        elif record.name == "published":
            published.add(record.data.payload)
        elif record.data.how == "pulled" and record.data.object_id in capsules:
            oid = record.data.object_id
            said = None if oid in published else f"{record.node} pulled {_short(oid)}, which is not published"


@always("a node applies a commit once in a life", needs={"applied": "seq payload", "boot": ""})
def applied_once_in_a_life(cluster: Any) -> Judge:
    """Judge every application against those of the same life (EI-13)."""
    done: dict[str, set[Commit]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "boot":
            done.pop(record.node, None)
            said = NOTHING
            continue
        commit = (record.data.seq, record.data.payload)
        again = commit in done.setdefault(record.node, set())
        done[record.node].add(commit)
        said = f"{record.node} applied sequence {commit[0]} twice in one life" if again else None


@always("a commit takes effect once at a node, across lives", needs={"applied": "seq payload tally"})
def applied_exactly_once(cluster: Any) -> Judge:
    """Judge every application against those that are still part of the node's state (EW-5).

    A tally of 1 begins a state, so what took effect on one that was lost does not count.
    """
    done: dict[str, set[Commit]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        if record.data.tally == 1:
            done.pop(record.node, None)
        commit = (record.data.seq, record.data.payload)
        again = commit in done.setdefault(record.node, set())
        done[record.node].add(commit)
        said = f"sequence {commit[0]} took effect a second time on {record.node}" if again else None


@always(
    "each node applies the sequences in order and without a gap",
    needs={"applied": "seq payload tally", "restored": "upto"},
)
def applied_in_order(cluster: Any) -> Judge:
    """Judge every sequence by the greatest one that is part of the node's state (EW-3, EW-36)."""
    last: dict[str, int] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        if record.name == "restored":
            last[record.node] = max(last.get(record.node, 0), record.data.upto)
            said = NOTHING
            continue
        seq = record.data.seq
        upto = 0 if record.data.tally == 1 else last.get(record.node, 0)
        last[record.node] = max(upto, seq)
        said = f"{record.node} applied sequence {seq} after {upto}" if seq > upto + 1 or seq < upto else None


@eventually(
    "what a node said that it holds, and did not delete, is held at the end",
    needs={"held": "object_id", "collected": "object_id", "content": "", "crash": "how"},
    within="0s",
)
def held_stays_held(cluster: Any) -> Judge:
    """Compare what nodes said with their contents at the end; a disk that was wiped is excused (EI-14)."""
    promised: dict[str, set[bytes]] = {}
    said: Any = NOTHING
    missing: dict[str, set[bytes]] = {}
    while True:
        record = yield said
        node = str(record.node)
        if record.kind == "crash":
            if wiped(record):
                promised.pop(node, None)
        elif record.kind == "content":
            missing[node] = missing.get(node, promised.get(node, set())) - {key for key, _ in record.data}
            lacking = {n: lost for n, lost in missing.items() if lost}
            said = None
            if lacking:
                first = min(lacking)
                said = f"{first} lacks {len(lacking[first])} objects that it held"
        elif record.name == "held":
            promised.setdefault(node, set()).add(record.data.object_id)
        else:
            promised.get(node, set()).discard(record.data.object_id)


def _spread(fact: str, verb: str) -> Judge:
    """Judge whether every published commit has come to every live follower."""
    published: dict[Commit, str] = {}
    have: dict[str, set[Commit]] = {}
    followers: set[str] = set()
    said: Any = NOTHING
    while True:
        record = yield said
        if record.kind == "state":
            (followers.add if record.data is not None and record.data.role == FOLLOWER else followers.discard)(
                record.node
            )
        elif record.name == "published":
            commit = (record.data.seq, record.data.payload)
            published.setdefault(commit, record.node)
            if fact == "received":  # who publishes has heard of it
                have.setdefault(record.node, set()).add(commit)
        elif record.name == "restored":
            # A crash may fall between an effect and its statement; the next life says how far it is.
            done = {commit for commit in published if commit[0] <= record.data.upto}
            have.setdefault(record.node, set()).update(done)
        elif record.name == fact or record.name == "applied":
            # Who applies has heard of it, though a crash may take the statement of that and leave the marker.
            have.setdefault(record.node, set()).add((record.data.seq, record.data.payload))
        if not published or not followers:
            continue
        said = None
        for node in sorted(followers):
            lacks = min((c for c in published if c not in have.get(node, ())), default=None)
            if lacks is not None:
                said = f"{node} has not {verb} sequence {lacks[0]}, published by {published[lacks]}"
                break


@eventually(
    "every published commit is applied by every live follower",
    needs={"published": "seq payload", "applied": "seq payload", "restored": "upto", "state": "role"},
    within="5s",
)
def applied_everywhere(cluster: Any) -> Judge:
    """Look for an application, in this life or an earlier one (EW-4, EW-5)."""
    return _spread("applied", "applied")


@eventually(
    "the marker of every published commit comes to every live follower",
    needs={
        "published": "seq payload",
        "received": "seq payload",
        "applied": "seq payload",
        "restored": "upto",
        "state": "role",
    },
    within="5s",
)
def announced_everywhere(cluster: Any) -> Judge:
    """Look for a receipt or what can only come of one, in this life or an earlier one (EW-22)."""
    return _spread("received", "heard of")


@eventually(
    "a commit is published that so many stores hold as are required",
    needs={"acknowledged": "store_id seq payload", "published": "seq payload required"},
    within="5s",
)
def held_is_published(cluster: Any) -> Judge:
    """Count stores per commit; how many are required is learnt from what is published (EW-20, EW-24)."""
    stores: dict[Commit, set[int]] = {}
    published: set[Commit] = set()
    required: int | None = None
    said: Any = NOTHING
    while True:
        record = yield said
        commit = (record.data.seq, record.data.payload)
        if record.name == "acknowledged":
            stores.setdefault(commit, set()).add(record.data.store_id)
        else:
            published.add(commit)
            required = record.data.required
        if required is None:
            continue
        stuck = min((c for c, s in stores.items() if c not in published and len(s) >= (required or 0)), default=None)
        said = None if stuck is None else f"sequence {stuck[0]} is on {len(stores[stuck])} stores and not published"


@always("only a leader publishes", needs={"published": "seq", "state": "role", "boot": ""})
def only_leaders_publish(cluster: Any) -> Judge:
    """Judge each publication by the role that its node has at that time (EW-34).

    What a node states as it boots, an earlier life has published.
    """
    roles: dict[str, str] = {}
    boots: dict[str, int] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.kind == "state":
            roles[record.node] = "" if record.data is None else record.data.role
        elif record.kind == "boot":
            boots[record.node] = record.seq
        elif record.cause is None or record.cause != boots.get(record.node):
            role = roles.get(record.node)
            said = None if role == LEADER else f"{record.node} published sequence {record.data.seq} as a {role}"


@always("a commit's marker is the same everywhere", needs={"published": "seq payload timestamp_ns",
                                                           "received": "seq payload timestamp_ns"})  # fmt: skip
def one_marker(cluster: Any) -> Judge:
    """Judge the timestamp of every marker against the first one seen of its commit (EW-29)."""
    first: dict[Commit, tuple[int, str]] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        data = record.data
        had, where = first.setdefault((data.seq, data.payload), (data.timestamp_ns, record.node))
        said = None
        if had != data.timestamp_ns:
            said = f"sequence {data.seq} has timestamp {data.timestamp_ns} on {record.node} and {had} on {where}"


@always("timestamps never fall along the commit clock", needs={"published": "seq timestamp_ns"})
def timestamps_rise(cluster: Any) -> Judge:
    """Compare each publication with all before it (EW-30)."""
    stamps: dict[int, int] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        seq, stamp = record.data.seq, record.data.timestamp_ns
        wrong = [other for other, at in stamps.items() if (other < seq and at > stamp) or (other > seq and at < stamp)]
        stamps.setdefault(seq, stamp)
        said = f"sequences {min(seq, *wrong)} and {max(seq, *wrong)} have falling timestamps" if wrong else None


@always("what a node has deleted does not come back to it", needs={"held": "object_id", "collected": "object_id"})
def deleted_stays_deleted(cluster: Any) -> Judge:
    """Judge every object that is held by what its node has deleted (EW-12)."""
    deleted: set[tuple[str, bytes]] = set()
    said: Any = NOTHING
    while True:
        record = yield said
        key = (record.node, record.data.object_id)
        if record.name == "collected":
            deleted.add(key)
            said = None
        else:
            said = f"{record.node} holds {_short(key[1])} again, which it had deleted" if key in deleted else NOTHING


@always(
    "a session that is complete has all that it needed",
    needs={"session_ended": "peer how lacks"},
)
def pull_is_sound(cluster: Any) -> Judge:
    """Judge every session that ended complete by what it lacks then (EI-6)."""
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.data.how == "complete":
            lacks = record.data.lacks
            said = f"{record.node} completed a session with {record.data.peer} and lacks {lacks}" if lacks else None


@always(
    "a session ends within a grace",
    needs={"session_opened": "peer session_id", "session_ended": "session_id", "crash": "", END: ""},
    grace="5s",
)
def sessions_end(cluster: Any, grace: int) -> Judge:
    """Look at the end for sessions that have been open for longer than the grace, all of it after heal.

    EW-6, EW-9, EW-12, EW-37.
    """
    opened: dict[tuple[str, int], Any] = {}
    some = False
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if record.kind == "crash":
            opened = {key: was for key, was in opened.items() if key[0] != record.node}
        elif record.kind != END:
            some = True
            key = (record.node, record.data.session_id)
            if record.name == "session_opened":
                opened[key] = record
            else:
                opened.pop(key, None)
        elif some:
            calm = record.at - grace
            stuck = [was for was in opened.values() if max(was.at, cluster.heal or 0) < calm]
            said = None
            if stuck:
                first = stuck[0]
                since = clock_text(first.at)
                said = About(f"{first.node}'s session with {first.data.peer} has been open since {since}", first)


def _short(oid: bytes) -> str:
    return oid.hex()[:8]


PROPERTIES: tuple[Property, ...] = (
    publication_backed,
    published_is_held,
    published_survives,
    unique_clock,
    no_invention,
    pulled_is_published,
    applied_once_in_a_life,
    applied_exactly_once,
    applied_in_order,
    applied_everywhere,
    announced_everywhere,
    held_is_published,
    held_stays_held,
    only_leaders_publish,
    one_marker,
    timestamps_rise,
    deleted_stays_deleted,
    pull_is_sound,
    sessions_end,
)
