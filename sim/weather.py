"""How a link behaves over time, whatever is sent on it: bursts of loss, and links that go down and come back.

Weather is a function of a stream of its own, a beginning and the time, so two protocols under one seed meet the same
bursts and outages. It is worked out only for links that are used, and only as far as somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any, ClassVar, NamedTuple

from .chance import HALF, threshold, within
from .quantiles import exponential_draw
from .units import Duration, Share, Span, Spans

NEVER = 1 << 100


@dataclass(frozen=True, kw_only=True)
class Burst:
    """Loss that comes in bursts, as in the model of Gilbert and Elliott: in a burst everything is lost, else nothing.

    Bursts and the times between them last exponentially long; the mean time between follows from the mean loss.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}

    loss: Annotated[Share, "share of the time that bursts take up, and so the mean loss"]
    lasting: Annotated[Duration, "mean duration of a burst"]


@dataclass(frozen=True, kw_only=True)
class Reorder:
    """Packets that are held back, so that later ones overtake them."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid", "strict": True}

    share: Annotated[Share, "share of packets held back"]
    by: Annotated[Spans, "how long; a pair is drawn for each packet"]


class Storm:
    """One link's bursts from a moment on; it must be asked in the order of time."""

    __slots__ = ("_between", "_lasting", "_raging", "_turn", "_words", "messages", "source", "until")

    def __init__(self, words: Iterator[int], burst: Burst, since: int, messages: tuple[str, ...], source: Any) -> None:
        self._words = words
        self._lasting = burst.lasting
        self._between = round(Fraction(burst.lasting) * (1 - burst.loss) / burst.loss) if burst.loss else NEVER
        # As if it had gone on for ever: bursts have no memory, so the one that rages now lasts as long as a new one.
        self._raging = next(words) % HALF < threshold(burst.loss)
        self._turn = since + self._spell() if 0 < burst.loss < 1 else NEVER
        self.messages = messages
        self.source = source
        self.until = 0  # before this moment it is known not to rage

    def _spell(self) -> int:
        return max(1, exponential_draw(next(self._words), self._lasting if self._raging else self._between))

    def rages(self, now: int) -> bool:
        """Return whether a burst is on."""
        while now >= self._turn:
            self._raging = not self._raging
            self._turn += self._spell()
        self.until = 0 if self._raging else self._turn
        return self._raging


class Flapping(NamedTuple):
    """Up and down times in ns, each drawn anew; after `unstable` ns of that, `stable` ns without, if not 0."""

    up: Span
    down: Span
    unstable: int
    stable: int


class Flaps:
    """One link's ups and downs from a moment on; it must be asked in the order of time."""

    __slots__ = ("_down", "_flapping", "_since", "_turn", "_words", "until")

    def __init__(self, words: Iterator[int], flapping: Flapping, since: int) -> None:
        self._words = words
        self._flapping = flapping
        self._since = since
        self._down = False
        self._turn = since + within(next(words), 0, _range(flapping.up)[1])  # links do not go down together
        self.until = since  # when to ask again

    def down(self, now: int) -> bool:
        """Return whether the link is down."""
        flapping = self._flapping
        while now >= self._turn:
            self._down = not self._down
            self._turn += max(1, within(next(self._words), *_range(flapping.down if self._down else flapping.up)))
        if not flapping.stable:
            self.until = self._turn
            return self._down
        round_, into = divmod(now - self._since, flapping.unstable + flapping.stable)
        calm = self._since + round_ * (flapping.unstable + flapping.stable) + flapping.unstable
        if into >= flapping.unstable:
            self.until = calm + flapping.stable
            return False
        self.until = min(self._turn, calm)
        return self._down


def _range(span: Span) -> tuple[int, int]:
    return (span, span) if isinstance(span, int) else span


def late(reorders: list[Reorder]) -> tuple[tuple[int, int, int], ...]:
    """Return how a 32-bit number decides on holding back: (below which, at least, up to so much more).

    Of several independent causes the first that strikes counts.
    """
    bounds = []
    none = Fraction(1)
    for reorder in reorders:
        none *= 1 - reorder.share
        low, high = _range(reorder.by)
        bounds.append((threshold(1 - none), low, high - low))
    return tuple(bounds)


def held_back(part: int, bounds: tuple[tuple[int, int, int], ...]) -> int:
    """Return by how much such a number holds a packet back: it is evenly spread below its bound."""
    under = 0
    for upto, low, span in bounds:
        if part < upto:
            return low + (part - under) * span // (upto - under)
        under = upto
    return 0
