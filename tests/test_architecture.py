"""The house rules, read from the source: who imports whom, and what sim/ and models/ may not touch.

Every rule is a function from a source text to complaints, and every rule has a planted offence that it must see.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HOUSES = ("sim", "models", "reports", "scenarios")


def sources(house: str) -> list[Path]:
    return sorted((ROOT / house).rglob("*.py"))


def layers() -> list[tuple[str, ...]]:
    """Return the names in each layer, as the docstring of sim lists them."""
    doc = ast.get_docstring(ast.parse((ROOT / "sim/__init__.py").read_text(encoding="utf-8"))) or ""
    found: list[list[str]] = []
    for line in doc.splitlines():
        if match := re.match(r"(?:layer (\d)   |          )([a-z]+(?:/|(?: [a-z]+)*)?)(?:  |$| and |/)?", line):
            if match[1]:
                found.append([])
            if found:
                found[-1] += re.sub("/", "", match[2]).split()
    return [tuple(names) for names in found]


LAYERS = layers()
LAYER = {name: i for i, names in enumerate(LAYERS) for name in names}


# -- what a source text does -------------------------------------------------------------------------------


def imported(tree: ast.AST, module: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of everything that a module imports, also under TYPE_CHECKING."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(module[: -node.level]) if node.level else []
            where = ".".join([*base, *([node.module] if node.module else [])])
            yield node.lineno, where
            yield from ((node.lineno, f"{where}.{alias.name}") for alias in node.names)


def top(name: str) -> str:
    return name.split(".")[0]


Rule = Callable[[str, tuple[str, ...]], list[str]]  # (source, parts of the module's dotted name) -> complaints


def downwards(text: str, module: tuple[str, ...]) -> list[str]:
    """sim imports only from its own layer and those above it in the list, and nothing of the other houses."""
    own = LAYER.get(module[1], 0)  # the docstring of sim itself imports nothing
    said = []
    for line, name in imported(ast.parse(text), module):
        parts = name.split(".")
        if parts[0] in ("models", "reports", "scenarios", "tests", "benchmarks"):
            said.append(f"{line}: sim imports {name}")
        elif parts[0] == "sim" and len(parts) > 1 and LAYER.get(parts[1], own) > own:
            said.append(f"{line}: layer {own} imports {name} of layer {LAYER[parts[1]]}")
    return said


THIRD_PARTY = {"simpy": 2, "msgspec": 1, "pydantic_core": 0}  # from which layer on sim may import it
INSIDE_FUNCTIONS = {("sim", "topology"): "networkx"}  # imported when it is first needed


def few_friends(text: str, module: tuple[str, ...]) -> list[str]:
    """sim imports the standard library, simpy from layer 2 on, and what else it needs where guarded."""
    own = LAYER.get(module[1], 0)
    tree = ast.parse(text)
    inside = {
        inner.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import)
    }
    return [
        f"{line}: imports {name}"
        for line, name in imported(tree, module)
        if top(name) != "sim"
        and top(name) not in sys.stdlib_module_names
        and THIRD_PARTY.get(top(name), 9) > own
        and not (line in inside and INSIDE_FUNCTIONS.get(module) == name)
    ]


FORBIDDEN_MODULES = (
    "random",
    "time",
    "datetime",
    "uuid",
    "secrets",
    "pickle",
    "marshal",
    "shelve",
    "numpy",
    "threading",
)
FORBIDDEN_CALLS = ("hash", "id", "eval", "exec", "compile", "__import__", "input", "open", "print")
ALLOWED_CALLS = {("sim", "tracefile"): ("open",)}
FORBIDDEN_ATTRIBUTES = (
    "environ",
    "urandom",
    "getenv",
    "getrandom",
    "perf_counter",
    "monotonic_ns",
    "time_ns",
    "getpid",
)


def pure(text: str, module: tuple[str, ...]) -> list[str]:
    """sim and models make no randomness, read no clock and no environment, and depend on no address."""
    said = []
    tree = ast.parse(text)
    shadowed = {
        node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)
    } | {  # a parameter called `input` is no call of the builtin
        name.id for name in ast.walk(tree) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }
    for line, name in imported(tree, module):
        if top(name) in FORBIDDEN_MODULES:
            said.append(f"{line}: imports {name}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
            if node.func.id not in ALLOWED_CALLS.get(module, ()) and node.func.id not in shadowed:
                said.append(f"{node.lineno}: calls {node.func.id}()")
        elif isinstance(node, ast.Attribute) and node.attr in FORBIDDEN_ATTRIBUTES:
            said.append(f"{node.lineno}: reads .{node.attr}")
        elif (
            isinstance(node, ast.Name) and node.id in ("hash", "id", "eval", "exec") and isinstance(node.ctx, ast.Load)
        ) and node.id not in shadowed:
            said.append(f"{node.lineno}: uses {node.id}")
    return said


def integers(text: str, module: tuple[str, ...]) -> list[str]:
    """sim and models have no floats: no literals, no true division, no float() and no float methods of math."""
    said = []
    tree = ast.parse(text)
    fractions = {  # `a / b` of two Fractions is exact; such lines name Fraction
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "Fraction"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, (float, complex)):
            # 1e18 in units.py bounds what a float from a file may be; it is compared with, never computed with.
            if not (module == ("sim", "units") and node.value == 1e18):
                said.append(f"{node.lineno}: the float {node.value}")
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and node.lineno not in fractions:
            said.append(f"{node.lineno}: divides with /")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
            said.append(f"{node.lineno}: calls float()")
    said += [
        f"{line}: imports {name}"
        for line, name in imported(tree, module)
        if top(name) in ("math", "cmath", "statistics")
    ]
    return said


WORDS_FOR_MODELS = ("sim", "sim.machine", "sim.property", "sim.units")


def words_only(text: str, module: tuple[str, ...]) -> list[str]:
    """Models import the words of sim (layer 0), each other and the standard library; what else must be guarded."""
    said = []
    tree = ast.parse(text)
    guarded = {
        inner.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Try) and any(_is_import_error(h) for h in node.handlers)
        for inner in node.body
    }
    for line, name in imported(tree, module):
        first = top(name)
        if first == "sim":
            if not any(name == w or name.startswith(w + ".") for w in WORDS_FOR_MODELS[1:]) and name != "sim":
                said.append(f"{line}: a model imports {name}")
        elif first == "simpy":
            said.append(f"{line}: a model imports {name}")
        elif first != "models" and first not in sys.stdlib_module_names and line not in guarded:
            said.append(f"{line}: a model imports {name} without a fallback")
    return said


def _is_import_error(handler: ast.ExceptHandler) -> bool:
    return isinstance(handler.type, ast.Name) and handler.type.id in ("ImportError", "ModuleNotFoundError")


def readers(text: str, module: tuple[str, ...]) -> list[str]:
    """reports read files: they know no model, no scenario and no event loop."""
    return [
        f"{line}: reports import {name}"
        for line, name in imported(ast.parse(text), module)
        if top(name) in ("models", "scenarios", "simpy")
    ]


def inside_simpy(text: str, module: tuple[str, ...]) -> list[str]:
    """Only sim/kernel.py knows SimPy, and only it reaches inside."""
    if module == ("sim", "kernel"):
        return []
    said = [f"{line}: imports {name}" for line, name in imported(ast.parse(text), module) if top(name) == "simpy"]
    reads = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)]
    return said + [
        f"{node.lineno}: reads .{node.attr}"
        for node in reads
        if node.attr in ("_eid", "_now") or (node.attr == "_queue" and not _of_self(node))
    ]


def _of_self(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "self"


RULES: dict[str, tuple[Rule, ...]] = {
    "sim": (downwards, few_friends, pure, integers, inside_simpy),
    "models": (words_only, pure, integers),
    "reports": (readers,),
    "scenarios": (),
}


def module_of(path: Path) -> tuple[str, ...]:
    return path.relative_to(ROOT).with_suffix("").parts


@pytest.mark.parametrize("house", HOUSES)
def test_a_house_keeps_its_rules(house: str) -> None:
    said = []
    for path in sources(house):
        text = path.read_text(encoding="utf-8")
        for rule in RULES[house]:
            said += [f"{path.relative_to(ROOT)}:{complaint}" for complaint in rule(text, module_of(path))]
    assert not said, "\n".join(said)


def test_the_docstring_of_sim_lists_every_file_in_a_layer() -> None:
    files = {path.stem for path in (ROOT / "sim").glob("*.py") if path.stem != "__init__"}
    folders = {path.name for path in (ROOT / "sim").iterdir() if (path / "__init__.py").exists()}
    assert set(LAYER) == files | folders
    assert [names[0] for names in LAYERS] == ["machine", "chance", "kernel", "world"]


OFFENCES: list[tuple[Rule, tuple[str, ...], str]] = [
    (downwards, ("sim", "machine"), "from .chance import Chance"),
    (downwards, ("sim", "machine"), "from sim.world import run"),
    (downwards, ("sim", "trace"), "import sim.kernel"),
    (downwards, ("sim", "checks", "logs"), "from ..host import Host"),
    (downwards, ("sim", "checks", "logs"), "from .. import host"),
    (downwards, ("sim", "network"), "if TYPE_CHECKING:\n    from .world import Plan"),
    (downwards, ("sim", "faults", "crash"), "def f():\n    from ..world import Plan"),
    (downwards, ("sim", "world"), "import models.redex"),
    (downwards, ("sim", "world"), "from scenarios import run"),
    (few_friends, ("sim", "recorder"), "import simpy"),
    (few_friends, ("sim", "world"), "import networkx"),
    (few_friends, ("sim", "world"), "def f():\n    import networkx"),
    (few_friends, ("sim", "topology"), "import networkx"),
    (few_friends, ("sim", "machine"), "import msgspec"),
    (pure, ("sim", "host"), "import random"),
    (pure, ("sim", "host"), "from random import Random"),
    (pure, ("sim", "host"), "import time as t"),
    (pure, ("sim", "host"), "from time import monotonic"),
    (pure, ("sim", "host"), "import datetime"),
    (pure, ("sim", "host"), "import uuid"),
    (pure, ("sim", "host"), "import secrets"),
    (pure, ("sim", "host"), "import pickle"),
    (pure, ("sim", "host"), "import os\nx = os.environ['A']"),
    (pure, ("sim", "host"), "from os import environ\nimport os\nos.urandom(8)"),
    (pure, ("sim", "host"), "key = hash('a')"),
    (pure, ("sim", "host"), "key = id(object())"),
    (pure, ("sim", "host"), "order = sorted(x, key=id)"),
    (pure, ("sim", "host"), "order = sorted(x, key=hash)"),
    (pure, ("sim", "host"), "eval('1')"),
    (pure, ("sim", "host"), "exec('1')"),
    (pure, ("sim", "host"), "__import__('random')"),
    (pure, ("sim", "host"), "open('x')"),
    (pure, ("models", "redex"), "import random"),
    (integers, ("sim", "clock"), "delay = 0.5"),
    (integers, ("sim", "clock"), "delay = 1e9"),
    (integers, ("sim", "clock"), "delay = a / b"),
    (integers, ("sim", "clock"), "delay = float(a)"),
    (integers, ("sim", "clock"), "from math import log"),
    (integers, ("models", "redex"), "timeout = 1.5"),
    (words_only, ("models", "redex"), "import simpy"),
    (words_only, ("models", "redex"), "from sim.host import Host"),
    (words_only, ("models", "redex"), "import sim.world"),
    (words_only, ("models", "redex"), "from sim import chance"),
    (words_only, ("models", "redex"), "import networkx"),
    (readers, ("reports", "page"), "from models import redex"),
    (readers, ("reports", "page"), "import scenarios.run"),
    (readers, ("reports", "page"), "def f():\n    import simpy"),
    (inside_simpy, ("sim", "host"), "import simpy"),
    (inside_simpy, ("sim", "host"), "kernel._now"),
    (inside_simpy, ("sim", "host"), "kernel._queue"),
    (inside_simpy, ("sim", "network"), "next(self.kernel._eid)"),
]


@pytest.mark.parametrize(("rule", "module", "text"), OFFENCES)
def test_a_planted_offence_is_seen(rule: Rule, module: tuple[str, ...], text: str) -> None:
    assert rule(text, module)


@pytest.mark.parametrize(
    ("rule", "module", "text"),
    [
        (downwards, ("sim", "trace"), "from .machine import NodeId\nfrom .units import S"),
        (downwards, ("sim", "faults", "crash"), "from ..kernel import FAULT\nfrom .base import Fault"),
        (few_friends, ("sim", "kernel"), "import simpy\nfrom heapq import heappush"),
        (few_friends, ("sim", "topology"), "def f():\n    import networkx"),
        (pure, ("sim", "host"), "def step(self, input, now):\n    return input(now.monotonic)"),
        (pure, ("models", "redex"), "self.id = 1\nself.hash = x.digest()"),
        (integers, ("sim", "network"), "one = Fraction(1) / 3\nhalf = a // 2"),
        (words_only, ("models", "redex"), "from sim.machine import on\nimport bisect\nfrom models.log import Log"),
        (words_only, ("models", "graph"), "try:\n    import networkx\nexcept ImportError:\n    networkx = None"),
        (readers, ("reports", "page"), "from sim.trace import Header\nimport matplotlib"),
    ],
)
def test_what_is_allowed_is_not_complained_of(rule: Rule, module: tuple[str, ...], text: str) -> None:
    assert rule(text, module) == []


# -- in fresh interpreters ---------------------------------------------------------------------------------


def fresh(code: str) -> str:
    """Run code in an interpreter of its own, with this checkout first on its path."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def modules(*names: str) -> str:
    return f"import {', '.join(names)}\nprint(' '.join(sorted(m for m in sys.modules if '.' not in m)))"


