"""Reads EDN, the notation in which Jepsen writes histories, as far as it occurs there.

Lists and vectors become tuples, maps dicts, sets frozensets, keywords Keyword, tagged values what they tag.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

DEPTH_MAX = 100
_TOKEN = re.compile(
    r"""(?P<space>[\s,]+|;[^\n]*)
    |(?P<string>"(?:[^"\\]|\\.)*")
    |(?P<discard>\#_)
    |(?P<set>\#\{)
    |(?P<open>[\[({])
    |(?P<close>[\])}])
    |(?P<tag>\#[A-Za-z][^\s,()\[\]{}";]*)
    |(?P<char>\\(?:newline|space|tab|return|formfeed|backspace|u[0-9a-fA-F]{4}|.))
    |(?P<atom>[^\s,()\[\]{}";]+)""",
    re.X | re.S,
)
_CLOSES = {"[": "]", "(": ")", "{": "}", "#{": "}"}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "b": "\b", "f": "\f"}
_CHARS = {"newline": "\n", "space": " ", "tab": "\t", "return": "\r", "formfeed": "\f", "backspace": "\b"}


class BadEdn(Exception):
    """A text is no EDN; `line` says where."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


class Keyword(str):
    """A keyword such as `:ok`, without its colon; differs from the string by its repr only."""

    __slots__ = ()

    def __repr__(self) -> str:
        return ":" + str(self)


def forms(text: str) -> Iterator[tuple[int, Any]]:
    """Yield each value of a text with the line where it begins. Raises BadEdn.

    One vector or list around everything is opened: its elements are yielded.
    """
    reader = _Reader(text)
    first = reader.next()
    if first is None:
        return
    kind, token, line = first
    if kind == "open" and token in "[(":
        yield from reader.elements(_CLOSES[token], line, 1)
        rest = reader.next()
        if rest is not None:
            raise BadEdn(rest[2], f"found {rest[1][:40]!r} after the end of the outermost {token}")
        return
    while first is not None:
        kind, token, line = first
        yield line, reader.value(kind, token, line, 1)
        first = reader.next()


def values(text: str) -> list[Any]:
    """Return all values of a text, none of them opened. Raises BadEdn."""
    reader = _Reader(text)
    found = []
    while (token := reader.next()) is not None:
        found.append(reader.value(*token, 1))
    return found


class _Reader:
    """A text, and how far it was read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1

    def next(self) -> tuple[str, str, int] | None:
        """Return the next token that is no space: its kind, its text and its line; None at the end."""
        while self._at < len(self._text):
            match = _TOKEN.match(self._text, self._at)
            if match is None:
                what = "a string that does not end" if self._text[self._at] == '"' else repr(self._text[self._at])
                raise BadEdn(self._line, f"found {what}")
            line, token = self._line, match[0]
            self._at = match.end()
            self._line += token.count("\n")
            kind = match.lastgroup
            assert kind is not None
            if kind == "discard":
                self._skip(line)
            elif kind != "space":
                return kind, token, line
        return None

    def _skip(self, line: int) -> None:
        after = self.next()
        if after is None:
            raise BadEdn(line, "found the end of the file after #_")
        self.value(*after, 1)

    def elements(self, close: str, begun: int, depth: int) -> Iterator[tuple[int, Any]]:
        """Yield the values up to a closing bracket, each with its line."""
        while True:
            token = self.next()
            if token is None:
                raise BadEdn(
                    self._line, f"found the end of the file before the {close} of line {begun}: it was cut short"
                )
            if token[0] == "close":
                if token[1] != close:
                    raise BadEdn(token[2], f"found {token[1]}, allowed: {close} for line {begun}")
                return
            yield token[2], self.value(*token, depth + 1)

    def value(self, kind: str, token: str, line: int, depth: int) -> Any:
        """Return the value that begins with a token."""
        if depth > DEPTH_MAX:
            raise BadEdn(line, f"found more than {DEPTH_MAX} brackets inside each other")
        if kind in ("open", "set"):
            inside = [value for _, value in self.elements(_CLOSES[token], line, depth)]
            if token == "{":
                if len(inside) % 2:
                    raise BadEdn(line, "found a map with a key that has no value")
                pairs = list(zip(inside[::2], inside[1::2], strict=True))
                return {key if _hashable(key) else repr(key): value for key, value in pairs}
            return frozenset(v if _hashable(v) else repr(v) for v in inside) if token == "#{" else tuple(inside)
        if kind == "close":
            raise BadEdn(line, f"found {token} that closes nothing")
        if kind == "tag":
            after = self.next()
            if after is None:
                raise BadEdn(line, f"found the end of the file after {token}")
            return self.value(*after, depth + 1)
        if kind == "string":
            return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", _escaped, token[1:-1], flags=re.S)
        if kind == "char":
            word = token[1:]
            return chr(int(word[1:], 16)) if len(word) == 5 else _CHARS.get(word, word)
        return _atom(token, line)


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _escaped(match: re.Match[str]) -> str:
    word = match[1]
    return chr(int(word[1:], 16)) if len(word) == 5 else _ESCAPES.get(word, word)


def _atom(token: str, line: int) -> Any:
    if token in ("nil", "true", "false"):
        return {"nil": None, "true": True, "false": False}[token]
    if token.startswith(":"):
        return Keyword(token[1:])
    if re.fullmatch(r"[+-]?[0-9]{1,400}[NM]?", token):
        return int(token.rstrip("NM"))
    if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]{1,3})?M?", token):
        return float(token.rstrip("M"))
    if re.fullmatch(r"[+-]?[0-9].*", token) and not re.fullmatch(r"[+-]?[0-9]+/[0-9]+", token):
        raise BadEdn(line, f"found {token[:40]!r}, which is no number")
    return Keyword(token)
