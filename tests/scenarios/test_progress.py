"""What a terminal shows while a command works, and that nobody else sees any of it."""

import io
import json
import sys
from pathlib import Path
from time import sleep
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from scenarios import campaigns, progress
from scenarios.cli import main
from scenarios.progress import bar, line, quiet

SCENARIO = "faults/loss"
WIPED = "\r\x1b[K"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Return what a person sees who waits for a command; there is no patience, so that quick ones show it too."""
    shown = Terminal()
    monkeypatch.setattr(progress, "sys", SimpleNamespace(stderr=shown))
    monkeypatch.setattr(progress, "PATIENCE_S", 0.0)
    monkeypatch.setattr(progress, "PACE_S", 0.01)
    monkeypatch.setenv("COLUMNS", "100")
    return shown


def test_a_bar_says_what_is_done_and_how_much_of_it(terminal: Terminal) -> None:
    with bar("runs") as show:
        show(3, 12)
        sleep(0.05)
    assert "runs [######------------------] 25%, 0 s" in terminal.getvalue()


def test_the_line_is_wiped_when_the_work_is_over(terminal: Terminal) -> None:
    with line("merging"):
        sleep(0.05)
    assert terminal.getvalue().endswith(WIPED)


def test_a_line_is_cut_where_the_terminal_ends(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    with line("a long label that would wrap"):
        sleep(0.05)
    assert max(len(shown) for shown in terminal.getvalue().split(WIPED)) == 19


def test_what_is_quick_shows_nothing(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE_S", 60.0)
    with bar("runs") as show:
        show(1, 2)
    assert terminal.getvalue() == ""


def test_where_there_is_no_terminal_nothing_is_shown(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "isatty", lambda: False)
    with bar("runs") as show, line("merging"):
        sleep(0.02)
    assert show is quiet
    assert terminal.getvalue() == ""


def test_a_failure_ends_the_line_too(terminal: Terminal) -> None:
    with pytest.raises(ZeroDivisionError), line("dividing"):
        sleep(0.05)
        raise ZeroDivisionError
    assert terminal.getvalue().endswith(WIPED)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the run directory `run` and the store of a sweep, `sweep.db`."""
    folder = tmp_path_factory.mktemp("made")
    for words in (
        ("run", SCENARIO, "--out", folder / "run", "--no-plots"),
        ("sweep", SCENARIO, "--seeds", "1..3", "--workers", "0", "--rerun", "0", "--store", folder / "sweep.db"),
    ):
        assert CliRunner().invoke(main, [str(word) for word in words]).exit_code == 0
    return folder


COMMANDS = {
    f"run {SCENARIO} --no-plots --json --out {{made}}/again": f"{SCENARIO}, seed 1 [",
    "report {made}/run --no-plots": "report of ",
    "export {made}/run --format mermaid": "export of ",
    "check-trace {made}/run/trace.jsonl --json": "trace.jsonl [",
    "check-history {made}/run/history.jsonl --model log": "judging history.jsonl",
    f"sweep {SCENARIO} --seeds 1..3 --workers 0 --rerun 0 --json": "/3 runs, ",
    "report {made}/sweep.db --no-plots": "report of ",
    "merge {made}/whole.db {made}/sweep.db --json": "merging into ",
    "rerun {made}/sweep.db --seed 2 --json": "running seed 2 again",
    f"verify-determinism {SCENARIO}": "runs to compare [",
    "findings --model redex W1 --measure --json": "weaknesses [",
    "study ecs/ring --trials 3 --workers 1 --no-plots --json --out {made}/study": "ecs/ring [",
    f"hunt {SCENARIO} --runs 2 --json --out {{made}}/hunt": " runs, ",
    "shrink careless/nemesis --seed 2 --property no_holes --time-box 100ms --out {made}/small.toml --json": ", ",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_may_take_long_shows_on_a_terminal_that_it_works(
    command: str, made: Path, terminal: Terminal, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main.main(command.format(made=made).split(), standalone_mode=False)
    assert COMMANDS[command] in terminal.getvalue()
    out = capsys.readouterr().out
    assert "\x1b" not in out
    if "--json" in command:
        json.loads(out)


def test_campaigns_show_how_many_runs_are_done(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["campaigns", "--slice", "2", "--only", "redex/crash_is_noticed", "--workers", "1"]
    monkeypatch.setattr(sys, "argv", words)
    assert campaigns.main() == 0
    assert "redex/crash_is_noticed [" in terminal.getvalue()
