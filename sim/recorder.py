"""Writes the trace: numbers records, tells listeners, encodes lines and keeps the digest.

Every record is numbered whether anybody reads it or not, so `seq` and digest do not depend on who listens. The
digest is the BLAKE2b-128 of the file's bytes: `b2sum -l 128 trace.jsonl` verifies a run.

msgspec encodes when it is installed; the standard-library fallback writes the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import blake2b
from itertools import chain
from typing import Any, Protocol

from .machine import snake_case
from .trace import FIELDS, BadValue, Dropped, Header, Listener, Record, Sent, Stepped, bare, dumps, is_flat, plain
from .units import clock_text

try:
    import msgspec
except ImportError:  # the extra `fast` is not installed
    msgspec = None  # type: ignore[assignment]

BATCH = 256  # records encoded at once: many more would not stay in the processor's cache


class Sink(Protocol):
    """Where a trace's bytes go: an open binary file, an io.BytesIO, a socket of your own."""

    def write(self, lines: bytes, /) -> Any: ...


Lines = Callable[[list[Any]], bytes]


@cache  # classes are dear to make: eleven of them cost more than the rest of a small world
def _with_msgspec() -> tuple[dict[str, Any], Lines]:
    structs = {}
    for kind, names in FIELDS.items():
        fields = [(name, Any) for name in ("seq", "at", *names)]
        structs[kind] = msgspec.defstruct(kind, fields, tag_field="kind", tag=kind, gc=False)
    return structs, msgspec.json.Encoder().encode_lines


class _Quoted(dict[str | None, str]):
    """Strings as JSON: node names, message types and reasons come again and again."""

    def __missing__(self, value: str | None) -> str:
        text = dumps(value)
        if len(self) < 4096:
            self[value] = text
        return text


# No text in JSON holds a raw control character, so these can be told from what they separate or stand for.
_BETWEEN, _NEXT, _ROW = "\x1f", "\x1e", "\x1d"
_spread = json.JSONEncoder(separators=(_BETWEEN, ":"), ensure_ascii=False, check_circular=False).encode


def _insides(rows: list[tuple[Any, ...]]) -> list[str]:
    """Return the JSON of every row without its brackets; one call for all, as a call costs more than ten values."""
    text = _spread(rows)[2:-2].replace(f"]{_BETWEEN}[", _NEXT).replace(_BETWEEN, ",")
    insides = text.split(_NEXT)
    if len(insides) == len(rows):
        return insides
    return [dumps(row)[1:-1] for row in rows]  # some row has arrays side by side, which look like rows


def _with_json() -> tuple[dict[str, Any], Lines]:
    """Return makers of lines in which _ROW stands for the inside of a row until `encode`."""
    quoted = _Quoted()
    rows: list[tuple[Any, ...]] = []
    row = rows.append

    def send(seq: int, at: int, node: str, cause: int, dst: str, name: str, data: Any) -> str:
        row(data)
        return (
            f'{{"kind":"send","seq":{seq},"at":{at},"node":{quoted[node]},"cause":{cause},"dst":{quoted[dst]},'
            f'"type":{quoted[name]},"data":[{_ROW}]}}\n'
        )

    def drop(seq: int, at: int, node: str, cause: int | None, why: str) -> str:
        led = "null" if cause is None else cause
        return f'{{"kind":"drop","seq":{seq},"at":{at},"node":{quoted[node]},"cause":{led},"why":{quoted[why]}}}\n'

    def step(seq: int, at: int, node: str, cause: int | None, what: str) -> str:
        led = "null" if cause is None else cause
        return f'{{"kind":"step","seq":{seq},"at":{at},"node":{quoted[node]},"cause":{led},"input":{quoted[what]}}}\n'

    def state(seq: int, at: int, node: str, cause: int | None, data: Any) -> str:
        led, inside = "null" if cause is None else cause, "null"
        if data is not None:
            row(data)
            inside = f"[{_ROW}]"
        return f'{{"kind":"state","seq":{seq},"at":{at},"node":{quoted[node]},"cause":{led},"data":{inside}}}\n'

    def note(seq: int, at: int, node: str, cause: int, name: str, data: Any) -> str:
        row(data)
        return (
            f'{{"kind":"note","seq":{seq},"at":{at},"node":{quoted[node]},"cause":{cause},"name":{quoted[name]},'
            f'"data":[{_ROW}]}}\n'
        )

    def rare(kind: str) -> Any:
        names = ("kind", "seq", "at", *FIELDS[kind])
        return lambda *values: dumps(dict(zip(names, (kind, *values), strict=True))) + "\n"

    def encode(lines: list[Any]) -> bytes:
        pieces = "".join(lines).split(_ROW)
        count = len(pieces) - 1
        text = "".join(chain.from_iterable(zip(pieces, _insides(rows[:count]), strict=False))) + pieces[-1]
        encoded = text.encode()
        del rows[:count]  # not before: whoever looks for the line at fault encodes them again, one by one
        return encoded

    hot = {"send": send, "drop": drop, "step": step, "state": state, "note": note}
    return {kind: hot.get(kind) or rare(kind) for kind in FIELDS}, encode


