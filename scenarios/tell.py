"""What a run says to a person on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim.units import clock_text, show_duration

if TYPE_CHECKING:
    from .shrink.case import Case
    from .shrink.keep import Kept
    from .shrink.start import Shrunk

_MARK = {True: " ", False: "!"}


def told(result: dict[str, Any], scenario: str, chain: bool = True) -> str:
    """Return a result as text: the verdict first, then each property, evidence and how to see it again."""
    lines = [
        f"{result['scenario']} seed {result['seed']} ({result['model']}, {result['profile']}): {result['verdict']}",
        "",
    ]
    if result["model_error"]:
        lines += [f"model error: {result['model_error']}", ""]
    width = max((len(p["name"]) for p in result["properties"]), default=0)
    for prop in result["properties"]:
        expected = "" if prop["as_expected"] else f"   expected {' or '.join(prop['expected']) or 'not violated'}"
        lines.append(f"{_MARK[prop['as_expected']]} {prop['name']:{width}}  {prop['verdict']}{expected}")
        evidence = prop["evidence"]
        if prop["verdict"] == "violated" and evidence:
            at = "" if evidence["at"] is None else f"{clock_text(evidence['at'])} "
            lines.append(f"  {'':{width}}  {at}{evidence['sentence']}")
    unexpected = [p for p in result["properties"] if not p["as_expected"] and p["evidence"]]
    if chain:
        for prop in unexpected:
            if prop["evidence"]["chain"]:
                lines += ["", f"how it came to {prop['name']}:"]
                lines += ["  " + sentence for sentence in prop["evidence"]["chain"]]
        reasons: list[str] = next((prop["evidence"]["why"] for prop in unexpected if prop["evidence"]["why"]), [])
        if reasons:
            lines += ["", "why the replicas have not converged:"]
            lines += ["  " + sentence for sentence in reasons]
    lines.append("")
    stats = result["stats"]
    lines.append(
        f"{show_duration(stats['sim_ns'])} simulated, {stats['messages_sent']} messages sent, "
        f"{stats['messages_dropped']} lost; {stats['operations']} operations, {stats['acknowledged']} acknowledged; "
        f"{stats['faults_fired']} faults fired"
    )
    lines += [f"note: {remark}" for remark in result["remarks"]]
    lines.append(f"digest {result['digest']}")
    lines.append(f"out    {result['out']}")
    lines.append(f"replay netsplit run {scenario} --seed {result['seed']}")
    return "\n".join(lines)


def told_size(case: Case, tried: int | None = None) -> str:
    """Return how large a case is, and how many were tried for it."""
    counts = ((len(case.faults), "faults"), (len(case.packets), "packets"), (len(case.asks), "operations"))
    parts = [f"{count} {what if count != 1 else what[:-1]}" for count, what in (*counts, (len(case.nodes), "nodes"))]
    return ", ".join(parts) + ("" if tried is None else f" ({tried} runs)")


def told_shrunk(shrunk: Shrunk, kept: Kept) -> dict[str, Any]:
    """Return what `shrink --json` prints."""
    search = shrunk.search
    return {
        "scenario": shrunk.scenario,
        "seed": shrunk.seed,
        "property": search.wanted.property,
        "fingerprint": search.wanted.told(),
        "sentence": "" if search.failure is None else search.failure.sentence,
        "before": _counts(shrunk.before),
        "after": _counts(search.best),
        "runs": search.tried,
        "finished": shrunk.finished,
        "digest": kept.digest,
        "out": str(kept.scenario),
        "test": str(kept.test),
    }


def _counts(case: Case) -> dict[str, int]:
    sorts = {"faults": case.faults, "packets": case.packets, "operations": case.asks}
    counts = {name: len(tables) for name, tables in sorts.items()}
    return {"decisions": case.decisions, **counts, "nodes": len(case.nodes)}
