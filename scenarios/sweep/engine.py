"""Where runs happen: any concurrent.futures.Executor, opened when it is needed and opened again if it breaks.

An engine is a way to open an executor and the number of its workers. Workers are spawned: the same everywhere, and
nothing inherited that could make two of them differ.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from logging import CRITICAL
from multiprocessing.connection import Connection
from typing import Any

from ..complaints import UsageError

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Engine:
    """How to open an executor of so many workers; leaving the context must end them, busy or not."""

    open: Callable[[int], AbstractContextManager[Executor]]
    workers: int


class _Here(Executor):
    """Runs what is submitted at once, in this thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def here() -> Engine:
    """Return the engine that needs no other process; a model that ends its process ends the sweep."""
    return Engine(lambda workers: _Here(), 1)


def processes(workers: int) -> Engine:
    """Return the engine of so many spawned processes on this machine."""
    return Engine(_spawned, workers)


@contextmanager
def _spawned(workers: int) -> Iterator[Executor]:
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(reader,))
    try:
        yield pool
        pool.shutdown()
    finally:
        writer.close()
        pool.shutdown(cancel_futures=True)
        reader.close()


def _begin(lifeline: Connection) -> None:
    """Make this process a worker: its sweep handles Ctrl-C, and it lives no longer than its sweep, busy or not."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def wait() -> None:
        try:
            lifeline.recv()  # nothing is ever sent: this ends when the other end is closed, or its process is killed
        except (EOFError, OSError):
            os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def dask(workers: int, scheduler: str | None = None) -> Engine:
    """Return the engine of a dask cluster: at an address, or so many processes of its own on this machine.

    An own cluster listens on the loopback interface only and has no dashboard. Raises UsageError if the extra `dask`
    is not installed.
    """
    try:
        import distributed
    except ImportError:
        raise UsageError("--engine dask: found no dask.distributed; pip install 'netsplit[dask]'") from None
    del distributed
    if scheduler is None:
        return Engine(_own_cluster, workers)
    return Engine(lambda _: _cluster_at(scheduler), workers)


@contextmanager
def _own_cluster(workers: int) -> Iterator[Executor]:
    from tempfile import TemporaryDirectory

    import dask.config
    from distributed import Client, LocalCluster

    settings = {
        "distributed.scheduler.allowed-failures": 0,  # which run it was is found out by running each by itself
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
    }
    with ExitStack() as stack:
        stack.enter_context(dask.config.set(settings))
        scratch = stack.enter_context(TemporaryDirectory(prefix="netsplit-dask-"))
        with _undisturbed():
            cluster = LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, host=LOOPBACK, dashboard_address=None,
                scheduler_kwargs={"dashboard_address": f"{LOOPBACK}:0"}, local_directory=scratch,
                silence_logs=CRITICAL,
            )  # fmt: skip
        stack.enter_context(cluster)
        yield stack.enter_context(Client(cluster, set_as_default=False)).get_executor()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Start processes that ignore Ctrl-C: their sweep handles it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _cluster_at(address: str) -> Iterator[Executor]:
    from distributed import Client

    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"--scheduler {address}: no dask scheduler answers there ({error})") from None
    with client:
        yield client.get_executor()
