"""`python -m benchmarks [--json] [--quick]`: measure, print, exit 0. The verdicts are in the output."""

from __future__ import annotations

import argparse
import json

from .measure import FULL, QUICK
from .table import measured, text


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What the simulator costs.")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("--quick", action="store_true", help="few messages and rounds: not to be judged by")
    options = parser.parse_args()
    result = measured(QUICK if options.quick else FULL)
    print(json.dumps(result) if options.json else text(result))


main()
