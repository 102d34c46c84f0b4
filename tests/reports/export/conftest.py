"""Two runs of the toy, loaded whole: one with faults and a violation, one small enough to read."""

from pathlib import Path
from typing import Any

import pytest

from reports.load import RunData, load


@pytest.fixture(scope="session")
def run(write_run: Any, tmp_path_factory: pytest.TempPathFactory) -> RunData:
    folder: Path = write_run(tmp_path_factory.mktemp("runs") / "faulty")
    return load(folder, whole=True)


@pytest.fixture(scope="session")
def calm(write_run: Any, tmp_path_factory: pytest.TempPathFactory) -> RunData:
    folder: Path = write_run(tmp_path_factory.mktemp("runs") / "calm", nodes=3, stop=2_000_000_000, faults=())
    return load(folder, whole=True)
