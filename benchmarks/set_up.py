"""What is paid before the first message: imports, the making of a world, the booting of its nodes."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from sim.world import World

from .measure import Effort, Row, in_turns, plainly, within
from .worlds import BEAT, SEED, plan

ROOT = Path(__file__).resolve().parent.parent
WORLD_MS_MAX = 0.3
IMPORT_MS_MAX = 60.0


def _importing(module: str, compiled: str) -> float:
    """Return the ms that a fresh interpreter needs for one import of what was compiled before, as when installed."""
    code = f"from time import perf_counter as t; a = t(); import {module}; print((t() - a) * 1000)"
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = compiled
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    return float(done.stdout)


def _making(booting: bool) -> float:
    """Return the ms to make a world of five nodes and, if asked, to boot them and end before anything else happens."""
    made, times = replace(plan(BEAT, 1), stop=1, heal=None, faults=()), 100
    began = process_time()
    for _ in range(times):
        world = World(made, SEED, None)
        if booting:
            world.run()
    return (process_time() - began) / times * 1000


def rows(effort: Effort) -> list[Row]:
    """Measure imports in fresh processes, and worlds in this one."""
    with TemporaryDirectory() as compiled:
        figures = in_turns(
            {
                "import": partial(_importing, "sim", compiled),
                "import_world": partial(_importing, "sim.world", compiled),
                "world": partial(_making, booting=False),
                "booted": partial(_making, booting=True),
            },
            effort,
        )
    return [
        within("import_sim", "ms", figures["import"], IMPORT_MS_MAX),
        plainly("import_sim_world", "ms", figures["import_world"]),
        within("world_5_nodes", "ms", figures["world"], WORLD_MS_MAX),
        plainly("world_5_nodes_booted", "ms", figures["booted"]),
    ]
