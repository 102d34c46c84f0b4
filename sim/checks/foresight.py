"""What a search for a linearization can know ahead: that a state leads nowhere, because of answers yet to be placed.

A wrong choice between two concurrent writes often shows only thousands of calls later, and a search that must come
back from there looks at everything in between. Each foresight is a necessary condition on the calls that are not
placed yet: it may miss that a state is hopeless, but never says so of one that is not. `place` and `take_back` follow
the search; calls of unknown outcome (`maybe`) may help, and are owed nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from .calls import Call
from .zones import NEVER, Interval, contradict


class Foresight(Protocol):
    """Follows a search and says which states are hopeless."""

    def place(self, call: Call) -> None:
        """Take note that a call was placed."""

    def take_back(self, call: Call) -> None:
        """Take note that the last call placed is not, after all."""

    def hopeless(self, before: Any, after: Any, call: Call | None) -> bool:
        """Return whether nothing can come of the state after this call, which has been placed.

        Without a call, `after` is the state before all of them.
        """


def foresight(kind: str, done: Sequence[Call], maybe: Sequence[Call]) -> Foresight | None:
    """Return the foresight that there is for a data type and these calls, or None."""
    if kind in ("register", "cas-register"):
        return _Overwritten(done, maybe)
    if kind == "list":
        return _Growing(done, lambda read, state: read[: len(state)] == state)
    if kind == "set" and all(call.action != "remove" for call in (*done, *maybe)):
        return _Growing(done, lambda read, state: state <= read)
    if kind == "kv-append":
        return _Rooted(done, maybe)
    if kind == "queue":
        enqueued = [call.given[0] for call in (*done, *maybe) if call.action == "enqueue"]
        return _InTurn(done, maybe) if len(set(enqueued)) == len(enqueued) else None
    return None


class _Overwritten:
    """A register's value that somebody has yet to read must not be replaced if nobody will write it again."""

    def __init__(self, done: Sequence[Call], maybe: Sequence[Call]) -> None:
        self._wanted: dict[Any, int] = {}
        self._made: dict[Any, int] = {}
        self._owed = {call.op for call in done}
        for call in (*done, *maybe):
            self._count(call, 1)
        self._phantoms = [value for value in self._wanted if not self._made.get(value)]
        self._clusters = _Clusters(done, maybe)

    def _count(self, call: Call, by: int) -> None:
        if call.got is False:
            return
        if call.op in self._owed and call.action != "write":
            value = call.got if call.action == "read" else call.given[0]
            self._wanted[value] = self._wanted.get(value, 0) + by
        if call.action != "read":
            self._made[call.given[-1]] = self._made.get(call.given[-1], 0) + by

    def place(self, call: Call) -> None:
        self._count(call, -1)

    def take_back(self, call: Call) -> None:
        self._count(call, 1)

    def hopeless(self, before: Any, after: Any, call: Call | None) -> bool:
        if call is None:
            return any(value != after for value in self._phantoms) or self._clusters.contradict(after)
        return self._wanted.get(before, 0) > 0 and not self._made.get(before, 0)


class _Clusters:
    """The values of a register with their writes and reads; empty if a value is written twice."""

    def __init__(self, done: Sequence[Call], maybe: Sequence[Call]) -> None:
        self._writes: dict[Any, Interval] = {}
        self._reads: dict[Any, list[Interval]] = {}
        self._owed: set[Any] = set()  # values whose write has certainly happened
        self._once = True
        for call in (*done, *maybe):
            if call.action == "read" or call.got is False:
                continue
            value = call.given[-1]
            self._once = self._once and value not in self._writes
            self._writes[value] = (call.begin, NEVER)
        for call in done:
            if call.got is False:
                continue
            assert call.end is not None
            if call.action != "write":
                value = call.got if call.action == "read" else call.given[0]
                self._reads.setdefault(value, []).append((call.begin, call.end))
            if call.action != "read":
                self._writes[call.given[-1]] = (call.begin, call.end)
                self._owed.add(call.given[-1])

    def contradict(self, start: Any) -> bool:
        """Return whether no order is possible that begins with this value."""
        if not self._once:
            return False
        clusters = [
            (write, self._reads.get(value, []))
            for value, write in self._writes.items()
            if value != start and (value in self._owed or value in self._reads)
        ]
        if start not in self._writes and start in self._reads:
            clusters.append(((-1, -1), self._reads[start]))
        return contradict(clusters)


class _Growing:
    """A state that only grows must still fit the smallest read that is not placed."""

    def __init__(self, done: Sequence[Call], fits: Callable[[Any, Any], bool]) -> None:
        self._fits = fits
        self._reads = sorted((call for call in done if call.action == "read"), key=lambda call: len(call.got))
        self._place = {call.op: at for at, call in enumerate(self._reads)}
        self._placed = [False] * len(self._reads)
        self._first = 0  # the smallest that is not placed

    def place(self, call: Call) -> None:
        at = self._place.get(call.op)
        if at is not None:
            self._placed[at] = True
            while self._first < len(self._placed) and self._placed[self._first]:
                self._first += 1

    def take_back(self, call: Call) -> None:
        at = self._place.get(call.op)
        if at is not None:
            self._placed[at] = False
            self._first = min(self._first, at)

    def hopeless(self, before: Any, after: Any, call: Call | None) -> bool:
        return self._first < len(self._reads) and not self._fits(self._reads[self._first].got, after)


