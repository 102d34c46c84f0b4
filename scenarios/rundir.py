"""Run directories: written beside their final name, and put there when they are whole.

A directory is replaced only if it is a run directory; anything else is left alone.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .complaints import UsageError

RESULT = "result.json"
FORMAT = "netsplit.result/1"


def is_run(path: Path) -> bool:
    """Return whether a directory is one that a run has written."""
    try:
        found = json.loads((path / RESULT).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and str(found.get("format", "")).startswith("netsplit.result/")


def check(path: Path) -> None:
    """Raise UsageError unless a run directory may be put there: nothing is there, nothing in it, or an older run."""
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise UsageError(f"--out {path}: found something that is no directory; name another")
    if path.is_dir() and any(path.iterdir()) and not is_run(path):
        raise UsageError(f"--out {path}: found a directory that no run has written; name another or empty it")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give an empty directory to write into; on leaving without an error it takes the place of `path`."""
    check(path)
    path = path.resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        partial = path.parent / f".{path.name}.partial-{os.getpid()}"
        partial.mkdir()
    except OSError as error:
        raise UsageError(f"--out {path}: {error.strerror or error}") from None
    try:
        yield partial
        old = path.parent / f".{path.name}.old-{os.getpid()}"
        if path.exists():
            path.rename(old)
        partial.rename(path)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _sweep(path: Path) -> None:
    """Remove what killed runs have left beside this directory."""
    for kind in ("partial", "old"):
        for left in path.parent.glob(f".{path.name}.{kind}-*"):
            pid = left.name.rpartition("-")[2]
            if pid.isdigit() and not _alive(int(pid)):
                shutil.rmtree(left, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
