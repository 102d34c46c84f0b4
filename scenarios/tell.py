"""What a run says to a person on a terminal."""

from __future__ import annotations

from typing import Any

from sim.units import clock_text, show_duration

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
