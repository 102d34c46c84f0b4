"""What the page holds, without a browser: nothing from outside, everything escaped, and the trace's own figures."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from click.testing import CliRunner

from reports.load import BadRun, RunData, load
from reports.page.build import page
from reports.page.data import COPY, DELIVERED, LOST, UNDER_WAY, first_difference, page_data
from scenarios.cli import main


@pytest.fixture(scope="module")
def run(write_run: Any, tmp_path_factory: pytest.TempPathFactory) -> RunData:
    return load(write_run(tmp_path_factory.mktemp("page") / "run"), whole=True)


@pytest.fixture(scope="module")
def other(write_run: Any, tmp_path_factory: pytest.TempPathFactory) -> RunData:
    return load(write_run(tmp_path_factory.mktemp("page") / "other", seed=8), whole=True)


class Links(HTMLParser):
    """Gathers what a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in ("src", "href", "action", "srcset", "poster")]


def test_the_page_links_to_nothing_outside(run: RunData) -> None:
    links = Links()
    links.feed(page([run], [{"timeline": b"<svg/>"}]))
    assert links.found
    assert [link for link in links.found if not link.startswith("data:image/svg+xml;base64,")] == []


def test_the_page_forbids_itself_any_network(run: RunData) -> None:
    assert "default-src 'none'" in page([run])


def test_the_same_run_gives_the_same_page(run: RunData) -> None:
    assert page([run]) == page([load(run.path, whole=True)])


def test_text_from_a_trace_cannot_end_the_script(run: RunData, tmp_path: Path) -> None:
    folder = copytree(run.path, tmp_path / "run")
    evil = "</script><img src=x onerror=alert(1)><!--"
    found = json.loads((folder / "result.json").read_text("utf-8"))
    found["properties"][0]["evidence"]["sentence"] = evil
    found["scenario"] = evil
    (folder / "result.json").write_text(json.dumps(found), "utf-8")
    text = page([load(folder, whole=True)])
    assert evil not in text
    assert text.count("</script>") == 2
    assert "<img" not in text


def test_a_message_has_a_row_for_each_of_its_copies(run: RunData) -> None:
    fates = page_data(run)["messages"]["fate"]
    assert fates.count(DELIVERED) + fates.count(COPY) == run.result.stats["messages_delivered"]
    sends = {r.seq for r in run.records if r.kind == "send"}
    lost = sum(r.kind == "drop" and r.cause in sends for r in run.records)
    assert fates.count(LOST) == lost > 0
    assert fates.count(COPY) > 0
    assert fates.count(UNDER_WAY) < 20


def test_causes_are_numbers_of_earlier_records(run: RunData) -> None:
    causes = page_data(run)["records"]["cause"]
    assert all(-1 <= cause < i for i, cause in enumerate(causes))
    assert sum(cause >= 0 for cause in causes) > len(causes) / 2


def test_the_first_difference_is_the_first_record_that_differs(run: RunData, other: RunData) -> None:
    found = first_difference(run, other)
    assert found is not None
    assert found[0] > 0
    assert [r.kind for r in run.records[: found[0]]] == [r.kind for r in other.records[: found[0]]]


def test_a_run_does_not_differ_from_itself(run: RunData) -> None:
    assert first_difference(run, run) is None


def test_runs_of_two_scenarios_do_not_stand_beside_each_other(run: RunData, write_run: Any, tmp_path: Path) -> None:
    stranger = load(write_run(tmp_path / "run", scenario="toy/another", nodes=3), whole=True)
    with pytest.raises(BadRun, match="found a run of toy/another, allowed: one of toy/two_leaders"):
        page([run, stranger])


def test_the_command_writes_the_page_into_the_run_directory(run: RunData, tmp_path: Path) -> None:
    folder = copytree(run.path, tmp_path / "run")
    done = CliRunner().invoke(main, ["report", str(folder), "--no-plots"])
    assert done.exit_code == 0, done.output
    assert re.search("<title>toy/two_leaders, seed 7</title>", (folder / "report.html").read_text("utf-8"))


def test_a_directory_that_is_no_run_is_a_usage_error(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["report", str(tmp_path)])
    assert done.exit_code == 2
    assert "result.json" in done.output
