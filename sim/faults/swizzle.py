"""Swizzle-clogging: nodes are cut off one by one and let back one by one, in another order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from ..chance import Stream, choose
from ..kernel import FAULT
from ..machine import NodeId
from ..network import Ends
from ..targets import Target
from ..units import Duration
from .base import Aims, Fault, Levers, Mend


@dataclass(frozen=True, kw_only=True)
class Swizzle(Fault):
    """All links of a node hold what they carry, of one node after another; then they let go in another order.

    Both orders are drawn from the seed. FoundationDB's testers found this to bring out bugs that simpler cuts do not.
    """

    kind = "swizzle"
    colour = "#7f5539"

    nodes: Annotated[tuple[Target, ...], "whom it strikes; `random(k)` is the classic choice"]
    over: Annotated[
        Duration | None,
        "the time from the first node to the last, and again at the end from the first let go to the last; "
        "default: a third of `lasting`",
    ] = None

    def arranged(self, aims: Aims, words: Stream) -> Aims:
        nodes = tuple(dict.fromkeys(node for group in aims for node in group))
        drawn = iter(words)
        clogged, let_go = (tuple(nodes[i] for i in choose(drawn, len(nodes), len(nodes))) for _ in range(2))
        return clogged, let_go if let_go != clogged else (*let_go[1:], *let_go[:1])

    def apply(self, levers: Levers, aims: Aims) -> Mend:
        network, kernel, lasting = levers.network, levers.kernel, levers.lasting
        everybody = frozenset(levers.hosts)
        clogged: dict[NodeId, Ends] = {}
        let_go: set[NodeId] = set()

        def clog(node: NodeId) -> None:
            if node not in let_go:
                clogged[node] = Ends(frozenset([node]), everybody)
                network.hold(clogged[node], 1)

        def unclog(node: NodeId) -> None:
            let_go.add(node)
            if node in clogged:
                network.hold(clogged.pop(node), -1)

        def mend() -> None:
            for node in aims[1]:
                unclog(node)

        # Without an end that is known beforehand, all are let go when it comes.
        over = self.over if self.over is not None else 0 if lasting is None else lasting // 3
        for node, after in _spread(aims[0], over):
            if after:
                kernel.post(kernel.now + after, FAULT, _at(clog, node))
            else:
                clog(node)
        if lasting is not None:
            for node, after in _spread(aims[1], over):
                kernel.post(kernel.now + max(lasting - over, 0) + after, FAULT, _at(unclog, node))
        return mend

    def effective(self, aims: Aims) -> dict[str, Any]:
        return super().effective(aims) | {"clogged": aims[0], "let_go": aims[1]}


def _at(act: Callable[[NodeId], None], node: NodeId) -> Callable[[Any], None]:
    return lambda _: act(node)


def _spread(nodes: Sequence[NodeId], over: int) -> list[tuple[NodeId, int]]:
    """Return each node and its moment, evenly spaced from 0 to `over`."""
    return [(node, over * i // max(len(nodes) - 1, 1)) for i, node in enumerate(nodes)]
