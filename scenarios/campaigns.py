"""Claims over many seeds, each a sweep whose result stands in CAMPAIGNS.md.

`python -m scenarios.campaigns` runs them all and writes the page; `--slice N` runs the first N seeds of each and only
compares with the expectations. The page says with which version and when it was made.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sim.tracefile import Show, quiet

from .progress import bar
from .sweep import Progress, processes, sweep

PAGE = Path(__file__).parent / "CAMPAIGNS.md"


@dataclass(frozen=True)
class Campaign:
    """A claim, the scenario that shows it, how many seeds from 1 on it is made for, and whether all must replay."""

    claim: str
    scenario: str
    seeds: int
    replay: bool = False


CAMPAIGNS = (
    Campaign(
        "redex L2, L3: a crashed leader is replaced in (2H, 4H + D], and 2H + 2D after the first promotion one leads",
        "redex/crash_is_noticed",
        10_000,
    ),
    Campaign("redex L4: 2(H + D) after heal one leads, always the same", "redex/heal_settles", 10_000),
    Campaign(
        "redex L1, L5, L7, R1 to R3: where nothing goes wrong the first leader stays, and its followers keep up",
        "redex/premises_quiet",
        10_000,
    ),
    Campaign("redex L2, L3, R1, R4: likewise with writes before the crash", "redex/premises_crash", 10_000),
    Campaign("redex L4, L5, R1: after cuts and writes on all sides", "redex/premises_cuts", 10_000),
    Campaign(
        "redex L6: in each component one leads soon, or nobody does where nobody believes in anybody",
        "redex/premises_components",
        10_000,
    ),
    Campaign(
        "redex I4: whatever befalls links and followers, one writer alone is contradicted by nobody",
        "redex/premises_one_writer",
        10_000,
    ),
    Campaign(
        "redex I1 to I3, I6 to I10, I12, I17: whatever befalls whom, nobody breaks a rule",
        "redex/premises_none",
        10_000,
    ),
    Campaign(
        "redex L4 under drawn faults, if anybody leads; every fault is over by heal, every schedule replays",
        "redex/nemesis",
        1000,
        replay=True,
    ),
    Campaign(
        "hardened redex under drawn faults: one leader a term, what is committed survives, all catch up (S1-S7)",
        "redex/hardened_nemesis",
        10_000,
    ),
    Campaign(
        "careless under drawn faults: every fault is over by heal, every schedule replays",
        "careless/nemesis",
        1000,
        replay=True,
    ),
    Campaign(
        "ecs EI-6, EI-10 to EI-14, EI-16 under drawn faults: what is published is backed, unique, somebody's, and kept",
        "ecs/invariants",
        10_000,
    ),
    Campaign("ecs EI-15: after heal, fresh sessions both ways make all sets equal", "ecs/converges", 10_000),
    Campaign(
        "ecs EI-15: over a link that loses a tenth of the symbols a follower pulls 100 objects in fresh sessions",
        "ecs/lossy_pull",
        10_000,
    ),
    Campaign("ecs hardened: the same without that help", "ecs/lossy_pull_unaided", 10_000),
    Campaign(
        "ecs hardened under drawn faults and promotions: one clock, applied everywhere, in order and once",
        "ecs/hardened_storm",
        10_000,
    ),
    Campaign(
        "quorum_write QI-10, QI-11, QI-13, QI-14, QI-16 under drawn faults that leave disks whole, with 2 to 6 nodes",
        "quorum_write/premises_hold",
        10_000,
    ),
    Campaign(
        "quorum_write QI-12: of 5 nodes any two acknowledged writes share one",
        "quorum_write/odd_majorities_intersect",
        10_000,
    ),
    Campaign(
        "quorum_write QI-11: of 5 disks two are lost for good, and what was acknowledged is left",
        "quorum_write/lost_disks_are_survived",
        10_000,
    ),
    Campaign(
        "quorum_write QI-15: where everybody pushes all that he holds, all end with equal values",
        "quorum_write/everyone_pushes_all",
        10_000,
    ),
    Campaign(
        "crdt_state CI-7, CI-9: under drawn faults that make nobody forget, logs become one and count truly",
        "crdt_state/logs_under_any_network",
        10_000,
    ),
    Campaign(
        "crdt_state CI-8: as long as stamps differ, registers end with the greatest ever tried",
        "crdt_state/registers_under_any_network",
        10_000,
    ),
    Campaign(
        "crdt_state CI-10, CI-11: with crashes too, every state is some client's or empty, and agreement is kept",
        "crdt_state/states_under_any_network",
        10_000,
    ),
    Campaign(
        "crdt_state CI-12: if nothing is doubled, every global checkpoint is whole and true",
        "crdt_state/checkpoints_under_loss",
        10_000,
    ),
    Campaign(
        "raft: what clients were told is linearizable, and every rule of the paper holds, under drawn faults and a cut",
        "raft/nemesis",
        10_000,
    ),
    Campaign(
        "raft: so they are while members and leaders change, logs become snapshots and reads go by leases",
        "raft/nemesis_reconfigures",
        10_000,
    ),
    Campaign(
        "raft: so they are on disks that are slow, stall, fill up and fail, under snapshots",
        "raft/nemesis_disks",
        10_000,
    ),
    Campaign(
        "abd: registers are linearizable, and no tag is two values, under drawn faults",
        "abd/nemesis",
        10_000,
    ),
    Campaign(
        "primary_backup, synchronous: what clients were told is linearizable under drawn faults and a cut-off primary",
        "primary_backup/nemesis",
        10_000,
    ),
    Campaign(
        "chain: what clients were told is linearizable under drawn faults and a cut-off head",
        "chain/nemesis",
        10_000,
    ),
    Campaign(
        "multipaxos: what clients were told is linearizable under drawn faults and a cut-off leader",
        "multipaxos/nemesis",
        10_000,
    ),
)


def measure(campaign: Campaign, workers: int, most: int | None = None, show: Show = quiet) -> dict[str, Any]:
    """Return the summary of a campaign's sweep, of its first `most` seeds if given; `show` is told of runs done."""
    seeds = range(1, (campaign.seeds if most is None else min(most, campaign.seeds)) + 1)

    def tell(progress: Progress) -> None:
        show(progress.done, len(seeds))

    return sweep(campaign.scenario, seeds, engine=processes(workers), tell=tell, replay=campaign.replay).result()


