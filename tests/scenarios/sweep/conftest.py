import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def netsplit(tmp_path):
    """The command line in a process of its own: what it is given, and its exit code and JSON."""

    def call(*arguments, hash_seed=None):
        done = subprocess.run(command(*arguments), cwd=tmp_path, env=environment(hash_seed), capture_output=True)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr.decode()

    return call


@pytest.fixture
def begun(tmp_path):
    """A command that has only begun; what it begins in turn can be told from everything else."""
    processes = []

    def start(*arguments):
        process = subprocess.Popen(
            command(*arguments), cwd=tmp_path, env=environment(), start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def command(*arguments):
    return [sys.executable, "-m", "scenarios", *map(str, arguments)]


def environment(hash_seed=None):
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    found = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    found.pop("PYTHONHASHSEED", None)
    return found if hash_seed is None else found | {"PYTHONHASHSEED": hash_seed}


@pytest.fixture
def spoilt(folder):
    """The scenario of that folder with a changed line in its model: what every append begins with."""

    def change(line, imports=""):
        source = (folder / "my_log.py").read_text()
        begins = "        payload = str(ask.args[0])\n"
        assert begins in source
        (folder / "my_log.py").write_text(f"{source.replace(begins, f'        {line}{chr(10)}{begins}')}\n")
        if imports:
            text = (folder / "my_log.py").read_text()
            (folder / "my_log.py").write_text(text.replace("from typing import", f"{imports}\nfrom typing import", 1))
        return folder / "my_log.toml"

    return change
