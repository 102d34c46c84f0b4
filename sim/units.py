"""Quantities: text with a unit at the edge, integers inside. Nobody else parses a quantity.

Times are ns, sizes bytes, rates bytes per second, clock rates ppm. A share ("1/1000", "5%", 0.25) is an exact
Fraction. A reader raises ValueError with what was found and what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any

US = 1_000
MS = 1_000_000
S = 1_000_000_000
MINUTE = 60 * S
HOUR = 60 * MINUTE
LONGEST = 10**9 * S  # some 30 years: a longer simulated time is a slip of the pen

_TIMES = {"ns": 1, "us": US, "ms": MS, "s": S, "m": MINUTE, "h": HOUR}
_SIZES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_NUMBER = r"(-?[0-9]{1,18}(?:\.[0-9]{1,18})?)"
_QUANTITY = re.compile(_NUMBER + r"\s*([A-Za-z]+)(/s)?")
_RATIO = re.compile(r"(-?[0-9]{1,400})\s*/\s*([0-9]{1,400})")  # a small float is a fraction of many digits

DURATION_FORM = 'a time such as "250ms", "1.5s" or "2m" (ns us ms s m h)'
SHARE_FORM = 'a share from 0 to 1 such as "1/1000", "5%" or 0.05'
SIZE_FORM = 'a size such as "64KiB" (B kB MB GB KiB MiB GiB)'
RATE_FORM = 'a rate such as "10MB/s"'
PPM_FORM = 'a clock rate error such as "200ppm", "-50ppm" or "1%"'


def _shown(found: Any) -> str:
    text = repr(found) if not isinstance(found, str) else f'"{found}"'
    return text if len(text) <= 60 else text[:57] + "..."


def _wrong(found: Any, form: str) -> ValueError:
    return ValueError(f"found {_shown(found)}, allowed: {form}")


def _whole(value: Fraction, found: Any, form: str) -> int:
    if value.denominator != 1:
        raise ValueError(f"found {_shown(found)}, which is no whole number of the smallest unit; allowed: {form}")
    return value.numerator


def duration(found: Any) -> int:
    """Return a time of at least zero as ns."""
    value = signed_duration(found)
    if value < 0:
        raise _wrong(found, DURATION_FORM + ", not negative")
    return value


def signed_duration(found: Any) -> int:
    """Return a time, which may be negative, as ns; a bare 0 needs no unit."""
    if found == 0 and not isinstance(found, (bool, float)):
        return 0
    match = _QUANTITY.fullmatch(found.strip()) if isinstance(found, str) else None
    if match is None or match[2] not in _TIMES or match[3]:
        raise _wrong(found, DURATION_FORM)
    value = _whole(Fraction(match[1]) * _TIMES[match[2]], found, DURATION_FORM)
    if abs(value) > LONGEST:
        raise ValueError(f"found {_shown(found)}, allowed: at most {show_duration(LONGEST)}")
    return value


def show_duration(ns: int) -> str:
    """Return ns as text that `signed_duration` reads back to the same number."""
    for unit in ("h", "m", "s", "ms", "us"):
        if ns and ns % _TIMES[unit] == 0:
            return f"{ns // _TIMES[unit]}{unit}"
    return f"{ns}ns" if ns else "0s"


def clock_text(ns: int) -> str:
    """Return a moment of a run as people read it: `3.412000s`, to the microsecond."""
    sign, ns = ("-", -ns) if ns < 0 else ("", ns)
    return f"{sign}{ns // S}.{ns % S // US:06d}s"


def share(found: Any) -> Fraction:
    """Return a probability or part as an exact Fraction from 0 to 1."""
    value = _fraction(found)
    if value is None or not 0 <= value <= 1:
        raise _wrong(found, SHARE_FORM)
    return value


def _fraction(found: Any) -> Fraction | None:
    if isinstance(found, bool):
        return None
    if isinstance(found, (int, Fraction)):
        return Fraction(found)
    if isinstance(found, float):
        # repr is the shortest text that reads back to the same float, so 0.1 means one tenth here.
        return Fraction(repr(found)) if found == found and abs(found) < 1e18 else None
    if not isinstance(found, str):
        return None
    text = found.strip()
    if match := _RATIO.fullmatch(text):
        return Fraction(int(match[1]), int(match[2])) if int(match[2]) else None
    if match := re.fullmatch(_NUMBER + r"\s*%", text):
        return Fraction(match[1]) / 100
    return Fraction(text) if re.fullmatch(_NUMBER, text) else None


def show_share(value: Fraction) -> str:
    """Return a share as text that `share` reads back to the same Fraction."""
    return str(value)


def ppm(found: Any) -> int:
    """Return a clock's rate error in parts per million; it may not make the clock run backwards."""
    text = found.strip() if isinstance(found, str) else ""
    if match := re.fullmatch(_NUMBER + r"\s*ppm", text):
        value = Fraction(match[1])
    elif match := re.fullmatch(_NUMBER + r"\s*%", text):
        value = Fraction(match[1]) * 10_000
    elif found == 0 and not isinstance(found, (bool, float)):
        value = Fraction(0)
    else:
        raise _wrong(found, PPM_FORM)
    parts = _whole(value, found, PPM_FORM)
    if not -1_000_000 <= parts <= 100_000_000:
        raise _wrong(found, PPM_FORM + ", from -1000000ppm (stopped) to 100000000ppm")
    return parts


