"""From the text of a scenario file to its dataclasses, with every complaint that needs no model."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sim.faults import KINDS, Fault
from sim.quantiles import Grid
from sim.units import Unit

from .complaints import Complaint, Key, ScenarioError, UsageError, dotted, shown, unknown
from .lines import line_map, locate
from .schema import SEED_MAX, Clocks, Scenario, Timing

SIZE_MAX = 4_000_000  # bytes of a scenario file


@dataclass(frozen=True)
class FaultEntry:
    """One `[[fault]]`: its own fields and its timing."""

    fault: Fault
    timing: Timing


@dataclass
class Document:
    """A scenario file as read: the TOML after overrides, where its keys stand, and what is wrong with it so far."""

    path: Path | None
    text: str
    doc: dict[str, Any]
    lines: Mapping[Key, int]
    own_profile: Any = None  # what the file itself names, before overrides
    overridden: tuple[Key, ...] = ()
    complaints: list[Complaint] = field(default_factory=list)
    scenario: Scenario | None = None
    faults: dict[int, FaultEntry] = field(default_factory=dict)  # those that could be read, by their place
    measured: dict[Key, Grid] = field(default_factory=dict)  # by the key of the latency that names the file

    @property
    def folder(self) -> Path:
        """The folder that relative paths in the file start from."""
        return self.path.parent if self.path is not None else Path()

    def complain(self, key: Key, text: str) -> None:
        """Note one thing wrong."""
        complaint = Complaint(key, text)
        if complaint not in self.complaints:
            self.complaints.append(complaint)

    def check(self) -> None:
        """Raise ScenarioError if anything is wrong."""
        if self.complaints:
            raise ScenarioError([line for _, line in sorted((self._line(c), self._show(c)) for c in self.complaints)])

    def _line(self, complaint: Complaint) -> int:
        return locate(dict(self.lines), complaint.key)

    def _show(self, complaint: Complaint) -> str:
        key = complaint.key
        # What --set made up has no line; of a table that it made only the table's name may be wrong.
        if any(key[: len(o)] == o or (o[: len(key)] == key and key not in self.lines) for o in self.overridden if key):
            return f"--set {dotted(key)}: {complaint.text}"
        where = f"{self.path or 'scenario'}:{self._line(complaint)}: "
        return where + (f"{dotted(key)}: " if key else "") + complaint.text


def read(path: Path, overrides: Sequence[tuple[str, Any]] = ()) -> Document:
    """Read and check a scenario file. Raises UsageError if it cannot be read, ScenarioError if it is no TOML.

    Complaints about keys gather in the document, so that those which need the model come with them.
    """
    return parse(text_of(path, "netsplit list shows the catalogue"), path, overrides)


def text_of(path: Path, hint: str) -> str:
    """Return the text of a file. Raises UsageError, which ends in a hint if there is no such file."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}; {hint}") from None
    if len(raw) > SIZE_MAX:
        raise UsageError(f"{path}: {len(raw)} bytes, allowed: at most {SIZE_MAX}")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ScenarioError([f"{path}:{raw[: error.start].count(10) + 1}: not UTF-8 ({error.reason})"]) from None


def parse(text: str, path: Path | None = None, overrides: Sequence[tuple[str, Any]] = ()) -> Document:
    """Check a scenario's text; `path` is what relative references start from."""
    return made(toml_of(text, path), path, overrides, text)


def toml_of(text: str, path: Path | None) -> dict[str, Any]:
    """Return a text as TOML. Raises ScenarioError."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ScenarioError([_syntax(path, text, str(error))]) from None


def made(
    doc: dict[str, Any], path: Path | None = None, overrides: Sequence[tuple[str, Any]] = (), text: str = ""
) -> Document:
    """Check a scenario that is read already, from this text or from none; overrides are set in `doc` itself."""
    keys = tuple(_path(key) for key, _ in overrides)
    document = Document(path, text, doc, line_map(text) if text else {}, doc.get("profile"), keys)
    for key, value in overrides:
        _override(document, _path(key), value)
    _structure(document)
    return document


def _syntax(path: Path | None, text: str, error: str) -> str:
    """Return tomllib's complaint in our form: it says `... (at line L, column C)` or `(at end of document)`."""
    message, _, at = error.rpartition(" (at ")
    words = at.rstrip(")").replace(",", "").split()
    line = words[1] if words[:1] == ["line"] else str(max(1, len(text.splitlines())))
    return f"{path or 'scenario'}:{line}: not TOML: {message or error}"


