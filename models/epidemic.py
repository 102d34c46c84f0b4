"""Epidemic spread of items: rumour mongering, by push, pull or both, with anti-entropy behind it.

A node that learns an item finds it hot and spreads it, each cycle with one node drawn from all, until it loses
interest: a rumour that nearly everybody knows dies out. What rumours lack: some nodes may never hear one (the residue),
however long one waits; anti-entropy, which compares whole stores, brings the item to them in the end.

Sections are those of Demers et al., "Epidemic algorithms for replicated database maintenance", PODC 1987.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

from sim.machine import Alarm, Ask, Boot, Cluster, Machine, NodeId, Now, fingerprint, on
from sim.units import duration

from ._parameters import count, word

WORDS: Mapping[str, tuple[str, ...]] = {
    "spread": ("push", "pull", "push-pull"),  # 1.4: who begins a conversation in which items flow
    "interest": ("feedback", "blind"),  # whether it takes an unnecessary contact to lose interest, or any
    "removal": ("counter", "coin", "never"),  # after k contacts in a row, at each with probability 1/k, or not at all
    "phase": ("together", "random"),  # whether all nodes' cycles begin at the same instant
    "same_cycle": ("news", "stale"),  # what a rumour is that another contact of the same cycle brought before
}


class Rumours(NamedTuple):
    """Hot items, for the node drawn or for the one that asked."""

    items: tuple[str, ...]


class Pull(NamedTuple):
    """What is hot with you?"""


class Known(NamedTuple):
    """Feedback: which of the rumours were news, and which were not."""

    news: tuple[str, ...]
    stale: tuple[str, ...]


class Offer(NamedTuple):
    """Anti-entropy: all that the sender has; the receiver offers back what the sender lacks."""

    items: tuple[str, ...]
    back: bool


class Learned(NamedTuple):
    """A node has an item that it did not have."""

    item: str


class Lost(NamedTuple):
    """A node has lost interest in an item."""

    item: str


class View(NamedTuple):
    """How many items a node has."""

    tail: int


class Epidemic(Machine):
    """One site. `k` is what counters count to and coins are of; `anti_entropy` is the time between two comparisons."""

    View = View
    FACTS = (Learned, Lost)
    ACTIONS = {"add": ("value",), "read": ()}

    def __init__(
        self,
        node: NodeId,
        cluster: Cluster,
        *,
        spread: str = "push",
        interest: str = "feedback",
        removal: str = "counter",
        k: int = 2,
        cycle: str = "1s",
        phase: str = "together",
        same_cycle: str = "news",
        anti_entropy: str = "0s",
    ) -> None:
        super().__init__(node, cluster)
        self.pushes = word("spread", spread, WORDS["spread"]) != "pull"
        self.pulls = spread != "push"
        self.feedback = word("interest", interest, WORDS["interest"]) == "feedback"
        self.removal = word("removal", removal, WORDS["removal"])
        self.k = count("k", k, 1)
        self.cycle_ns = duration(cycle)
        self.together = word("phase", phase, WORDS["phase"]) == "together"
        self.same_cycle_is_news = word("same_cycle", same_cycle, WORDS["same_cycle"]) == "news"
        self.anti_entropy_ns = duration(anti_entropy)
        self.items: set[str] = set()
        self.hot: dict[str, int] = {}  # by item: contacts that count towards k, since it was learned
        self.asked: dict[str, bool] = {}  # by hot item given to pulls in this cycle: whether it was news to anybody
        self.fresh: set[str] = set()  # learned in this cycle
        self.shipped = 0  # items sent as rumours
        self.tail = 0

    @on(Boot)
    def boot(self, durable: Mapping[Hashable, Any], life: int, now: Now) -> None:
        self.items = {str(item) for item in durable}
        self.tail = len(self.items)
        self.alarm("cycle", after=self.cycle_ns if self.together else (1, self.cycle_ns), every=self.cycle_ns)
        if self.anti_entropy_ns:
            self.alarm("compare", after=(1, self.anti_entropy_ns), every=self.anti_entropy_ns)

    # -- clients -------------------------------------------------------------------------------------------

    @on(Ask, "add")
    def add(self, ask: Ask, now: Now) -> None:
        self.learn(str(ask.args[0]))
        self.answer(ask, "ok")

    @on(Ask, "read")
    def read(self, ask: Ask, now: Now) -> None:
        self.answer(ask, "ok", tuple(sorted(self.items)))

    def learn(self, item: str) -> bool:
        """Take an item in, and find it hot, if it is new."""
        if item in self.items:
            return False
        self.persist(item, True)
        self.items.add(item)
        self.hot[item] = 0
        self.fresh.add(item)
        self.tail = len(self.items)
        self.note(Learned(item))
        return True

    def _just_learned(self, item: str) -> bool:
        return self.same_cycle_is_news and item in self.fresh

    # -- rumour mongering (1.4) ----------------------------------------------------------------------------

    @on(Alarm, "cycle")
    def cycle(self, about: Any, now: Now) -> None:
        self._count_pulls(now)
        self.fresh = set()
        if not self.peers:
            return
        peer = self.peers[now.word() % len(self.peers)]
        if self.pushes and self.hot:
            self._ship(peer, now)
        if self.pulls:
            self.send(peer, Pull())

    @on(Pull)
    def pulled(self, src: NodeId, msg: Pull, now: Now) -> None:
        if self.hot:
            for item in self.hot:
                self.asked.setdefault(item, False)
            self._ship(src, now)

    def _ship(self, peer: NodeId, now: Now) -> None:
        items = tuple(sorted(self.hot))
        self.shipped += len(items)
        self.send(peer, Rumours(items))
        if not self.feedback:
            self._contacts(items, now)

    @on(Rumours)
    def heard(self, src: NodeId, msg: Rumours, now: Now) -> None:
        fresh = {item for item in msg.items if self.learn(item) or self._just_learned(item)}
        if self.feedback:
            news = tuple(item for item in msg.items if item in fresh)
            self.send(src, Known(news, tuple(item for item in msg.items if item not in fresh)))

    @on(Known)
    def told(self, src: NodeId, msg: Known, now: Now) -> None:
        for item in msg.news:
            self.asked[item] = True
            if item in self.hot and self.pushes:
                self.hot[item] = 0  # the published figures of k > 1 are those of unnecessary contacts in a row
        if self.pushes:
            self._contacts(msg.stale, now)

    def _count_pulls(self, now: Now) -> None:
        """End a cycle of pulls: one in which an item was news to nobody counts as one contact, however many asked.

        One in which it was news to anybody sets the counter back (the footnote of table 3).
        """
        if self.pulls and not self.pushes and self.feedback:
            for item, news in self.asked.items():
                if news and item in self.hot:
                    self.hot[item] = 0
            self._contacts(tuple(item for item, news in self.asked.items() if not news), now)
        self.asked = {}

    def _contacts(self, items: tuple[str, ...], now: Now) -> None:
        """Count a contact for each item that is still hot, and lose interest in those of which there were enough."""
        for place, item in enumerate(items):
            if item not in self.hot or self.removal == "never":
                continue
            self.hot[item] += 1
            if self.hot[item] >= self.k if self.removal == "counter" else now.word(place + 1) % self.k == 0:
                del self.hot[item]
                self.note(Lost(item))

    # -- anti-entropy (1.3) --------------------------------------------------------------------------------

    @on(Alarm, "compare")
    def compare(self, about: Any, now: Now) -> None:
        if self.peers:
            self.send(self.peers[now.word() % len(self.peers)], Offer(tuple(sorted(self.items)), True))

    @on(Offer)
    def offered(self, src: NodeId, msg: Offer, now: Now) -> None:
        lacking = tuple(sorted(self.items - set(msg.items))) if msg.back else ()
        for item in msg.items:
            self.learn(item)
        if lacking:
            self.send(src, Offer(lacking, False))

    def contents(self) -> list[tuple[str, str]]:
        return [(item, fingerprint(item)) for item in sorted(self.items)]


machine = Epidemic