def renewed(page: str, made: str) -> str:
    """Return a page with the rows and sections of another one, put in or in place of its own.

    Raises ValueError if the pages were not made on one day by one version: a page says so of all its rows.
    """
    was, now = (text.splitlines()[2] for text in (page, made))
    if was != now:
        raise ValueError(f"{PAGE.name}: found {was!r}, now it would be {now!r}: measure all campaigns")
    rows: dict[str, str] = {}
    sections: dict[str, str] = {}
    for text in (page, made):
        rows |= {row.split("`")[1]: row for row in re.findall(r"^\| .* \| `\S+` \| [0-9].*\n", text, re.M)}
        sections |= {part.split("\n", 1)[0]: part.rstrip() + "\n" for part in text.split("\n## ")[1:]}
    names = [campaign.scenario for campaign in CAMPAIGNS if campaign.scenario in rows]
    rule = "---|\n"
    head = page[: page.index(rule)] + rule
    return head + "".join(rows[name] for name in names) + "".join(f"\n## {sections[name]}" for name in names)


def page(campaigns: Sequence[Campaign], results: Sequence[dict[str, Any]], today: str) -> str:
    """Return the page."""
    lines = [
        "# Campaigns",
        "",
        f"Made by `python -m scenarios.campaigns` with netsplit {version('netsplit')} on {today}.",
        "A row is one command, `netsplit sweep SCENARIO --seeds 1..N`; its digest covers every run's trace. With",
        "`--replay` each run is run again from the scenario file that it leaves: the column counts those that came to",
        "another digest, or had a fault that outlived heal.",
        "",
        "| claim | scenario | seeds | unexpected | replayed otherwise | digest |",
        "|---|---|---|---|---|---|",
    ]
    for campaign, result in zip(campaigns, results, strict=True):
        amiss = len(result["amiss"]) if campaign.replay else "not replayed"
        counts = f"{result['runs']} | {result['unexpected']} | {amiss} | `{result['digest']}`"
        lines.append(f"| {campaign.claim} | `{campaign.scenario}` | {counts} |")
    for campaign, result in zip(campaigns, results, strict=True):
        lines += ["", f"## {campaign.scenario}", "", "| property | verdicts |", "|---|---|"]
        for name, verdicts in result["properties"].items():
            told = ", ".join(f"{verdict} {count}" for verdict, count in verdicts.items())
            lines.append(f"| `{name}` | {told} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run the campaigns; exit 1 if a run was not as expected."""
    parser = argparse.ArgumentParser(prog="python -m scenarios.campaigns", description=main.__doc__)
    parser.add_argument("--slice", type=int, metavar="N", help="only the first N seeds of each; writes nothing")
    parser.add_argument(
        "--only", metavar="SCENARIO", action="append", choices=[c.scenario for c in CAMPAIGNS],
        help="just this one, and others if given again",
    )  # fmt: skip
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    campaigns = [c for c in CAMPAIGNS if chosen.only is None or c.scenario in chosen.only]
    today = datetime.now(UTC).date().isoformat()
    text = page([], [], today) if chosen.only is None else PAGE.read_text("utf-8")
    try:
        if chosen.slice is None:
            renewed(text, page([], [], today))  # before hours are spent on a page that cannot take them
    except ValueError as error:
        parser.error(str(error))
    bad = False
    for campaign in campaigns:
        with bar(campaign.scenario) as show:
            result = measure(campaign, chosen.workers, chosen.slice, show)
        bad = bad or bool(result["unexpected"] or result.get("amiss"))
        told = f"{result['unexpected']} unexpected, digest {result['digest']}"
        print(f"{result['scenario']} {result['seeds']}: {told}", flush=True)
        if chosen.slice is None:  # one by one: what is measured stays if the next is interrupted
            text = renewed(text, page([campaign], [result], today))
            PAGE.write_text(text, encoding="utf-8")
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