def importable(house: str) -> list[str]:
    found = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sources(house)]
    return [name.removesuffix(".__init__") for name in found if not name.endswith("__main__")]


def test_no_model_brings_the_event_loop_along() -> None:
    loaded = fresh(modules(*importable("models"))).split()
    assert "models" in loaded
    assert not {"simpy", "numpy", "matplotlib", "pydantic"} & set(loaded)


def test_the_words_for_models_bring_nothing_along() -> None:
    loaded = set(fresh(modules(*WORDS_FOR_MODELS)).split())
    assert not {"simpy", "numpy", "networkx", "matplotlib", "pydantic", "pydantic_core", "msgspec", "click"} & loaded


def test_the_whole_of_sim_needs_neither_arrays_nor_graphs_nor_pictures() -> None:
    loaded = set(fresh(modules(*importable("sim"))).split())
    assert "simpy" in loaded
    assert not {"numpy", "networkx", "matplotlib", "pydantic", "scenarios", "models", "reports"} & loaded


def test_sim_runs_without_msgspec() -> None:
    code = "sys.modules['msgspec'] = None\nimport sim.recorder\nprint(sim.recorder.msgspec)"
    assert fresh(code) == "None"


def test_a_planted_import_is_seen_in_a_fresh_interpreter() -> None:
    assert "simpy" in fresh(modules("sim.kernel")).split()
