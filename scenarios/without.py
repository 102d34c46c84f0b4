"""Raft without one of its rules, and the smallest schedule found that breaks it: `python -m scenarios.without`.

For each rule the first seed under which Raft fails without it and not with it is found and shrunk, and the smallest
schedule kept as `catalog/raft/without/RULE.toml`; the page beside these says what each shows. Nothing here depends on
the machine, so the same files are written again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from models.raft.choices import BROKEN, WORDS
from sim.units import clock_text

from . import catalog
from .fingerprint import Failure, observe, unexpected
from .run import prepare
from .shrink.case import Case
from .shrink.keep import MAY_HOLD, written
from .shrink.search import Overrides, Search
from .shrink.start import Shrunk, begin, run
from .tell import told_size

FOLDER = catalog.CATALOG / "raft" / "without"
PAGE = FOLDER / "README.md"
SOUND = ("profile", "dissertation")
# Drawn weather; of a workload's operations a compare-and-set that finds nothing cannot be written out one by one.
DRAWN = ("raft/nemesis", "raft/nemesis_reconfigures")
REGISTER = ("clients.workload", "register")
SEEDS_DRAWN = 100
SEEDS_AIMED = 10  # where faults are aimed, few seeds tell
# What the paper's figure 3 and its clients are promised. What else fails, such as a count of votes, only leads there.
PROMISED = {
    "one_leader_per_term", "log_matching", "leader_completeness", "committed_agree", "applied_once", "linearizable",
}  # fmt: skip
PROGRESS = {"leadership_settles", "leadership_stable", "operations_resume"}  # what some rules are there for

Begun = tuple[Search, Case, str, int]  # what the shrinker's `run` takes


class Without(NamedTuple):
    """A rule that is off, by the profile that breaks it, and what came of it."""

    profile: str
    shrunk: Shrunk

    @property
    def rule(self) -> str:
        return rule_of(self.profile)

    @property
    def failure(self) -> Failure:
        failure = self.shrunk.search.failure
        assert failure is not None
        return failure


def rule_of(profile: str) -> str:
    """Return the rule that a profile breaks."""
    (rule,) = BROKEN[profile]
    return rule


def without(profile: str) -> Without:
    """Return the smallest schedule found that breaks Raft without a rule and that Raft with it bears.

    It is that of the first seed in drawn weather, or in the scenario that was written for the rule; where neither
    shows anything, in any other scenario of Raft. Raises LookupError if there is none.
    """
    written_for = {entry["name"]: entry["profile"] for entry in catalog.entries() if entry["model"] == "raft"}
    aimed = [name for name in written_for if name not in DRAWN and not name.startswith("raft/without/")]
    own = [name for name in aimed if written_for[name] == profile]
    found = [_first(profile, DRAWN, SEEDS_DRAWN, (REGISTER,)), _first(profile, own, SEEDS_AIMED)]
    if found == [None, None]:
        found = [_first(profile, aimed, SEEDS_AIMED)]
    begun = [one for one in found if one is not None]
    if not begun:
        raise LookupError(f"{profile}: no seed that was tried breaks Raft")
    return min((Without(profile, run(*one)) for one in begun), key=_size)


def _first(profile: str, scenarios: Sequence[str], seeds: int, sets: Overrides = ()) -> Begun | None:
    """Return the search for the smallest form of the first broken promise, or else of progress that stopped first."""
    progress = None
    for scenario in scenarios:
        sound, off = (prepare(scenario, (*sets, chosen)) for chosen in (SOUND, ("profile", profile)))
        for seed in range(1, seeds + 1):
            failures = unexpected(observe(sound, off.plan(seed), seed).failures)
            names = [failure.fingerprint.property for failure in sorted(failures, key=lambda f: f.at or 0)]
            if promise := next((name for name in names if name in PROMISED), None):
                return *begin(off, seed, promise, (SOUND,)), scenario, seed
            if progress is None and (name := next((name for name in names if name in PROGRESS), None)):
                progress = off, seed, name, scenario
    if progress is None:
        return None
    off, seed, name, scenario = progress
    return *begin(off, seed, name, (SOUND,)), scenario, seed


def _size(found: Without) -> tuple[bool, int]:
    return found.failure.fingerprint.property not in PROMISED, found.shrunk.search.best.decisions


def text_of(found: Without) -> str:
    """Return the scenario file."""
    case, name, rule = found.shrunk.search.best, found.failure.fingerprint.property, WORDS[found.rule]
    expect: dict[str, Any] = {name: "violated", SOUND[1]: {name: MAY_HOLD}}
    within = case.doc.get("expect", {}).get(name)
    if isinstance(within, dict):
        expect = {name: {**within, "verdict": "violated"}, SOUND[1]: {name: {**within, "verdict": MAY_HOLD}}}
    about = f"{_capital(rule.without)} ({rule.section}): {found.failure.sentence}."
    origin = f"# Seed {found.shrunk.seed} of {found.shrunk.scenario}, shrunk by python -m scenarios.without.\n"
    return origin + written(case.changed(about=about, expect=expect), FOLDER)


def page(rows: Sequence[Without]) -> str:
    """Return the page."""
    lines = [
        "# Raft without one of its rules",
        "",
        "Written by `python -m scenarios.without`. Sections are of the paper, with a D of the dissertation.",
        "`netsplit run raft/without/votes` shows what becomes of Raft without the rule `votes`, and with",
        "`--set profile=dissertation` that Raft with the rule bears the same.",
        "",
        f"Each is a failure of the first seed that shows one, of {SEEDS_DRAWN} of drawn weather (with",
        "`--set clients.workload=register`) or of the scenario that was written for the rule, shrunk until nothing",
        "more could be left out. Decisions are faults, operations, and packets that do not simply arrive: where none",
        "is left, the seed's election timeouts suffice.",
        "",
        "| rule | section | without it | violated | what is seen | found in | decisions | left |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *map(row, rows)]) + "\n"


def row(found: Without) -> str:
    """Return a rule's line of the page."""
    case, rule = found.shrunk.search.best, WORDS[found.rule]
    at = "" if found.failure.at is None else f"{clock_text(found.failure.at)}: "
    cells = (
        f"[`{found.rule}`]({found.rule}.toml)",
        rule.section,
        rule.without,
        f"`{found.failure.fingerprint.property}`",
        (at + found.failure.sentence).replace("|", "\\|"),
        f"`{found.shrunk.scenario}` seed {found.shrunk.seed}",
        f"{found.shrunk.before.decisions} to {case.decisions}",
        told_size(case),
    )
    return f"| {' | '.join(cells)} |"


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def main() -> int:
    """Find, shrink and keep a schedule for every rule, and write the page."""
    argparse.ArgumentParser(prog="python -m scenarios.without", description=main.__doc__).parse_args()
    FOLDER.mkdir(exist_ok=True)
    rows = []
    for profile in BROKEN:
        rows.append(found := without(profile))
        (FOLDER / f"{found.rule}.toml").write_text(text_of(found), encoding="utf-8")
        print(f"{found.rule}: {found.failure.fingerprint.property}, {told_size(found.shrunk.search.best)}", flush=True)
    PAGE.write_text(page(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
