"""Which weaknesses of redex depend on what its sources leave open: `python -m scenarios.findings.redex.choices`.

Every schedule is run under each combination of P1, P2, P7 and P10 (section 10.5). A weakness that is not in DEPENDS
shows under all of them.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace

from models.redex.choices import WORDS

from ...model import find
from ..measure import play
from ..weakness import Weakness
from . import WEAKNESSES

Words = Mapping[str, str]

GRID = {name: WORDS[name] for name in ("follow", "demoted", "below_floor", "skip_over")}  # P1, P2, P7, P10
DEPENDS: Mapping[str, Words] = {  # by weakness: the words under which it does not show, each alone
    "W12": {"below_floor": "bad-range"},
    "W15": {"demoted": "leader-only"},
    "W21": {"follow": "sticky"},
}


def combinations() -> Iterator[Words]:
    """Yield every combination of the words of the grid."""
    for words in itertools.product(*GRID.values()):
        yield dict(zip(GRID, words, strict=True))


def alternatives() -> Iterator[Words]:
    """Yield every word but the defaults, alone."""
    for name, words in GRID.items():
        for word in words[1:]:
            yield {name: word}


def shows(weakness: Weakness, words: Words) -> bool:
    """Return whether a weakness shows as specified with these choices."""
    if weakness.step is not None:
        figures = weakness.step(words)
        return weakness.weak is not None and weakness.weak(figures)
    settings = {f"cluster.params.{name}": word for name, word in words.items()}
    return play(
        replace(weakness, settings={**weakness.settings, **settings}), find("redex", None), "as-specified"
    ).shows


def should_show(weakness: Weakness, words: Words) -> bool:
    """Return what DEPENDS says."""
    return not any(words.get(name) == word for name, word in DEPENDS.get(weakness.id, {}).items())


def main() -> int:
    """Run the whole grid; exit 1 if anything is otherwise than DEPENDS says."""
    amiss = 0
    for weakness in WEAKNESSES:
        wrong = [words for words in combinations() if shows(weakness, words) != should_show(weakness, words)]
        amiss += len(wrong)
        print(f"{weakness.id}: {wrong if wrong else 'as listed'}", flush=True)
    return int(amiss > 0)


if __name__ == "__main__":
    sys.exit(main())
