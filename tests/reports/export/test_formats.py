"""What holds of every format, and the command that writes them."""

from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner

from reports.export import FORMATS, writer
from reports.load import RunData, load
from scenarios.cli import main


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_run_gives_the_same_bytes(form: str, run: RunData) -> None:
    assert writer(form)(run) == writer(form)(load(run.path, whole=True)) != b""


@pytest.mark.parametrize("form", FORMATS)
def test_the_command_writes_the_file_beside_the_run(form: str, run: RunData, tmp_path: Path) -> None:
    copied = copytree(run.path, tmp_path / "run")
    done = CliRunner().invoke(main, ["export", str(copied), "--format", form])
    assert done.exit_code == 0, done.output
    assert (copied / FORMATS[form][2]).read_bytes() == writer(form)(run)


def test_an_unknown_format_is_a_usage_error(run: RunData) -> None:
    done = CliRunner().invoke(main, ["export", str(run.path), "--format", "perfeto"])
    assert done.exit_code == 2
    assert 'found "perfeto" (did you mean "perfetto"?)' in done.output


def test_what_is_no_run_directory_is_a_usage_error(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["export", str(tmp_path / "nothing"), "--format", "edn"])
    assert done.exit_code == 2
    assert "found no directory, allowed: a run directory" in done.output


def test_a_file_that_cannot_be_written_is_a_usage_error(run: RunData, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["export", str(run.path), "--format", "edn", "--out", str(tmp_path / "no" / "f")])
    assert done.exit_code == 2
    assert "--out" in done.output