class _Rooted:
    """A text that somebody has yet to read grows from the present one, or from one that is yet to be put.

    Where it can be taken apart in one way only into texts that were each put or appended once, it needs just these
    calls, and a call that it needs must not go elsewhere.
    """

    def __init__(self, done: Sequence[Call], maybe: Sequence[Call]) -> None:
        reads = [call for call in done if call.action == "get"]
        self._left: dict[str, int] = {}  # how often a text is yet to be read
        for call in reads:
            self._left[call.got] = self._left.get(call.got, 0) + 1
        writes = [call for call in (*done, *maybe) if call.action != "get"]
        texts = list(self._left)
        self._roots: dict[int, list[str]] = {
            call.op: [text for text in texts if text.startswith(call.given[0])]
            for call in writes
            if call.action == "put"
        }
        self._puts = dict.fromkeys(texts, 0)  # how many puts that are not placed could begin a text
        for roots in self._roots.values():
            for text in roots:
                self._puts[text] += 1
        self._owed = {call.op for call in reads}
        self._stranded = dict.fromkeys(text for text in texts if not self._puts[text])
        self._needed = _needed(texts, writes)
        self._clusters = self._lineages(done, maybe)
        whole = {text for some in self._needed.values() for text in some}
        self._shrinks = _shrinks([call for call in reads if call.got in whole])

    def _lineages(self, done: Sequence[Call], maybe: Sequence[Call]) -> list[tuple[Interval, list[Interval]]]:
        """Return each put with all that can only have happened before the next one: its reads, and their appends."""
        sure = {call.op: (call.begin, call.end or 0) for call in done}
        reads: dict[str, list[Interval]] = {}
        for call in done:
            if call.action == "get":
                reads.setdefault(call.got, []).append(sure[call.op])
        root: dict[str, int] = {}
        parts: dict[str, list[int]] = {}
        for call in (*done, *maybe):
            for text in self._needed.get(call.op, ()):
                parts.setdefault(text, []).append(call.op)
                if call.action == "put":
                    root[text] = call.op
        members: dict[int, dict[int, Interval]] = {}
        clusters = []
        for text, put in root.items():
            members.setdefault(put, {}).update({op: sure[op] for op in parts[text] if op in sure and op != put})
        for call in (*done, *maybe):
            if call.action != "put" or (call.op not in sure and call.op not in members):
                continue
            inside = list(members.get(call.op, {}).values())
            for text, put in root.items():
                if put == call.op:
                    inside += reads[text]
            clusters.append((sure.get(call.op, (call.begin, NEVER)), inside))
        return clusters

    def _update(self, text: str) -> None:
        if self._left[text] and not self._puts[text]:
            self._stranded[text] = None
        else:
            self._stranded.pop(text, None)

    def place(self, call: Call) -> None:
        self._move(call, -1)

    def take_back(self, call: Call) -> None:
        self._move(call, 1)

    def _move(self, call: Call, by: int) -> None:
        if call.op in self._owed:
            self._left[call.got] += by
            self._update(call.got)
        for text in self._roots.get(call.op, ()):
            self._puts[text] += by
            self._update(text)

    def hopeless(self, before: Any, after: Any, call: Call | None) -> bool:
        if not all(text.startswith(after) for text in self._stranded):
            return True
        if call is None:
            return self._shrinks or contradict(self._clusters)
        return any(self._left[text] and not text.startswith(after) for text in self._needed.get(call.op, ()))


def _needed(texts: Sequence[str], writes: Sequence[Call]) -> dict[int, list[str]]:
    """Return for each write the texts that can only be made with it."""
    authors: dict[str, Call | None] = {}
    for call in writes:
        authors[call.given[0]] = None if call.given[0] in authors else call
    lengths = sorted({len(part) for part in authors if part})
    needed: dict[int, list[str]] = {}
    if "" in authors or None in authors.values():
        return needed
    for text in texts:
        # ways[i] is how many ways there are to take text[:i] apart, 2 standing for many; last[i] the length of its end.
        ways, last = [1] + [0] * len(text), [0] * (len(text) + 1)
        for i in range(len(text)):
            if ways[i]:
                for length in lengths:
                    end = i + length
                    author = authors.get(text[i:end]) if end <= len(text) else None
                    if author is not None and (author.action == "append" or not i):
                        ways[end] = min(2, ways[end] + ways[i])
                        last[end] = length
        if ways[-1] == 1:
            end = len(text)
            while end:
                author = authors[text[end - last[end] : end]]
                assert author is not None
                needed.setdefault(author.op, []).append(text)
                end -= last[end]
    return needed


def _shrinks(reads: Sequence[Call]) -> bool:
    """Return whether a text was read after a longer one that begins with it had been: each can be made once only."""
    ended: dict[str, int] = {}  # when the first read of a text ended
    for call in reads:
        assert call.end is not None
        ended[call.got] = min(call.end, ended.get(call.got, call.end))
    begun: dict[str, int] = {}  # when the last one began
    for call in reads:
        begun[call.got] = max(call.begin, begun.get(call.got, 0))
    return any(
        end < begun[short] and len(short) < len(long) and long.startswith(short)
        for long, end in ended.items()
        for short in begun
    )


class _InTurn:
    """What stands before an element in a queue must be taken before it; all elements differ."""

    def __init__(self, done: Sequence[Call], maybe: Sequence[Call]) -> None:
        self._taken: dict[Any, Call] = {}
        for call in done:
            if call.action == "dequeue" and call.got is not None:
                self._taken.setdefault(call.got, call)
        self._anybody = any(call.action == "dequeue" for call in maybe)

    def place(self, call: Call) -> None:
        """Order does not change."""

    def take_back(self, call: Call) -> None:
        """Order does not change."""

    def hopeless(self, before: Any, after: Any, call: Call | None) -> bool:
        if call is None or call.action != "enqueue" or not before:
            return False
        mine = self._taken.get(after[-1])
        if mine is None:
            return False
        end = mine.end or 0
        for element in before:
            other = self._taken.get(element)
            if (other is None and not self._anybody) or (other is not None and end < other.begin):
                return True
        return False
