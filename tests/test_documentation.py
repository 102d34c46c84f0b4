"""What README.md and CONTRIBUTING.md say is done here: files are written, commands run, in a folder of their own."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "CONTRIBUTING.md")
SET_UP = "python3 -m venv .venv"  # .ci/run executes these two word for word
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.S | re.M)
IN_REPOSITORY = ("ruff", "python -m scenarios.reference", "python -m benchmarks")


def blocks(page):
    return BLOCK.findall((ROOT / page).read_text("utf-8"))


def commands(page):
    return [line for kind, _, text in blocks(page) if kind == "sh" for line in text.splitlines() if SET_UP not in line]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_file_of_the_page_works(page, tmp_path):
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for kind, name, text in blocks(page):
        if name:
            (tmp_path / name).write_text(text, encoding="utf-8")
        elif kind == "python":
            compile(text, page, "exec")
    assert commands(page)
    for command in commands(page):
        where = ROOT if command.startswith(IN_REPOSITORY) else tmp_path
        done = subprocess.run(
            command, shell=True, cwd=where, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def test_the_tests_that_the_guide_shows_pass(tmp_path):
    for _, name, text in blocks("CONTRIBUTING.md"):
        if name:
            (tmp_path / name).write_text(text, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "test_gossip.py",
        "test_gossip_under_faults.py",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_guides_protocol_is_drawn_like_any_other(tmp_path):
    for _, name, text in blocks("CONTRIBUTING.md"):
        if name:
            (tmp_path / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "scenarios", "run", "gossip.toml", "--out", "out"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    pictures = sorted(path.name for path in (tmp_path / "out").glob("*.svg"))
    assert pictures == ["convergence.svg", "spacetime.svg", "timeline.svg"]


def test_the_property_of_the_guide_judges_its_protocol(tmp_path):
    from scenarios.build import experiment
    from scenarios.load import parse
    from scenarios.run import run

    texts = {name: text for _, name, text in blocks("CONTRIBUTING.md") if name}
    (prop,) = [text for kind, name, text in blocks("CONTRIBUTING.md") if kind == "python" and not name]
    (tmp_path / "gossip.py").write_text(texts["gossip.py"] + prop, encoding="utf-8")
    found = run(experiment(parse(texts["gossip.toml"], tmp_path / "s.toml")), 1, tmp_path / "out", plots=False)
    verdicts = {p["name"]: p["verdict"] for p in found.result["properties"]}
    assert verdicts["never_forgets"] == "holds"


def test_the_readme_begins_with_its_two_commands():
    first = commands_of_set_up()
    assert len(first) == 2
    assert first[0].endswith("netsplit run redex/leader_cut_off --seed 7")
    assert first[1].endswith("pytest")


def commands_of_set_up():
    return [
        line for kind, _, text in blocks("README.md") if kind == "sh" for line in text.splitlines() if SET_UP in line
    ]


def test_the_readmes_picture_is_what_its_command_draws(tmp_path):
    pinned = dict(line.split(" ")[0].split("==") for line in (ROOT / "tests/constraints.txt").read_text().splitlines())
    if version("matplotlib") != pinned["matplotlib"]:
        pytest.skip(f"the picture was drawn by matplotlib {pinned['matplotlib']}")
    command = [sys.executable, "-m", "scenarios", "run", "redex/leader_cut_off", "--seed", "7", "--out", "out"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    drawn = (tmp_path / "out/timeline.svg").read_bytes()
    assert drawn == (ROOT / "reports/gallery/leader_cut_off.svg").read_bytes(), "copy timeline.svg of that run there"


def test_the_readme_lists_every_fault():
    from sim.faults import KINDS

    text = (ROOT / "README.md").read_text("utf-8")
    assert [kind for kind in KINDS if f"| `{kind}` |" not in text] == []


def test_the_readme_lists_every_exit_code():
    text = (ROOT / "README.md").read_text("utf-8")
    assert re.findall(r"^\| (\d+) \|", text, re.M) == ["0", "1", "2", "3", "4", "130"]


def test_versions_are_pinned_without_a_host():
    text = (ROOT / "tests/constraints.txt").read_text("utf-8")
    assert "://" not in text
    assert all(re.match(r"[a-z0-9._-]+==[0-9]", line) for line in text.splitlines())


def test_every_dependency_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = project["dependencies"] + [n for extra in project["optional-dependencies"].values() for n in extra]
    pinned = {line.split("==")[0] for line in (ROOT / "tests/constraints.txt").read_text("utf-8").splitlines()}
    assert {re.split(r"[<>=]", need)[0] for need in needed} <= pinned


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_no_lock_file_and_no_run_is_tracked():
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in tracked if name.endswith(("uv.lock", "pylock.toml")) or name.startswith("runs/")] == []
