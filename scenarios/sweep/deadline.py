"""A wall-clock limit for one run, whichever thread it runs in.

It is for runs that would never end, and no verdict comes of it: how far a run gets in a second depends on the machine.
"""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Overdue(BaseException):
    """A run has passed its deadline. No model's `except Exception` holds it up."""


@contextmanager
def deadline(seconds: float | None) -> Iterator[None]:
    """Raise Overdue in this block when it has lasted so long.

    The main thread is told by a signal, which ends a sleep as well; another thread by an exception at its next
    bytecode. The process's alarm signal is used for nothing else meanwhile.
    """
    if seconds is None:
        yield
    elif threading.current_thread() is threading.main_thread() and hasattr(signal, "setitimer"):
        yield from _by_signal(seconds)
    else:
        yield from _from_outside(seconds)


def _by_signal(seconds: float) -> Iterator[None]:
    def ring(*_: Any) -> None:
        raise Overdue("the run has passed its deadline")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _from_outside(seconds: float) -> Iterator[None]:
    thread, lock, rung = threading.get_ident(), threading.Lock(), threading.Event()
    over = False

    def ring() -> None:
        with lock:
            if not over:
                rung.set()
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Overdue))

    timer = threading.Timer(seconds, ring)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        with lock:
            over = True
        timer.cancel()
        if rung.is_set():
            _take()


def _take() -> None:
    """Let an exception that is under way arrive here, where it is expected, if it has not arrived yet."""
    try:
        for _ in range(10_000):
            pass
    except Overdue:
        pass
