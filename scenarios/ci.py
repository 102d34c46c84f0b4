"""What runs say to a continuous-integration service: JUnit XML, GitHub's annotations and its job summary.

All of it depends on the runs alone: no date, no duration, so that two reports of the same runs are the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

ANNOTATIONS_MAX = 10  # GitHub shows no more of a kind and step


@dataclass(frozen=True)
class Case:
    """A run as a test case: its scenario and that one's file, its seed, and what is wrong with it, if anything."""

    scenario: str
    file: str
    seed: int
    digest: str
    failure: str = ""  # one line
    detail: str = ""
    replay: str = ""

    @property
    def name(self) -> str:
        """Return what the case is called."""
        return f"{self.scenario} seed {self.seed}"


# Of the characters that XML 1.0 cannot hold, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _xml(text: str) -> str:
    return escape(_FORBIDDEN.sub("\ufffd", text))


def _attribute(text: str) -> str:
    return quoteattr(_FORBIDDEN.sub("\ufffd", text))


def junit(suite: str, cases: Sequence[Case]) -> str:
    """Return the cases as JUnit XML, one test case for each run."""
    failures = sum(bool(case.failure) for case in cases)
    head = f'name={_attribute(suite)} tests="{len(cases)}" failures="{failures}" errors="0" skipped="0" time="0"'
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<testsuites>", f"  <testsuite {head}>"]
    for case in cases:
        about = f'classname={_attribute(case.scenario)} name="seed {case.seed}" file={_attribute(case.file)} time="0"'
        lines.append(f"    <testcase {about}>")
        digest = f'<property name="digest" value={_attribute(case.digest)}/>'
        lines.append(f"      <properties>{digest}</properties>")
        if case.failure:
            text = _xml("\n".join(part for part in (case.detail, case.replay) if part))
            lines.append(f'      <failure type="unexpected" message={_attribute(case.failure)}>{text}</failure>')
        lines.append("    </testcase>")
    return "\n".join([*lines, "  </testsuite>", "</testsuites>", ""])


def github_annotations(cases: Iterable[Case]) -> list[str]:
    """Return GitHub's workflow commands for cases that failed, as many as are shown, each on its scenario's file."""
    failed = [case for case in cases if case.failure]
    told = []
    for case in failed[:ANNOTATIONS_MAX]:
        text = _data(f"{case.failure}\nreplay: {case.replay}")
        told.append(f"::error file={_property(case.file)},line=1,title={_property(case.name)}::{text}")
    return told


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def summary(title: str, cases: Sequence[Case]) -> str:
    """Return the cases as Markdown for a job summary: how many failed, and how to see each again."""
    failed = [case for case in cases if case.failure]
    lines = [f"### {_cell(title)}: {len(cases)} runs, {len(failed)} unexpected", ""]
    if failed:
        lines += ["| scenario | seed | what is wrong | replay |", "|---|---|---|---|"]
        lines += [f"| {_cell(c.scenario)} | {c.seed} | {_cell(c.failure)} | `{_cell(c.replay)}` |" for c in failed[:50]]
        if len(failed) > 50:
            lines += ["", f"and {len(failed) - 50} more."]
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("`", "'").replace("<", "&lt;").split())
