"""Many runs of a scenario: seeds times a grid of settings, on several processes or a cluster, kept in a store.

The digest covers every run's digest, so it depends on nothing but scenario, settings, seeds and version: not on the
number of workers, nor on who they are, the order in which they finish, or how often the sweep was interrupted.

    grid       seeds, grid points, shards
    job        what all runs have in common, and what their rows depend on
    row        what a run leaves
    work       what a worker does, within a deadline
    engine     executors: spawned processes, dask, or this process
    dispatch   chunks by time; a worker that dies loses nothing
    store      one SQLite file (store.md)
    again      some runs once more in another process
    summary    counts, digest, estimates
    conduct    all of these, as one sweep; merging; a row run again
    export     the rows as CSV or Parquet
    tell       what a person is told
"""

from .conduct import Limits, Progress, merge, run_again, summed_up, sweep
from .engine import Engine, dask, here, processes
from .grid import Point, axis, seeds, shard
from .job import Job, job_of, read_job
from .row import Row, Unfinished
from .store import Store, existing, opened
from .summary import Summary, summarise

__all__ = [
    "Engine", "Job", "Limits", "Point", "Progress", "Row", "Store", "Summary", "Unfinished", "axis", "dask", "existing",
    "here", "job_of", "merge", "opened", "processes", "read_job", "run_again", "seeds", "shard", "summarise",
    "summed_up", "sweep",
]  # fmt: skip
