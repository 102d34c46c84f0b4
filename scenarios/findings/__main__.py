"""Measures documented weaknesses anew and keeps what was measured: `python -m scenarios.findings [MODEL...]`."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from .measure import measure_all, models, weaknesses
from .stored import keep, page_of


def main() -> int:
    """Measure every weakness of the models named, or of all, and write their files and pages."""
    parser = argparse.ArgumentParser(prog="python -m scenarios.findings", description=main.__doc__)
    parser.add_argument("models", nargs="*", metavar="MODEL", help=f"of {', '.join(models())}")
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    for model in chosen.models or models():
        rows = measure_all({model: [w.id for w in weaknesses(model)]}, chosen.workers)
        keep(model, rows, datetime.now(UTC).date().isoformat())
        shown = sum(row["outcome"] == "violated" for row in rows)
        held = sum(row["hardened"] == "holds" for row in rows)
        print(f"{page_of(model)}: {shown} of {len(rows)} show, {held} hold when hardened")
    return 0


if __name__ == "__main__":
    sys.exit(main())
