"""Measured latencies from a file, for `latency = { empirical = FILE, unit = UNIT }`: one number a line."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

from sim.units import LONGEST, duration

from .complaints import shown

SIZE_MAX = 16_000_000  # bytes
_NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?")


def read(path: Path, unit: str) -> tuple[int, ...]:
    """Return the numbers of a file in ns, in rising order. Raises ValueError with the file's line."""
    try:
        size = path.stat().st_size
        if size > SIZE_MAX:
            raise ValueError(f"found {size} bytes in {path.name}, allowed: at most {SIZE_MAX}")
        raw = path.read_bytes()
    except OSError as error:
        why = error.strerror or error
        raise ValueError(f'found "{path}": {why}; a path is relative to the scenario\'s folder') from None
    try:
        lines = raw.decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name}:{raw[: error.start].count(10) + 1}: not UTF-8") from None
    scale, found = duration(f"1{unit}"), []
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not _NUMBER.fullmatch(text):
            raise ValueError(f"{path.name}:{number}: found {shown(text)}, allowed: a number of {unit}, one a line")
        found.append(round(Fraction(text) * scale))
        if found[-1] > LONGEST:
            raise ValueError(f"{path.name}:{number}: found {text}{unit}, allowed: at most {LONGEST // duration('1s')}s")
    if not found:
        raise ValueError(f"found no number in {path.name}, allowed: one a line, at least one line")
    return tuple(sorted(found))
