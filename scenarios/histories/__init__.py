"""Reads histories of client operations: ours, and those of Jepsen and its kin.

events      events of a file -> sim.history.History, with complaints about what cannot be a history
edn         the notation in which Jepsen writes
jepsen      events as Jepsen's maps hold them: logs, EDN, JSON
netsplit    netsplit.history/1, which a run leaves as history.jsonl

The formats, the models and what verdicts mean are described in ../HISTORIES.md.
"""

from __future__ import annotations

from pathlib import Path

from sim.history import FORMAT, History

from ..complaints import UsageError, unknown
from . import jepsen, netsplit
from .events import text_of

FORMATS = ("jepsen-log", "edn", "json", "netsplit")


def read(path: Path, form: str | None, model: str) -> History:
    """Return the history in a file; an operation's number is the line (or element) at which it was invoked.

    `form` is one of FORMATS, or None to tell by the content. Raises UsageError naming file and line.
    """
    text = text_of(path)
    form = form or detect(path, text)
    if form != "netsplit" and form in FORMATS and not model:
        raise UsageError(f"{path}: found the format {form} and no --model, which says what its values mean")
    if form == "netsplit":
        return netsplit.read(path, text)
    if form == "jepsen-log":
        return jepsen.read_log(path, text, model)
    if form == "edn":
        return jepsen.read_edn(path, text, model)
    if form == "json":
        return jepsen.read_json(path, text, model)
    raise UsageError(f"--format: {unknown(form, FORMATS)}")


def detect(path: Path, text: str) -> str:
    """Return the format that a text seems to have. Raises UsageError if it looks like none."""
    head = text[:4096].lstrip("\ufeff \t\r\n,")
    first = head.partition("\n")[0]
    if FORMAT.partition("/")[0] in first and first.startswith("{"):
        return "netsplit"
    if path.suffix == ".edn" or head.startswith((";", "#")) or head.replace(" ", "").startswith(("{:", "[{:", "({:")):
        return "edn"
    if path.suffix == ".json" or head.replace(" ", "").replace("\n", "").startswith(('{"', '[{"', "[]")):
        return "json"
    if "jepsen.util" in text[:65536]:
        return "jepsen-log"
    raise UsageError(f"{path}:1: the content looks like no format; name one with --format {'|'.join(FORMATS)}")
