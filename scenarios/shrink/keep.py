"""The scenario file of what was shrunk and the pytest beside it, written and verified."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

import tomli_w

from ..build import experiment as build
from ..determinism import verify
from ..fingerprint import MODEL_ERROR, observe
from ..load import read
from .case import Case, Table
from .nodes import counted
from .start import Shrunk

_ARRAY = re.compile(r"\[\n((?: +(?:\[[^\[\]\n]*\]|[^\[\]{}\n]+),\n)+) *\]")
MAY_HOLD = ["holds", "vacuous"]  # where nothing happens any more, a sound model may have nothing to judge

TEST = '''"""Seed {seed} of {scenario}, shrunk. What it did:

{what}
"""

from pathlib import Path

from scenarios.shrink.regression import check


def test_{name}_in_{stem}():
    check(Path(__file__).with_name("{file}"))
'''


class Unfaithful(Exception):
    """What was written does not fail as what was shrunk did, or not twice in the same way: netsplit is at fault."""


@dataclass(frozen=True)
class Kept:
    """Where the files are, and the digest of the run that all of them stand for."""

    scenario: Path
    test: Path
    digest: str


def keep(shrunk: Shrunk, out: Path) -> Kept:
    """Write the scenario and its test. Raises OSError, and Unfaithful if what is written does not fail the same way."""
    out.parent.mkdir(parents=True, exist_ok=True)
    test = out.with_name(f"test_{_identifier(out.stem)}.py")
    _put(out, text_of(shrunk, out.parent))
    _put(test, test_of(shrunk, out))
    return Kept(out, test, _verified(shrunk, out))


def _put(path: Path, text: str) -> None:
    """Write a file as a whole, so that an interrupted command leaves the one before or this one."""
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def text_of(shrunk: Shrunk, folder: Path) -> str:
    """Return the scenario's text; what it refers to is named relative to a folder."""
    case, failure = shrunk.search.best, shrunk.search.failure
    assert failure is not None
    about = f"Shrunk from seed {shrunk.seed} of {shrunk.scenario}: {failure.sentence}."
    return written(case.changed(about=about, expect=expected(case, shrunk)), folder)


def written(case: Case, folder: Path) -> str:
    """Return a case as the text of a scenario file in a folder."""
    cluster = dict(case.doc["cluster"])
    if case.nodes == counted(len(case.nodes)):
        cluster["nodes"] = len(case.nodes)
    doc = _near(case.changed(cluster=cluster).whole(), folder)
    flat = {name: value for name, value in doc.items() if not isinstance(value, (dict, list)) or name == "judge"}
    text = tomli_w.dumps(flat | doc)
    return _ARRAY.sub(_on_one_line, _ARRAY.sub(_on_one_line, text))  # inner arrays, then those of which they are items


def _on_one_line(array: re.Match[str]) -> str:
    """Return an array of plain values as one would write it, if that is not too long."""
    line = f"[{', '.join(item.strip().rstrip(',') for item in array[1].splitlines())}]"
    return line if len(line) <= 100 else array[0]


def expected(case: Case, shrunk: Shrunk) -> Table | None:
    """Return what the file expects of the property: what the scenario did, and a violation only if it did no other."""
    name = shrunk.search.wanted.property
    if name == MODEL_ERROR:
        return None
    said = case.doc.get("expect", {}).get(name, MAY_HOLD)
    verdict = said["verdict"] if isinstance(said, Mapping) else said
    words = [verdict] if isinstance(verdict, str) else list(verdict)
    sound = [word for word in words if word != "violated"]  # where both were expected, it is this file that says which
    may = [*sound, "vacuous"] if "holds" in sound and "vacuous" not in sound else sound or words
    given = may if len(may) > 1 else may[0]
    return {name: {**said, "verdict": given} if isinstance(said, Mapping) else given}


def _near(value: Any, folder: Path) -> Any:
    """Return a table in which files that it names by an absolute path are named relative to a folder."""
    if isinstance(value, Mapping):
        return {key: _near(inner, folder) for key, inner in value.items()}
    if isinstance(value, list):
        return [_near(item, folder) for item in value]
    if isinstance(value, str) and value.startswith("/") and Path(value).is_file():
        near = os.path.relpath(Path(value).resolve(), folder.resolve()).replace(os.sep, "/")
        return near if near.startswith(".") else f"./{near}"
    return value


def test_of(shrunk: Shrunk, out: Path) -> str:
    """Return the text of the test that runs a scenario file."""
    wanted = shrunk.search.wanted
    what = wanted.told().replace("\\", "/").replace('"', "'")
    return TEST.format(
        seed=shrunk.seed, scenario=shrunk.scenario, what=fill(what, 116),
        name=_identifier(wanted.property), stem=_identifier(out.stem), file=out.name,
    )  # fmt: skip


def _identifier(text: str) -> str:
    return re.sub(r"\W", "_", text)


def _verified(shrunk: Shrunk, out: Path) -> str:
    """Run the file twice here and three times in fresh processes, and return the digest to which all of them come."""
    runs = []
    for _ in range(2):
        experiment = build(read(out))
        seed = experiment.scenario.seed
        runs.append(observe(experiment, experiment.plan(seed), seed, ()))
    wanted = shrunk.search.wanted
    for run in runs:
        if wanted not in [failure.fingerprint for failure in run.failures]:
            raise Unfaithful(f"{out}: does not fail as what was shrunk did ({wanted.told()})")
    digest = runs[0].outcome.digest
    if digest is None or digest != runs[1].outcome.digest:
        raise Unfaithful(f"{out}: two runs come to digests {digest} and {runs[1].outcome.digest}")
    for difference in verify([(str(out), str(out.resolve()))], None, (), (), lambda line: None):
        raise Unfaithful(difference.told())
    return digest