def size(found: Any) -> int:
    """Return a size of at least zero as bytes; a bare integer is bytes."""
    return _bytes(found, False, SIZE_FORM)


def rate(found: Any) -> int:
    """Return a rate as bytes per second."""
    return _bytes(found, True, RATE_FORM)


def _bytes(found: Any, per_second: bool, form: str) -> int:
    if isinstance(found, int) and not isinstance(found, bool) and not per_second and 0 <= found < 10**18:
        return found
    match = _QUANTITY.fullmatch(found.strip()) if isinstance(found, str) else None
    if match is None or match[2] not in _SIZES or bool(match[3]) != per_second or match[1].startswith("-"):
        raise _wrong(found, form)
    return _whole(Fraction(match[1]) * _SIZES[match[2]], found, form)


Span = int | tuple[int, int]  # a time in ns, or the range from which one is drawn


def span(found: Any) -> Span:
    """Return a time of at least zero as ns, or a pair of them."""
    if isinstance(found, (list, tuple)):
        if len(found) != 2:
            raise _wrong(found, SPAN_FORM)
        low, high = duration(found[0]), duration(found[1])
        if low > high:
            raise ValueError(f"found {_shown(found)}, allowed: the smaller time first")
        return low, high
    return duration(found)


SPAN_FORM = DURATION_FORM + ', or a pair of them such as ["5s", "8s"], drawn once per seed'


@dataclass(frozen=True)
class Unit:
    """A field's unit, for readers of scenario files: how to read text, and what to say is allowed.

    pydantic asks a marker for its schema; sim itself never imports pydantic.
    """

    name: str
    read: Callable[[Any], Any]
    form: str
    also: tuple[str, ...] = ()  # JSON types besides string

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        types = ["string", *self.also]
        return {"type": types if len(types) > 1 else "string", "description": self.form}


# Fields of scenarios and faults are annotated with these; in Python they are plain numbers.
Duration = Annotated[int, Unit("time", duration, DURATION_FORM)]
SignedDuration = Annotated[int, Unit("time, may be negative", signed_duration, DURATION_FORM + ", may be negative")]
Spans = Annotated[Span, Unit("time or range", span, SPAN_FORM, ("array",))]
Share = Annotated[Fraction, Unit("share", share, SHARE_FORM, ("number",))]
Ppm = Annotated[int, Unit("clock rate error", ppm, PPM_FORM)]
Size = Annotated[int, Unit("size", size, SIZE_FORM, ("integer",))]
Rate = Annotated[int, Unit("rate", rate, RATE_FORM)]
