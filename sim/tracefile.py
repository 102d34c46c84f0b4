"""Reads a trace file, ours or that of a real system which writes the same format (see trace.md).

A reader refuses what it does not know, with file, line, what was found and what is allowed.
"""

from __future__ import annotations

import gzip
import keyword
import re
import zlib
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from .trace import FIELDS, FORMAT, KINDS, OWN, Header, Record, loads

TOP = 2**63 - 1  # what no time and no seed is above: a real system's times may count from 1970
_HEX = re.compile("hex:((?:[0-9a-f]{2})*)")
_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "op": ((int,), "an integer"),
    "life": ((int,), "an integer"),
    "fault": ((int,), "an integer"),
    "after": ((int, type(None)), "an integer or null"),
    "hint": ((str, type(None)), "text or null"),
    "args": ((list,), "an array"),
    "nodes": ((list,), "an array of node names"),
    "fields": ((dict,), "an object"),
    "value": ((), "anything"),
    "data": ((), "anything"),
}
_TEXT: tuple[tuple[type, ...], str] = (str,), "text"  # every other field


class BadTrace(Exception):
    """A trace file cannot be read: says file, line, what was found and what is allowed."""


def _back(value: Any) -> Any:
    """Undo `plain` after JSON: arrays are tuples again and `hex:` text is bytes again."""
    if isinstance(value, str):
        digits = _HEX.fullmatch(value)
        return value if digits is None else bytes.fromhex(digits[1])
    if isinstance(value, list):
        return tuple(map(_back, value))
    if isinstance(value, dict):
        return {k: _back(v) for k, v in value.items()}
    return value


def read(path: Path) -> tuple[Header, Iterator[Record]]:
    """Open a trace file: its header now, its records as they are read.

    Raises BadTrace, also while records are read, naming file and line: for an unknown format, a truncated or
    unordered file, an unknown kind, a missing field or a wrong type.
    """
    lines = _numbered(path)
    number, text = next(lines, (1, ""))
    header = _header(path, number, text)
    return header, _records(path, header, lines)


Show = Callable[[int, int], None]  # told by what takes long: how much is done, of how much


def quiet(done: int, whole: int) -> None:
    """Show nothing."""


def watched(records: Iterable[Record], stop: int, show: Show) -> Iterator[Record]:
    """Yield records, and tell now and then how far they have come, of `stop`; both in ns."""
    for number, record in enumerate(records):
        if number % 1000 == 0:
            show(record.at, stop)
        yield record


def _numbered(path: Path) -> Iterator[tuple[int, str]]:
    opener = gzip.open if path.suffix == ".gz" else open
    number = 0
    try:
        with opener(path, "rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    raise BadTrace(
                        f"{path}:{number}: the last line has no end, so the file was cut short; write it again"
                    )
                yield number, line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadTrace(f"{path}:{number}: not UTF-8 ({error.reason} at byte {error.start})") from None
    except (OSError, EOFError, zlib.error) as error:
        raise BadTrace(
            f"{path}: {error.strerror if isinstance(error, OSError) and error.strerror else error}"
        ) from None


def _object(path: Path, number: int, text: str) -> dict[str, Any]:
    def refuse(constant: str) -> Any:
        raise BadTrace(f"{path}:{number}: found {constant}, allowed: integers (times are ns, ratios ppm)")

    try:
        found = loads(text, parse_constant=refuse, parse_float=refuse)
        if text.count("[") + text.count("{") > 100:
            _back(found)  # newer interpreters parse deeper than they recurse
    except (ValueError, RecursionError) as error:
        raise BadTrace(f"{path}:{number}: not a JSON object ({error})") from None
    if not isinstance(found, dict):
        raise BadTrace(f"{path}:{number}: found {text.strip()[:40]!r}, allowed: one JSON object a line")
    return found


