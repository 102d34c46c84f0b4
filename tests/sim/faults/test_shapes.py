"""Who reaches whom: a row per sender, a column per receiver, in the order in which the seed puts the nodes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.chance import Chance
from sim.faults import Partition
from sim.faults.shapes import GROUPED, STRUNG, reach

SHAPES = (*GROUPED, *STRUNG)
NODES = tuple(f"n{i}" for i in range(1, 8))

GOLDEN = """
halves 3                      halves 4                      halves 5                      halves 7
100 100                       1100 1100                     11000 11000                   1110000 1110000
011 111                       1100 1100                     11000 11000                   1110000 1110000
011 111                       0011 1111                     00111 11111                   1110000 1110000
                              0011 1111                     00111 11111                   0001111 1111111
                                                            00111 11111                   0001111 1111111
                                                                                          0001111 1111111
                                                                                          0001111 1111111

isolate 3                     isolate 4                     minority-third 6              minority-third 7
100 100                       1000 1000                     100000 100000                 1100000 1100000
011 111                       0111 1111                     011111 111111                 1100000 1100000
011 111                       0111 1111                     011111 111111                 0011111 1111111
                              0111 1111                     011111 111111                 0011111 1111111
                                                            011111 111111                 0011111 1111111
                                                            011111 111111                 0011111 1111111
                                                                                          0011111 1111111

minority-third 3              minority-third 4              minority-third 5              isolate 5
100 100                       1000 1000                     10000 10000                   10000 10000
011 111                       0111 1111                     01111 11111                   01111 11111
011 111                       0111 1111                     01111 11111                   01111 11111
                              0111 1111                     01111 11111                   01111 11111
                                                            01111 11111                   01111 11111

bridge 3                      bridge 4                      bridge 5                      bridge 7
110 110                       1110 1110                     11100 11100                   1111000 1111000
111 111                       1110 1110                     11100 11100                   1111000 1111000
011 111                       1111 1111                     11111 11111                   1111000 1111000
                              0011 1111                     00111 11111                   1111111 1111111
                                                            00111 11111                   0001111 1111111
                                                                                          0001111 1111111
                                                                                          0001111 1111111

majorities-ring 3             majorities-ring 4             majorities-ring 5             majorities-ring 7
110 110                       1101 1101                     11001 11001                   1110001 1110001
011 111                       1110 1110                     11100 11100                   1111000 1111000
101 111                       0111 1111                     01110 11110                   0111100 1111100
                              1011 1111                     00111 11111                   0011110 1111110
                                                            10011 11111                   0001111 1111111
                                                                                          1000111 1111111
                                                                                          1100011 1111111

chain 3                       chain 4                       chain 5                       chain 6
110 110                       1100 1100                     11000 11000                   110000 110000
111 111                       1110 1110                     11100 11100                   111000 111000
011 111                       0111 1111                     01110 11110                   011100 111100
                              0011 1111                     00111 11111                   001110 111110
                                                            00011 11111                   000111 111111
                                                                                          000011 111111

halves 6                      isolate 7                     bridge 6                      majorities-ring 6
111000 111000                 1000000 1000000               111100 111100                 111001 111001
111000 111000                 0111111 1111111               111100 111100                 111100 111100
111000 111000                 0111111 1111111               111100 111100                 011110 111110
000111 111111                 0111111 1111111               111111 111111                 001111 111111
000111 111111                 0111111 1111111               000111 111111                 100111 111111
000111 111111                 0111111 1111111               000111 111111                 110011 111111
                              0111111 1111111

chain 7                       isolate 6
1100000 1100000               100000 100000
1110000 1110000               011111 111111
0111000 1111000               011111 111111
0011100 1111100               011111 111111
0001110 1111110               011111 111111
0000111 1111111               011111 111111
0000011 1111111
"""


def golden() -> dict[tuple[str, int], tuple[str, ...]]:
    """Return the rows above by (shape, nodes): both ways, then one way."""
    found: dict[tuple[str, int], tuple[str, ...]] = {}
    for block in GOLDEN.strip().split("\n\n"):
        lines = block.split("\n")
        for column in range(0, 120, 30):
            cells = [line[column : column + 30].strip() for line in lines]
            if cells[0]:
                name, count = cells[0].split()
                found[name, int(count)] = tuple(cell for cell in cells[1:] if cell)
    return found


def drawn(shape: Any, count: int, oneway: bool, seed: int) -> tuple[Partition, tuple[str, ...], tuple[str, ...]]:
    """Return the fault, the order in which its groups or its chain name the nodes, and who reaches whom in it."""
    fault = Partition(shape=shape, oneway=oneway)
    aims = fault.arranged((NODES[:count],), Chance(seed).stream("nemesis", 0, "order"))
    cut = fault.cut(aims)
    missing = [node for node in NODES[:count] if all(node not in group for group in aims)]
    order = aims[0] if len(aims) == 1 else (*aims[0], *missing, *aims[1])
    return fault, order, reach(cut, order)


@pytest.mark.parametrize("count", range(3, 8))
@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_reaches_whom_it_should(shape: str, count: int) -> None:
    rows = golden()[shape, count]
    for i, oneway in enumerate((False, True)):
        assert drawn(shape, count, oneway, seed=3)[2] == tuple(row.split()[i] for row in rows)


@given(st.sampled_from(SHAPES), st.integers(3, 7), st.booleans(), st.integers(0, 2**64))
def test_a_seed_decides_who_stands_where_and_nothing_else(shape: str, count: int, oneway: bool, seed: int) -> None:
    _, order, rows = drawn(shape, count, oneway, seed)
    assert sorted(order) == list(NODES[:count])
    assert rows == drawn(shape, count, oneway, 0)[2]
    assert order == drawn(shape, count, oneway, seed)[1]


def test_different_seeds_put_different_nodes_into_a_place() -> None:
    assert {drawn("isolate", 5, False, seed)[1][0] for seed in range(100)} == set(NODES[:5])


@pytest.mark.parametrize("count", range(3, 40))
def test_on_a_ring_everybody_hears_exactly_a_majority_and_no_two_the_same(count: int) -> None:
    nodes = tuple(f"n{i:02d}" for i in range(count))
    cut = STRUNG["majorities-ring"]({node: i for i, node in enumerate(nodes)})
    heard = [frozenset(a for a in nodes if a == b or not cut.severs(a, b)) for b in nodes]
    assert {len(some) for some in heard} == {count // 2 + 1}
    assert len(set(heard)) == count


@given(st.sampled_from(SHAPES), st.integers(3, 7), st.integers(0, 2**64))
def test_the_record_says_who_reaches_whom(shape: str, count: int, seed: int) -> None:
    fault = Partition(shape=shape)  # type: ignore[arg-type]
    aims = fault.arranged((NODES[:count],), Chance(seed).stream("nemesis", 0, "order"))
    said = fault.effective(aims)
    assert said["shape"] == shape
    if shape in GROUPED:
        assert said["groups"] == aims
    else:
        assert said["reach"] == reach(fault.cut(aims), NODES[:count])


def test_groups_are_left_as_the_scenario_wrote_them() -> None:
    aims = (("n1",), ("n2", "n3"))
    assert Partition(groups=("n1", "rest")).arranged(aims, Chance(1).stream("nemesis")) == aims
