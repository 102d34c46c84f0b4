"""Directed graphs, as far as judges of histories need them: components, shortest cycles. No order depends on a set."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence

Graph = Mapping[int, Sequence[int]]  # successors, in a fixed order; nodes are numbers


def components(graph: Graph) -> list[list[int]]:
    """Return the strongly connected components that hold a cycle, each sorted, the one with the least node first.

    Tarjan's algorithm without recursion.
    """
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    on_stack: set[int] = set()
    stack: list[int] = []
    found: list[list[int]] = []
    for root in graph:
        if root in index:
            continue
        work = [(root, iter(graph[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, successors = work[-1]
            for successor in successors:
                if successor not in index:
                    index[successor] = low[successor] = len(index)
                    stack.append(successor)
                    on_stack.add(successor)
                    work.append((successor, iter(graph.get(successor, ()))))
                    break
                if successor in on_stack:
                    low[node] = min(low[node], index[successor])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        component.append(member)
                        if member == node:
                            break
                    if len(component) > 1 or node in graph.get(node, ()):
                        found.append(sorted(component))
    return sorted(found)


def shortest(
    starts: Iterable[int], goal: int, successors: Callable[[int], Iterable[int]], spend: Callable[[int], None]
) -> list[int] | None:
    """Return a shortest path from one of the starts to the goal, or None; `spend` is told of every node looked at."""
    before: dict[int, int | None] = {}
    queue: deque[int] = deque()
    for start in starts:
        if start not in before:
            before[start] = None
            queue.append(start)
    while queue:
        node = queue.popleft()
        spend(1)
        if node == goal:
            path = [node]
            while (previous := before[path[-1]]) is not None:
                path.append(previous)
            return path[::-1]
        for successor in successors(node):
            if successor not in before:
                before[successor] = node
                queue.append(successor)
    return None
