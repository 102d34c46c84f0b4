import os
import signal
import subprocess
import sys
import time

import pytest

from scenarios.complaints import UsageError
from scenarios.rundir import replacing


def test_an_error_in_the_middle_leaves_the_older_run(tmp_path):
    with replacing(tmp_path / "run") as folder:
        (folder / "result.json").write_text('{"format": "netsplit.result/1"}')
    with pytest.raises(RuntimeError), replacing(tmp_path / "run") as folder:
        (folder / "half").write_text("")
        raise RuntimeError
    assert [p.name for p in (tmp_path / "run").iterdir()] == ["result.json"]
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(UsageError, match="no directory"), replacing(tmp_path / "run"):
        pass


def test_a_killed_run_leaves_nothing_under_its_final_name(folder, tmp_path):
    out = tmp_path / "deep" / "run"
    command = [sys.executable, "-m", "scenarios", "run", str(folder / "my_log.toml"), "--out", str(out)]
    long = ["--set", "stop=100000s", "--set", "heal=90000s", "--set", "clients.until=80000s"]
    process = subprocess.Popen(command + long, stdout=subprocess.DEVNULL)
    for _ in range(200):
        if out.parent.exists() and any(out.parent.iterdir()):
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not out.exists()
    left = [p.name for p in out.parent.iterdir()]
    assert left == [f".run.partial-{process.pid}"]


def test_the_next_run_clears_away_what_a_killed_one_left(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    dead = tmp_path / f".run.partial-{process.pid}"
    dead.mkdir()
    alive = tmp_path / f".run.partial-{os.getppid()}"
    alive.mkdir()
    with replacing(tmp_path / "run"):
        pass
    assert not dead.exists()
    assert alive.exists()
