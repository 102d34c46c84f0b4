"""Where each key of a TOML file stands: tomllib keeps no positions.

Only what a complaint needs: the line of every table header and of every key at the beginning of a line. Keys inside an
inline table or array belong to the line on which its value begins.
"""

from __future__ import annotations

import re

from .complaints import Key

_HEADER = re.compile(r"\s*(\[{1,2})(.+?)\]{1,2}\s*(?:#.*)?$")
_NAME = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)"""
_KEY = re.compile(rf"\s*({_NAME}(?:\s*\.\s*{_NAME})*)\s*=")
_PART = re.compile(_NAME)
_LONG = ('"""', "'''")


def line_map(text: str) -> dict[Key, int]:
    """Return the line, from 1, of each key's path in a valid TOML text; entries of arrays of tables are numbered."""
    lines: dict[Key, int] = {(): 1}
    counts: dict[Key, int] = {}
    table: Key = ()
    depth = 0  # open brackets of a value that goes on over several lines
    quote = ""  # the delimiter of a string that goes on over several lines
    for number, line in enumerate(text.splitlines(), 1):
        if not quote and depth == 0:
            if header := _HEADER.match(line):
                table = _table(_names(header[2]), header[1] == "[[", counts)
                lines[table] = number
                continue
            if key := _KEY.match(line):
                names = _names(key[1])
                for upto in range(1, len(names) + 1):
                    lines.setdefault(table + names[:upto], number)
        quote, depth = _open_after(line, quote, depth)
    return lines


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(text))


def _table(names: tuple[str, ...], array: bool, counts: dict[Key, int]) -> Key:
    path: Key = ()
    for i, name in enumerate(names):
        path = (*path, name)
        if array and i == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _open_after(line: str, quote: str, depth: int) -> tuple[str, int]:
    """Return what is open at the end of a line: the delimiter of a long string, and how many brackets."""
    i = 0
    while i < len(line):
        c = line[i]
        if quote:
            if line.startswith(quote, i):
                i, quote = i + 3, ""
            else:
                i += 2 if c == "\\" and quote == _LONG[0] else 1
        elif line.startswith(_LONG, i):
            i, quote = i + 3, line[i : i + 3]
        elif c in "\"'":
            i += 1
            while i < len(line) and line[i] != c:
                i += 2 if line[i] == "\\" and c == '"' else 1
            i += 1
        elif c == "#":
            break
        else:
            depth += (c in "[{") - (c in "]}")
            i += 1
    return quote, max(depth, 0)


def locate(lines: dict[Key, int], key: Key) -> int:
    """Return the line of a key, or of the innermost table around it that has one."""
    while key and key not in lines:
        key = key[:-1]
    return lines.get(key, 1)