def override(text: str) -> tuple[str, Any]:
    """Read one --set: PATH=VALUE, the value being TOML or else a bare string. Raises UsageError."""
    key, eq, value = text.partition("=")
    if not eq or not key.strip() or any(not part for part in key.strip().split(".")):
        raise UsageError(f'--set: found {shown(text)}, allowed: PATH=VALUE such as fault.0.lasting="3s"')
    try:
        return key.strip(), tomllib.loads(f"v = {value}")["v"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return key.strip(), value


def _path(key: str) -> Key:
    return tuple(int(part) if part.isdigit() else part for part in key.split("."))


def _override(document: Document, path: Key, value: Any) -> None:
    here: Any = document.doc
    for i, part in enumerate(path[:-1]):
        if isinstance(here, list):
            if not isinstance(part, int) or part >= len(here):
                document.complain(path, f"{dotted(path[:i])} has {len(here)} entries, counted from 0")
                return
            here = here[part]
        elif isinstance(here, dict):
            here = here.setdefault(str(part), {})
        else:
            document.complain(path, f"{dotted(path[:i])} is {shown(here)}, which has no keys")
            return
    last = path[-1]
    if isinstance(here, list) and isinstance(last, int) and last < len(here):
        here[last] = value
    elif isinstance(here, dict):
        here[str(last)] = value
    else:
        document.complain(path, f"there is nothing to set at {dotted(path[:-1])}")


# -- structure ---------------------------------------------------------------------------------------------


@cache
def adapter(cls: Any) -> Any:
    """Return pydantic's reader of a table."""
    from pydantic import TypeAdapter

    return TypeAdapter(cls)


def _structure(document: Document) -> None:
    doc = _normal(document.doc)
    faults = doc.pop("fault", [])
    scenario = validated(document, Scenario, doc, ())
    if scenario is not None:
        document.scenario = scenario
        if not 0 <= scenario.seed <= SEED_MAX:
            document.complain(("seed",), f"found {scenario.seed}, allowed: an integer from 0 to {SEED_MAX}")
    if not isinstance(faults, list) or not all(isinstance(entry, dict) for entry in faults):
        document.complain(("fault",), f"found {shown(faults)}, allowed: tables written as [[fault]]")
        return
    for i, entry in enumerate(faults):
        _fault(document, i, entry)


def _normal(doc: dict[str, Any]) -> dict[str, Any]:
    """Return the document with what is written short written out: `latency = "5ms"`, `[clocks.n2]`."""
    doc = deepcopy(doc)
    network = doc.get("network")
    links = network.get("link") if isinstance(network, dict) else None
    for table in (network, *(links if isinstance(links, list) else ())):
        if isinstance(table, dict) and "latency" in table and not isinstance(table["latency"], dict):
            table["latency"] = {"constant": table["latency"]}
    clocks = doc.get("clocks")
    if isinstance(clocks, dict):
        known = {f.name for f in fields(Clocks)} - {"node"}
        nodes = {key: clocks.pop(key) for key in list(clocks) if key not in known and isinstance(clocks[key], dict)}
        if nodes:
            clocks["node"] = nodes
        if hasattr(clocks.get("wall_start"), "isoformat"):
            clocks["wall_start"] = clocks["wall_start"].isoformat()
    return doc


def fault_of(table: dict[str, Any]) -> FaultEntry:
    """Return a fault from a table that no file holds. Raises ScenarioError."""
    document = Document(None, "", {}, {})
    _fault(document, 0, table)
    document.check()
    return document.faults[0]


def _fault(document: Document, i: int, entry: dict[str, Any]) -> None:
    kind = entry.get("kind")
    at: Key = ("fault", i)
    if "kind" not in entry:
        document.complain((*at, "kind"), f"missing, allowed: {', '.join(KINDS)}")
        return
    if not isinstance(kind, str) or kind not in KINDS:
        document.complain((*at, "kind"), unknown(kind, tuple(KINDS)))
        return
    times = {f.name for f in fields(Timing)}
    # A packet fault has an `nth` of its own: the packet's, not the trigger's.
    own_names = {f.name for f in fields(KINDS[kind])}
    own = {k: v for k, v in entry.items() if k != "kind" and (k in own_names or k not in times)}
    timing = validated(document, Timing, {k: v for k, v in entry.items() if k in times - own_names}, at)
    fault = validated(document, KINDS[kind], _targets(own, KINDS[kind]), at, tuple(sorted(times - own_names)))
    if timing is not None and fault is not None:
        document.faults[i] = FaultEntry(fault, timing)


def _targets(own: dict[str, Any], kind: type[Fault]) -> dict[str, Any]:
    """Return a fault's fields with a single target written as a list where a list is meant: `nodes = "leader"`."""
    return {k: [v] if k == "nodes" and k in kind.aimed and isinstance(v, str) else v for k, v in own.items()}


def validated(document: Document, cls: Any, doc: dict[str, Any], at: Key, also: tuple[str, ...] = ()) -> Any:
    """Read a table; on complaints leave out what is wrong and read again, so that later checks see the rest."""
    from pydantic import ValidationError

    doc = deepcopy(doc)
    for attempt in range(3):
        try:
            return adapter(cls).validate_json(json.dumps(doc, default=str))
        except ValidationError as error:
            wrong = error.errors(include_url=False)
        for one in wrong:
            loc = _real(doc, tuple(one["loc"]))
            if attempt == 0 or one["type"] not in ("missing", "missing_argument"):
                document.complain(_public((*at, *loc)), _explained(cls, loc, one, also))
        # A table that lacks a key goes as a whole.
        gone = {
            loc[:-1] if "missing" in one["type"] else loc for one in wrong if (loc := _real(doc, tuple(one["loc"])))
        }
        for loc in sorted(gone, key=lambda k: [str(p) for p in k], reverse=True):
            _remove(doc, loc)
    return None


def _real(doc: Any, loc: Key) -> Key:
    """Return the part of pydantic's location that names keys; it also names union members."""
    path: Key = ()
    part: Any
    for i, part in enumerate(loc):
        if (isinstance(doc, dict) and part in doc) or (
            isinstance(doc, list) and isinstance(part, int) and part < len(doc)
        ):
            doc = doc[part]
        elif isinstance(doc, dict) and i == len(loc) - 1:
            return (*path, part)  # a missing key
        else:
            continue
        path = (*path, part)
    return path


def _public(key: Key) -> Key:
    """Return a key as the file writes it."""
    if key[:2] == ("clocks", "node"):
        return ("clocks", *key[2:])
    return key[:-1] if key[:1] == ("network",) and key[-2:] == ("latency", "constant") else key


def _remove(doc: Any, loc: Key) -> None:
    part: Any
    for part in loc[:-1]:
        if not (isinstance(doc, dict) and part in doc) and not (isinstance(doc, list) and isinstance(part, int)):
            return
        doc = doc[part]
    if isinstance(doc, dict):
        doc.pop(loc[-1], None) if loc else None
    elif isinstance(doc, list) and loc and isinstance(loc[-1], int):
        del doc[loc[-1]]


_TYPES = {
    "int_type": "an integer", "int_from_float": "an integer", "string_type": "a string", "bool_type": "true or false",
    "dict_type": "a table", "mapping_type": "a table", "dataclass_type": "a table", "tuple_type": "a list",
    "list_type": "a list",
    "int_parsing_size": "an integer of at most 63 bits", "int_parsing": "an integer",
}  # fmt: skip


def _explained(cls: Any, loc: Key, error: Mapping[str, Any], also: tuple[str, ...]) -> str:
    """Return one of pydantic's errors as `found ..., allowed: ...`."""
    kind, found = error["type"], error.get("input")
    if kind in ("unexpected_keyword_argument", "extra_forbidden"):
        table = _table_at(cls, loc[:-1])
        names = tuple(sorted({f.name for f in fields(table)} | set(also) if table is not None else set(also)))
        return "unknown key: " + unknown(loc[-1], tuple(n for n in names if n != "node"))
    if kind in ("missing", "missing_argument", "missing_keyword_only_argument"):
        return "missing" + _unit_of(cls, loc)
    if kind == "value_error":
        return str(error["msg"]).removeprefix("Value error, ")
    if kind in ("literal_error", "union_tag_invalid"):
        words = str(error["ctx"]["expected"]).replace(" or ", ", ").replace("'", "")
        return f"found {shown(found)}, allowed: {words}"
    if kind in _TYPES:
        return f"found {shown(found)}, allowed: {_TYPES[kind]}"
    return f"found {shown(found)}: {error['msg']}"


def _table_at(cls: Any, loc: Key) -> Any:
    """Return the dataclass that a location stands for, or None."""
    from typing import get_args, get_origin, get_type_hints

    named = False  # whether the next part is a name of the user's
    for part in loc:
        if not is_dataclass(cls):
            return None
        if isinstance(part, int) or named:
            named = False
            continue
        hint = get_type_hints(cls).get(str(part))
        named = get_origin(hint) is Mapping
        inner = [hint, *get_args(hint)]
        inner += [arg for one in get_args(hint) for arg in get_args(one)]
        cls = next((one for one in inner if is_dataclass(one)), None)
        if cls is None:
            return None
    return cls


def _unit_of(cls: Any, loc: Key) -> str:
    from typing import get_args, get_type_hints

    table = _table_at(cls, loc[:-1])
    hint = get_type_hints(table, include_extras=True).get(str(loc[-1])) if table is not None else None
    for part in [*get_args(hint), *(a for one in get_args(hint) for a in get_args(one))]:
        if isinstance(part, Unit):
            return f", allowed: {part.form}"
    return ""
