"""What is paid before the first message: imports, the making of a world, the booting of its nodes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from time import process_time

from sim.world import World

from .measure import Effort, Row, in_turns, plainly, within
from .worlds import BEAT, SEED, plan

ROOT = Path(__file__).resolve().parent.parent
WORLD_MS_MAX = 0.3
IMPORT_MS_MAX = 60.0


def _importing(module: str) -> float:
    """Return the ms that a fresh interpreter needs for one import."""
    code = f"from time import perf_counter as t; a = t(); import {module}; print((t() - a) * 1000)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
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
    figures = in_turns(
        {
            "import": lambda: _importing("sim"),
            "import_world": lambda: _importing("sim.world"),
            "world": lambda: _making(booting=False),
            "booted": lambda: _making(booting=True),
        },
        effort,
    )
    return [
        within("import_sim", "ms", figures["import"], IMPORT_MS_MAX),
        within("import_sim_world", "ms", figures["import_world"], IMPORT_MS_MAX),
        within("world_5_nodes", "ms", figures["world"], WORLD_MS_MAX),
        plainly("world_5_nodes_booted", "ms", figures["booted"]),
    ]
