"""The rows of a store as a table for other tools: CSV, or Parquet with the extra `parquet`."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from ..complaints import UsageError
from .store import Store

BATCH = 10_000  # rows of one row group
_OWN = ("seed", "verdict", "digest", "violated", "sentence", "at_ns", "model_error", "wall_ns")


def export(store: Store, form: str, out: Path) -> int:
    """Write a store's rows to a file, replaced as a whole, and return how many there are. Raises UsageError.

    Columns are `seed verdict digest ...`, then `set.KEY` for each key of the grid, `property.NAME`, `stats.NAME` and
    `metrics.NAME`.
    """
    partial = out.with_name(f".{out.name}.partial-{os.getpid()}")
    try:
        count = FORMATS[form](store, partial)
        partial.replace(out)
    except OSError as error:
        raise UsageError(f"--out {out}: {error.strerror or error}") from None
    finally:
        partial.unlink(missing_ok=True)
    return count


def columns(store: Store) -> list[str]:
    """Return the names of all columns; a row that lacks one has nothing there."""
    grouped: dict[str, dict[str, None]] = {"set": {}, "property": {}, "stats": {}, "metrics": {}}
    for row in records(store):
        for name in row:
            group, dot, _ = name.partition(".")
            if dot:
                grouped[group][name] = None
    return [*_OWN, *(name for group in grouped.values() for name in sorted(group))]


def records(store: Store) -> Iterator[dict[str, Any]]:
    """Yield each row as one flat record, by grid point and seed."""
    job = store.job()
    for point in job.points:
        settings = {f"set.{key}": value for key, value in point.settings}
        for row in store.rows(point):
            v = row.violation
            found = (row.seed, row.verdict, row.digest, *((v.name, v.sentence, v.at) if v else (None, None, None)))
            yield {
                **dict(zip(_OWN, (*found, row.model_error, row.wall_ns), strict=True)),
                **settings,
                **{f"property.{name}": verdict for name, verdict in row.verdicts.items()},
                **{f"stats.{name}": value for name, value in row.stats.items()},
                **{f"metrics.{name}": value for name, value in row.metrics.items()},
            }


def _csv(store: Store, path: Path) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, columns(store), restval="")
        table.writeheader()
        for record in records(store):
            table.writerow(record)
            count += 1
    return count


def _parquet(store: Store, path: Path) -> int:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise UsageError("--format parquet: found no pyarrow; pip install 'netsplit[parquet]'") from None
    names = columns(store)
    numbers = {"seed", "at_ns", "wall_ns"}
    types = [pa.int64() if n in numbers or n.startswith(("stats.", "metrics.")) else pa.string() for n in names]
    schema = pa.schema(list(zip(names, types, strict=True)), metadata=store.about())
    count = 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        rows = records(store)
        while batch := list(islice(rows, BATCH)):
            texts = [{n: _told(n, v) for n, v in record.items()} for record in batch]
            writer.write_table(pa.Table.from_pylist(texts, schema=schema))
            count += len(batch)
    return count


def _told(name: str, value: Any) -> Any:
    """Return a setting as text: one key of a grid may have values of several types."""
    return str(value) if name.startswith("set.") else value


FORMATS: dict[str, Callable[[Store, Path], int]] = {"csv": _csv, "parquet": _parquet}
