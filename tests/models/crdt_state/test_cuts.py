from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.crdt_state.cuts import Cut, Cuts


def cuts_of(node: str) -> Cuts:
    return Cuts(other for other in "ab" if other != node)


def test_a_part_is_whole_when_all_that_was_promised_has_come() -> None:
    cuts = cuts_of("b")
    cuts.begin(Cut("ckpt-1", 1, 100, 0))
    cuts.marked("a", 1, 2)
    cuts.arrived("a", 10, 0)
    assert cuts.whole() == []
    cuts.arrived("a", 5, 0)
    assert [(cut.balance, cut.under_way) for cut in cuts.whole()] == [(100, 15)]
    assert cuts.open == {}


def test_what_was_sent_after_the_senders_part_is_not_under_way() -> None:
    cuts = cuts_of("b")
    cuts.begin(Cut("ckpt-1", 1, 100, 0))
    cuts.arrived("a", 10, 1)
    cuts.marked("a", 1, 0)
    assert [cut.under_way for cut in cuts.whole()] == [0]


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 9)), max_size=8), st.data())
def test_over_links_without_order_the_parts_add_up(transfers: list[tuple[bool, int]], draw: st.DataObject) -> None:
    """Two nodes with 100 each; whatever arrives first, the two parts of one cut hold 200."""
    cuts = {"a": cuts_of("a"), "b": cuts_of("b")}
    held = {"a": 100, "b": 100}
    flying: list[tuple[str, str, int, int]] = []  # kind, destination, amount or count, cut
    todo = [("send", *transfer) for transfer in transfers]
    todo.insert(draw.draw(st.integers(0, len(todo))), ("cut", True, 0))
    parts = {}

    def begin(node: str) -> None:
        if cuts[node].number == 0:
            cuts[node].begin(Cut("ckpt-1", 1, held[node], 0))
            other = "b" if node == "a" else "a"
            flying.append(("marker", other, cuts[node].sent.get(other, 0), 1))

    while todo or flying:
        if todo and (not flying or draw.draw(st.booleans())):
            what, from_a, amount = todo.pop(0)
            src, dst = ("a", "b") if from_a else ("b", "a")
            if what == "cut":
                begin(src)
            else:
                held[src] -= amount
                flying.append(("transfer", dst, amount, cuts[src].sending(dst)))
        else:
            kind, dst, amount, number = flying.pop(draw.draw(st.integers(0, len(flying) - 1)))
            src = "b" if dst == "a" else "a"
            if number:
                begin(dst)
            if kind == "marker":
                cuts[dst].marked(src, 1, amount)
            else:
                cuts[dst].arrived(src, amount, number)
                held[dst] += amount
        for node in "ab":
            for cut in cuts[node].whole():
                parts[node] = cut.balance + cut.under_way
    assert sum(parts.values()) == 200
