"""What logs never do, as specified: I2, I4 and I7 of section 10.1, in any run, however faulty.

I2 is stated for the default of P9. A log is known by its notes; a node that restarts with its file begins at the tail
that it shows.
"""

from __future__ import annotations

from typing import Any

from sim.machine import fingerprint
from sim.property import END, NOTHING, always

from .witness import Judge, as_specified

LOG = {
    "stored": "seq payload", "skipped": "start to", "state": "tail first_retained", "crash": "", "boot": "",
    "content": "",
}  # fmt: skip
WRITES = {"stored": "seq payload", "accepted": "seq", "boot": "", "crash": "", END: ""}


@always("a log grows at its tail alone, keeps what it stored, and nothing but a skip leaves a gap", needs=LOG)
@as_specified
def appends_only(cluster: Any) -> Judge:
    """Judge each entry and each skip against the tail before it, and tail and floor within a life (I2, I7).

    At the end what a log holds is compared with what it stored in its last life.
    """
    tails: dict[str, int] = {}
    stored: dict[str, dict[int, Any]] = {}
    shown: dict[str, Any] = {}
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        node, data = record.node, record.data
        if record.kind in ("crash", "boot"):
            shown.pop(node, None)
            tails.pop(node, None)
            stored.pop(node, None)
            if record.kind == "boot" and data.life == 1:
                tails[node] = 0
        elif record.kind == "state":
            if data is None:
                continue
            tails.setdefault(node, data.tail)  # a later life begins with what its file holds
            before = shown.get(node)
            shown[node] = data
            if before is not None and (data.tail < before.tail or data.first_retained < before.first_retained):
                said = f"{node} fell from {_span(before)} to {_span(data)}"
        elif record.kind == "content":
            held = stored.get(node, {})
            other = [seq for seq, found in data if seq in held and fingerprint(held[seq]) != found]
            said = f"{node} stored sequence {other[0]} as {held[other[0]]}, and holds another" if other else NOTHING
        elif record.name == "stored":
            stored.setdefault(node, {})[data.seq] = data.payload
            said = None if data.seq == tails[node] else f"{node} stored {data.seq} but its tail was {tails[node]}"
            tails[node] = data.seq + 1
        else:
            good = data.start == tails[node] and data.to > data.start
            said = None if good else f"{node} skipped from {data.start} to {data.to} but its tail was {tails[node]}"
            tails[node] = data.to


def _span(view: Any) -> str:
    return f"[{view.first_retained}, {view.tail})"


@always("while one life alone has taken writes no sequence differs", needs=WRITES)
@as_specified
def single_writer_agrees(cluster: Any) -> Judge:
    """Judge every entry against the first of its sequence, until a second life accepts a write (I4)."""
    lives: dict[str, int] = {}
    writers: set[tuple[str, int]] = set()
    held: dict[int, tuple[Any, str]] = {}
    differs: tuple[int, str, str] | None = None  # by a step that may yet turn out to have been another life's write
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        if differs is not None and record.cause != differs[0]:
            if record.kind == "crash" and record.node == differs[2]:
                writers |= {("", 0), ("", 1)}  # it fell before the writer could say that it had accepted
            else:
                said = differs[1]
            differs = None
            continue
        if record.kind == "boot":
            lives[record.node] = record.data.life
        elif record.kind == "note" and record.name == "accepted":
            writers.add((record.node, lives.get(record.node, 1)))
            if len(writers) > 1:
                differs = None
        elif record.kind == "note" and len(writers) < 2:
            seq, payload = record.data.seq, record.data.payload
            first, where = held.setdefault(seq, (payload, record.node))
            said = None
            if first != payload and differs is None:
                sentence = f"sequence {seq} is {payload} on {record.node} and {first} on {where}"
                differs = record.cause, sentence, record.node