def _header(path: Path, number: int, text: str) -> Header:
    if not text:
        raise BadTrace(f'{path}: the file is empty; a trace begins with a header line {{"format": "{FORMAT}", ...}}')
    found = _object(path, number, text)
    if found.get("format") != FORMAT:
        raise BadTrace(f"{path}:{number}: format: found {found.get('format')!r}, allowed: {FORMAT!r}")

    def names(what: str, value: Any) -> tuple[str, ...]:
        good = isinstance(value, list) and all(
            isinstance(n, str) and n.isidentifier() and not keyword.iskeyword(n) for n in value
        )
        if not good or len(set(value)) != len(value) or any(n.startswith("_") for n in value):
            raise BadTrace(f"{path}:{number}: {what}: found {value!r}, allowed: a list of different field names")
        return tuple(value)

    def table(what: str) -> dict[str, tuple[str, ...]]:
        value = found.get(what, {})
        if not isinstance(value, dict) or not all(k.isidentifier() and not keyword.iskeyword(k) for k in value):
            raise BadTrace(
                f"{path}:{number}: {what}: found {value!r}, allowed: an object of names to lists of field names"
            )
        return {k: names(f"{what}.{k}", v) for k, v in value.items()}

    nodes = found.get("nodes")
    if (
        not isinstance(nodes, list)
        or not nodes
        or not all(isinstance(n, str) for n in nodes)
        or len(set(nodes)) != len(nodes)
    ):
        raise BadTrace(f"{path}:{number}: nodes: found {nodes!r}, allowed: a list of different node names")
    for what, unit in (("stop", " of ns"), ("heal", " of ns"), ("seed", "")):
        value = found.get(what)
        if not (type(value) is int and 0 <= value <= TOP) and (value is not None or what == "stop"):
            raise BadTrace(f"{path}:{number}: {what}: found {value!r}, allowed: an integer{unit} from 0 to {TOP}")
    return Header(
        nodes=tuple(nodes), stop=found["stop"], heal=found.get("heal"), model=str(found.get("model", "")),
        profile=str(found.get("profile", "")), seed=found.get("seed") or 0, facts=table("facts"),
        views=names("views", found.get("views", [])), messages=table("messages"),
    )  # fmt: skip


def _records(path: Path, header: Header, lines: Iterator[tuple[int, str]]) -> Iterator[Record]:
    view: Any = namedtuple("View", header.views)  # type: ignore[misc]  # names come from the file
    facts: dict[str, Any] = {name: namedtuple(name, fields) for name, fields in header.facts.items()}
    messages: dict[str, Any] = {name: namedtuple(name, fields) for name, fields in header.messages.items()}
    was: dict[str | None, Any] = {}
    last_seq = last_at = 0
    nodes = frozenset(header.nodes)
    number = 1

    def wrong(what: str, value: Any, allowed: str) -> BadTrace:
        shown = repr(value)
        return BadTrace(
            f"{path}:{number}: {what}: found {shown if len(shown) < 80 else shown[:77] + '...'}, allowed: {allowed}"
        )

    def row(make: Any, value: Any, what: str) -> Any:
        if isinstance(value, dict):  # a foreign trace may name its fields in every record
            if set(value) != set(make._fields):
                raise wrong(what, value, f"the fields {', '.join(make._fields)}")
            value = [value[name] for name in make._fields]
        if not isinstance(value, list) or len(value) != len(make._fields):
            raise wrong(what, value, f"an array of {', '.join(make._fields)}")
        return make._make(_back(value))

    for number, text in lines:
        found = _object(path, number, text)
        kind: Any = found.get("kind")
        seq, at = found.get("seq"), found.get("at")
        node: Any = found.get("node")
        if not isinstance(kind, str) or kind not in FIELDS:
            raise wrong("kind", kind, " ".join(KINDS))
        if type(seq) is not int or seq <= last_seq:
            raise wrong("seq", seq, f"an integer above {last_seq}, the one before")
        if type(at) is not int or not last_at <= at <= TOP:
            raise wrong("at", at, f"an integer of ns, not before {last_at} and at most {TOP}")
        if not (isinstance(node, str) and node in nodes) and not (kind == "fault" and node is None):
            raise wrong("node", node, " ".join(header.nodes))
        last_seq, last_at = seq, at
        cause = found.get("cause")
        if cause is not None and (type(cause) is not int or cause >= seq):
            raise wrong("cause", cause, f"null or the seq of an earlier record (below {seq})")
        name: Any = None
        data = before = None
        missing = [f for f in FIELDS[kind] if f not in found and f not in ("node", "cause")]
        if missing:
            raise wrong("fields", sorted(found), f"a {kind} record with {' '.join(missing)} too")
        if kind == "state":
            data = None if found["data"] is None else row(view, found["data"], "data")
            before = was.get(node)
            was[node] = data
        elif kind == "note":
            name = found["name"]
            if not isinstance(name, str) or name not in facts:
                raise wrong("name", name, " ".join(facts) or "no note, as the header lists no facts")
            data = row(facts[name], found["data"], "data")
        elif kind == "content":
            data = _back(found["data"])
            if not isinstance(data, tuple) or not all(isinstance(p, tuple) and len(p) == 2 for p in data):
                raise wrong("data", found["data"], "a list of [key, fingerprint] pairs")
        else:
            own = OWN[kind]
            for f in own._fields:
                types, allowed = _TYPES.get(f, _TEXT)
                if types and type(found[f]) not in types:
                    raise wrong(f, found[f], allowed)
            if kind == "fault" and not all(isinstance(n, str) for n in found["nodes"]):
                raise wrong("nodes", found["nodes"], "an array of node names")
            data = own._make(_back(found[f]) if f in _TYPES else found[f] for f in own._fields)
            if kind == "send" and data.type in messages:
                data = data._replace(data=row(messages[data.type], found["data"], "data"))
        yield Record(seq, at, kind, node, cause, name, data, before)