def _nameless(row: Any) -> Any:
    """Return a row whose values are as a reader of the stored trace will see them: only the row itself has names."""
    if row is None or is_flat(map(type, row)) or not hasattr(row, "_make"):
        return row
    return row._make(map(bare, row))


def _unwritable(lines: list[Any], encode: Lines, error: ValueError) -> str:
    """Return which line it is that cannot be encoded, and why."""
    for line in lines:
        try:
            encode([line])
        except ValueError as why:
            if isinstance(line, str):  # the standard library's lines are text already
                found = json.loads(line.replace(_ROW, ""))
                kind, seq, at, node = found["kind"], found["seq"], found["at"], found["node"]
            else:
                kind, seq, at, node = type(line).__name__, line.seq, line.at, line.node
            return f"{node} at {clock_text(at)}: record {seq} ({kind}) cannot be written: {getattr(why, 'reason', why)}"
    return str(error)


def _table(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: _table(value) if isinstance(value, dict) else plain(value) for name, value in fields.items()}


class Recorder:
    """Numbers records, tells listeners and writes lines.

    `sinks=None` writes and digests nothing; records are numbered all the same. The flags `sends`, `drops` and
    `steps` say whether anybody reads that kind: the hot path asks them before it calls.
    """

    def __init__(self, header: Header, sinks: Sequence[Sink] | None, facts: Sequence[Any], fast: bool = True) -> None:
        self.header = header
        self.seq = 0
        self.traced = sinks is not None
        self._sinks = tuple(sinks or ())
        self._hash = blake2b(digest_size=16)
        self._listeners: dict[str, tuple[Listener, ...]] = {}
        self._lines: list[Any] = []
        structs, self._encode = _with_msgspec() if fast and msgspec is not None else _with_json()
        for kind, make in structs.items():
            setattr(self, f"_{kind}", make)
        self._last: Any = None  # a broadcast sends one message object many times
        self._last_plain: Any = None
        self._facts: dict[type, tuple[str, tuple[Listener, ...]]] = {
            fact: (snake_case(fact.__name__), ()) for fact in facts
        }
        self.sends = self.drops = self.steps = self.traced
        if self.traced:
            self._write(header.line())

    # One attribute a kind, set in __init__: the maker of that kind's line.
    _send: Any
    _drop: Any
    _step: Any
    _state: Any
    _note: Any
    _ask: Any
    _answer: Any
    _boot: Any
    _crash: Any
    _fault: Any
    _content: Any

    def listen(self, what: str, listener: Listener) -> None:
        """Tell a listener every record of a kind, or every note of a fact, from now on."""
        self._listeners[what] = (*self._listeners.get(what, ()), listener)
        if what in ("send", "drop", "step"):
            setattr(self, what + "s", True)
        for fact, (name, _) in self._facts.items():
            self._facts[fact] = name, (*self._listeners.get("note", ()), *self._listeners.get(name, ()))

    def _tell(
        self, seq: int, at: int, kind: str, node: str | None, cause: int | None, data: Any, was: Any = None
    ) -> None:
        if listeners := self._listeners.get(kind, ()):
            record = Record(seq, at, kind, node, cause, None, data, was)  # one for all: who listens only reads
            for listener in listeners:
                listener(record)

    # The hot kinds are numbered by their callers, which need the number whether or not a line is written.

    def sent(self, seq: int, at: int, node: str, cause: int, dst: str, msg: Any) -> None:
        name = msg.__class__.__name__
        if self.traced:
            if msg is self._last:
                data = self._last_plain
            else:
                data = msg
                if not isinstance(msg, tuple):
                    raise BadValue(f"found a message {msg!r} ({name}), allowed: an instance of a NamedTuple class")
                if not is_flat(map(type, msg)):
                    try:
                        data = plain(tuple(msg))
                    except BadValue as bad:
                        raise BadValue(f"message {name}: {bad}") from None
                self._last, self._last_plain = msg, data
            self._lines.append(self._send(seq, at, node, cause, dst, name, data))
        if "send" in self._listeners:
            # A reader knows the field names of the messages in the header only.
            seen = _nameless(msg) if name in self.header.messages else bare(msg)
            self._tell(seq, at, "send", node, cause, Sent(dst, name, seen))

    def dropped(self, seq: int, at: int, node: str, cause: int | None, why: str) -> None:
        if self.traced:
            self._lines.append(self._drop(seq, at, node, cause, why))
        if "drop" in self._listeners:
            self._tell(seq, at, "drop", node, cause, Dropped(why))

    def stepped(self, seq: int, at: int, node: str, cause: int | None, what: str) -> None:
        if self.traced:
            lines = self._lines
            lines.append(self._step(seq, at, node, cause, what))
            if len(lines) >= BATCH:
                self.flush()
        if "step" in self._listeners:
            self._tell(seq, at, "step", node, cause, Stepped(what))

    def state(self, at: int, node: str, cause: int | None, view: Any, was: Any) -> int:
        seq = self.seq = self.seq + 1
        flat = view is None or is_flat(map(type, view))
        data = view if flat else self._row("view", view)
        if self.traced:
            self._lines.append(self._state(seq, at, node, cause, data))
        if "state" in self._listeners:
            self._tell(seq, at, "state", node, cause, view if flat else _nameless(view), _nameless(was))
        return seq

    def note(self, at: int, node: str, cause: int, fact: Any) -> None:
        entry = self._facts.get(fact.__class__)
        if entry is None:
            known = ", ".join(kind.__name__ for kind in self._facts) or "none"
            raise BadValue(f"found a note of {fact!r}, allowed: instances of the classes in FACTS ({known})")
        name, listeners = entry
        seq = self.seq = self.seq + 1
        flat = is_flat(map(type, fact))
        data = fact if flat else self._row(name, fact)
        if self.traced:
            self._lines.append(self._note(seq, at, node, cause, name, data))
        if listeners:
            record = Record(seq, at, "note", node, cause, name, fact if flat else _nameless(fact))
            for listener in listeners:
                listener(record)

    def _row(self, name: str, row: Any) -> Any:
        if is_flat(map(type, row)):
            return row
        try:
            return plain(tuple(row))
        except BadValue as bad:
            raise BadValue(f"{name}: {bad}") from None

    def record(self, kind: str, at: int, node: str | None, cause: int | None, own: tuple[Any, ...]) -> int:
        """Write a record of one of the rarer kinds and return its number."""
        seq = self.seq = self.seq + 1
        try:
            line = tuple([plain(value) if not isinstance(value, dict) else _table(value) for value in own])
        except BadValue as bad:
            raise BadValue(f"{kind}: {bad}") from None
        if self.traced:
            self._lines.append(getattr(self, "_" + kind)(seq, at, node, cause, *line))
        if kind in self._listeners:
            self._tell(seq, at, kind, node, cause, _nameless(own))
        return seq

    def contents(self, at: int, node: str, cause: int | None, pairs: Sequence[tuple[Any, str]]) -> None:
        """Write what a node holds, in records of bounded length; at least one, so that an empty node is seen."""
        for start in range(0, len(pairs) or 1, 512):
            chunk = tuple(pairs[start : start + 512])
            seq = self.seq = self.seq + 1
            data = self._row("contents", chunk)
            if self.traced:
                self._lines.append(self._content(seq, at, node, cause, data))
            if "content" in self._listeners:
                self._tell(seq, at, "content", node, cause, bare(chunk))

    def flush(self) -> None:
        """Encode what has gathered and hand it to the sinks."""
        if self._lines:
            lines, self._lines = self._lines, []
            try:
                encoded = self._encode(lines)
            except ValueError as error:  # found so late because looking at every text would cost too much
                raise BadValue(_unwritable(lines, self._encode, error)) from None
            self._write(encoded)

    def digest(self) -> str | None:
        """Return the trace's digest so far as 32 hex digits, or None if nothing is traced."""
        self.flush()
        return self._hash.hexdigest() if self.traced else None

    def _write(self, lines: bytes) -> None:
        self._hash.update(lines)
        for sink in self._sinks:
            sink.write(lines)
