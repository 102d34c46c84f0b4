"""How far replicas are behind while nothing is wrong: properties over `tail`."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from ..property import END, NOTHING, always
from ..trace import Header, Record
from ..units import clock_text, show_duration
from .standing import NEEDS, Standing

READS = {"state": "tail", **NEEDS, END: ""}


class _Windows:
    """Divides calm times into windows, at whose ends the tails are compared with those at their beginnings."""

    def __init__(self, cluster: Header, length: int, settle: int) -> None:
        self.standing = Standing(cluster)
        self.tails: dict[str, Any] = {}
        self.before: dict[str, Any] = {}  # the tails when the window began
        self.began: int | None = None
        self._ended = 0  # when the last window did
        self._length = length
        self._settle = settle  # how long it must have been calm before the first window

    def over(self, record: Record) -> Iterator[int]:
        """Yield the beginning of each window that ended before this record.

        Windows begin and end without any record. Where none comes for long nothing changes, so the second stands for
        all that follow.
        """
        for _ in range(2):
            began = self.began
            if began is None:
                if not self.standing.calm(record.at, self._settle):
                    return
                began = self.began = max(self.standing.since + self._settle, self._ended)
                self.before = dict(self.tails)
            if record.at <= began + self._length:
                return
            yield began
            self.began, self._ended = None, began + self._length
        self._ended = record.at

    def hear(self, record: Record) -> None:
        """Take in a record, after the windows that are over were judged."""
        if self.standing.hear(record):
            self.began = None
        elif record.kind == "state":
            if record.data is None:
                self.tails.pop(str(record.node), None)
            else:
                self.tails[str(record.node)] = record.data.tail

    def kept(self, node: str) -> Any:
        """Return what of a log was there at the beginning and still is: one may be cut to match a leader's."""
        return min(self.before[node], self.tails[node])

    def judged(self) -> list[str]:
        """Return who was live throughout the window and is not beyond help, if at least two are."""
        nodes = [n for n in sorted(self.before) if n in self.tails and n not in self.standing.beyond]
        return nodes if len(nodes) > 1 else []


@always("while nothing is wrong no live replica is further behind than a grace", needs=READS, grace="5s")
def lag_bounded(cluster: Header, grace: int) -> Generator[Any, Record, None]:
    """Judge windows as long as the grace: at the end everybody has what anybody had at the beginning.

    The first window begins when nothing has been wrong for one grace; a fault, crash or boot ends it unjudged.
    """
    windows = _Windows(cluster, grace, grace)
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        for began in windows.over(record):
            nodes, tails = windows.judged(), windows.tails
            best = max(nodes, key=windows.kept, default="")
            late = next((n for n in nodes if tails[n] < windows.kept(best)), None)
            if late is not None:
                then = f"that of {best} was {windows.kept(best)} at {clock_text(began)}"
                calm = f"nothing is wrong since {clock_text(windows.standing.since)}"
                said = f"the tail of {late} is {tails[late]}, but {then}, and {calm}"
                break
            said = None if nodes else said
        windows.hear(record)


@always("while nothing is wrong a live replica that is behind gains ground", needs=READS, grace="5s")
def catch_up_progresses(cluster: Header, grace: int) -> Generator[Any, Record, None]:
    """Judge windows as long as the grace: whoever was behind at the beginning has caught up or risen at the end."""
    windows = _Windows(cluster, grace, 0)
    said: Any = NOTHING
    while True:
        record = yield said
        said = NOTHING
        for _ in windows.over(record):
            nodes, before, tails = windows.judged(), windows.before, windows.tails
            top = max(map(windows.kept, nodes), default=0)
            behind = [n for n in nodes if before[n] < top]
            stuck = next((n for n in behind if tails[n] <= before[n]), None)
            if stuck is not None:
                still = f"the tail of {stuck} is {tails[stuck]} as it was {show_duration(grace)} before"
                said = f"{still}, though others were at {top} then and nothing is wrong"
                break
            said = None if behind else said
        windows.hear(record)
