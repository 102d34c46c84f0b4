"""A table of numbers and words, as it stands in the CSV file beside a figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Cell = int | float | str | None


@dataclass(frozen=True)
class Table:
    """Columns by name, and rows of cells in that order; None is a figure that there is not. Raises ValueError."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"found a row of {len(row)} cells, allowed: one for each of {', '.join(self.columns)}")

    def column(self, name: str) -> list[Any]:
        """Return the cells of a column. Raises ValueError if there is none of this name."""
        if name not in self.columns:
            raise ValueError(f"found column {name!r}, allowed: {', '.join(self.columns)}")
        at = self.columns.index(name)
        return [row[at] for row in self.rows]

    def named(self) -> list[dict[str, Any]]:
        """Return the rows as cells by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def parts(self, name: str) -> list[tuple[Cell, Table]]:
        """Return the rows with each value of a column, in the order in which the values first come."""
        values = self.column(name)
        return [
            (value, Table(self.columns, tuple(row for row, its in zip(self.rows, values, strict=True) if its == value)))
            for value in dict.fromkeys(values)
        ]

    def csv(self) -> str:
        """Return the table as CSV; numbers as Python writes them, so that reading them back gives them again."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.rows)
        return text.getvalue()


def joined(columns: Sequence[str], parts: Sequence[Table]) -> Table:
    """Return the rows of several tables of the same columns as one table."""
    return Table(tuple(columns), tuple(row for part in parts for row in part.rows))
