"""The plugin as a new user would try it: a folder with one model and scenarios, and pytest in a process of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios.new_model import new_model

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    new_model("mine", tmp_path)
    (tmp_path / "test_mine.py").unlink(missing_ok=True)
    return tmp_path


def run_pytest(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "PYTEST_"))}
    env |= {"PYTHONPATH": str(ROOT), **environment}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", *arguments]
    if not any(name.startswith("netsplit") for name in _installed()):
        command += ["-p", "scenarios.pytest_plugin"]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)


def _installed() -> list[str]:
    from importlib.metadata import entry_points

    return [point.name for point in entry_points(group="pytest11")]


def broken(folder: Path, name: str = "broken") -> None:
    """Leave a scenario that expects what does not happen."""
    text = (folder / "mine.toml").read_text().replace('verdict = "violated"', 'verdict = "holds"')
    target = folder / f"{name}.toml"
    target.parent.mkdir(exist_ok=True)
    depth = "../" * (len(Path(name).parts) - 1)
    target.write_text(text.replace('"./mine.py"', f'"./{depth}mine.py"'))


def test_each_seed_of_each_scenario_is_a_test(folder: Path) -> None:
    done = run_pytest(folder, "--netsplit", ".", "--netsplit-seeds", "5", "-q")
    assert done.returncode == 0, done.stdout
    assert "5 passed" in done.stdout


def test_without_seeds_a_scenario_runs_under_its_own(folder: Path) -> None:
    done = run_pytest(folder, "--netsplit", "mine.toml", "-v")
    assert done.returncode == 0, done.stdout
    assert "mine.toml::seed 1 PASSED" in done.stdout


def test_a_failure_says_what_was_seen_and_how_to_see_it_again(folder: Path) -> None:
    broken(folder)
    done = run_pytest(folder, "--netsplit", ".", "--netsplit-seeds", "3..4", "-q")
    assert done.returncode == 1
    assert "2 failed, 2 passed" in done.stdout
    assert re.search(r"! tails_agree +violated   expected holds", done.stdout)
    assert "replay netsplit run broken.toml --seed 3" in done.stdout
    assert "Traceback" not in done.stdout


def test_the_run_directory_of_a_failure_is_kept_where_it_is_asked_for(folder: Path) -> None:
    broken(folder)
    run_pytest(folder, "--netsplit", "broken.toml", "--netsplit-out", "kept")
    assert (folder / "kept/broken/seed-1/trace.jsonl").is_file()
    assert (folder / "kept/broken/seed-1/timeline.svg").is_file()


def test_a_scenario_that_cannot_be_read_is_one_error_with_all_complaints(folder: Path) -> None:
    text = (folder / "mine.toml").read_text().replace("nodes = 3", "noodes = 3").replace('loss = "5%"', 'loss = "500%"')
    (folder / "bad.toml").write_text(text)
    done = run_pytest(folder, "--netsplit", ".", "-q")
    assert done.returncode == 2
    assert "bad.toml:" in done.stdout
    assert "noodes" in done.stdout
    assert "500%" in done.stdout


def test_the_corpus_runs_first_and_under_its_own_seeds(folder: Path) -> None:
    broken(folder, "corpus/zebra")
    done = run_pytest(folder, "--netsplit", ".", "--netsplit-seeds", "4", "-v")
    lines = [line for line in done.stdout.splitlines() if "::seed" in line and ("PASSED" in line or "FAILED" in line)]
    assert lines[0].startswith("corpus/zebra.toml::seed 1 FAILED")
    assert sum("%]" in line for line in lines) == 5


def test_after_the_time_box_runs_are_skipped(folder: Path) -> None:
    done = run_pytest(folder, "--netsplit", ".", "--netsplit-seeds", "3", "--netsplit-time-box", "0s", "-q", "-rs")
    assert done.returncode == 0
    assert "3 skipped" in done.stdout
    assert "the time box is over" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--netsplit", "nowhere"), "--netsplit: found nowhere, which is not there"),
        (("--netsplit", ".", "--netsplit-seeds", "9..1"), "--netsplit-seeds: found"),
        (("--netsplit", ".", "--netsplit-time-box", "soon"), "--netsplit-time-box: found"),
    ],
)
def test_a_wrong_option_is_a_usage_error(folder: Path, arguments: tuple[str, ...], told: str) -> None:
    done = run_pytest(folder, *arguments)
    assert done.returncode == 4
    assert told in done.stderr


def test_other_toml_files_are_left_alone(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    done = run_pytest(folder, "--netsplit", ".", "-q")
    assert "1 passed" in done.stdout


def test_without_the_option_nothing_is_collected(folder: Path) -> None:
    assert run_pytest(folder, "-q").returncode == 5


def test_tests_beside_the_folder_run_too_if_they_are_named(folder: Path) -> None:
    (folder / "test_own.py").write_text("def test_own() -> None:\n    assert True\n")
    done = run_pytest(folder, "test_own.py", "--netsplit", ".", "-q")
    assert "2 passed" in done.stdout


def test_on_github_failures_are_annotated_and_summed_up(folder: Path) -> None:
    broken(folder)
    summary = folder / "summary.md"
    done = run_pytest(folder, "--netsplit", ".", "-q", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert "::error file=broken.toml,line=1,title=broken seed 1::unexpected" in done.stdout
    assert "2 runs, 1 unexpected" in summary.read_text()


def test_junit_from_pytest_names_scenario_and_seed(folder: Path) -> None:
    parser = pytest.importorskip("junitparser", reason="reading JUnit needs junitparser")
    run_pytest(folder, "--netsplit", ".", "--junitxml", "out.xml", "-q")
    suite = next(iter(parser.JUnitXml.fromfile(str(folder / "out.xml"))))
    assert [(case.classname, case.name) for case in suite] == [("mine.toml", "seed 1")]
