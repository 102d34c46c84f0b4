"""Registers and lists with sessions: an operation happens once."""

from models._store import Command, Store


def applied(store: Store, *commands: tuple[str, int, str, tuple[str, ...]]) -> list[tuple[str, object]]:
    return [store.apply(Command(*command))[0] for command in commands]


def test_a_read_is_told_what_was_written_last() -> None:
    told = applied(Store(), ("c", 1, "write", ("k", "a")), ("c", 2, "read", ("k",)), ("c", 3, "read", ("j",)))
    assert told == [("ok", None), ("ok", "a"), ("ok", None)]


def test_cas_changes_what_is_as_expected_and_nothing_else() -> None:
    store = Store()
    assert applied(store, ("c", 1, "cas", ("k", None, "a")), ("c", 2, "cas", ("k", "b", "c"))) == [  # type: ignore[arg-type]
        ("ok", True), ("ok", False),
    ]  # fmt: skip
    assert store.values == {"k": "a"}


def test_append_grows_a_list() -> None:
    store = Store()
    applied(store, ("c", 1, "append", ("k", "a")), ("d", 2, "append", ("k", "b")))
    assert store.values == {"k": ("a", "b")}


def test_a_retry_is_told_what_the_operation_was() -> None:
    store = Store()
    applied(store, ("c", 5, "cas", ("k", "x", "a")))
    assert store.told("c", 5) == ("ok", False)
    assert store.told("c", 4) == ("unsure", None)
    assert store.told("c", 6) is None


def test_without_sessions_nothing_is_known_to_be_done() -> None:
    store = Store(remembers=False)
    applied(store, ("c", 5, "write", ("k", "a")))
    assert store.told("c", 5) is None


def test_digests_differ_by_what_took_effect_and_in_which_order() -> None:
    one, two, three = Store(), Store(), Store()
    a, b = ("c", 1, "write", ("k", "a")), ("d", 2, "write", ("k", "b"))
    applied(one, a, b)
    applied(two, a, b)
    applied(three, b, a)
    assert one.digest == two.digest != three.digest
