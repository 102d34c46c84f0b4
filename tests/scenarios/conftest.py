from pathlib import Path

import pytest

from scenarios.new_model import new_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as `netsplit new-model my_log` leaves it."""
    new_model("my_log", tmp_path)
    return tmp_path


@pytest.fixture
def scenario(folder: Path) -> Path:
    """The scenario of that folder."""
    return folder / "my_log.toml"
