"""What a person on a terminal sees while a command works: one line on stderr, wiped when there is something to say."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

from sim.tracefile import Show, quiet

PATIENCE_S = 1.0  # what takes less shows nothing
PACE_S = 0.2  # from one look of the line to the next
WIDE = 24  # characters of a bar


Label = Callable[[], str] | str  # one that changes, or one that does not


@contextmanager
def line(label: Label) -> Iterator[None]:
    """Show on a terminal what is done and for how long it has been; elsewhere nothing."""
    over = Event()
    # A thread of its own: a single step of the work may take long, and the work pays nothing for being watched.
    thread = Thread(target=_keep_showing, args=(label, over), daemon=True)
    if sys.stderr.isatty():
        thread.start()
    try:
        yield
    finally:
        over.set()
        if thread.ident is not None:
            thread.join()


def _keep_showing(label: Label, over: Event) -> None:
    began = monotonic()
    pause = PATIENCE_S
    while not over.wait(pause):
        pause = PACE_S
        words = f"{_words(label)}, {monotonic() - began:.0f} s"
        _write(words[: shutil.get_terminal_size().columns - 1])
    if pause != PATIENCE_S:
        _write("")


def _words(label: Label) -> str:
    return label if isinstance(label, str) else label()


def _write(text: str) -> None:
    print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


@contextmanager
def bar(label: Label) -> Iterator[Show]:
    """Give what is to be told how much of how much is done, and show that on a terminal; elsewhere it is `quiet`.

    The whole may change: then something new has begun.
    """
    if not sys.stderr.isatty():
        yield quiet
        return
    seen = (0, 0)

    def show(done: int, whole: int) -> None:
        nonlocal seen
        seen = (done, whole)

    def text() -> str:
        done, whole = seen
        share = min(1.0, done / whole) if whole > 0 else 0.0
        full = int(share * WIDE)
        return f"{_words(label)} [{'#' * full}{'-' * (WIDE - full)}] {share:.0%}"

    with line(text):
        yield show
