"""Finding the model that a scenario names: a shipped one, a Python file beside it, or an installed entry point.

A scenario runs its model's code.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from sim.checks import SHIPPED
from sim.machine import Cluster, Machine, NodeId
from sim.property import Property
from sim.trace import Record

from .complaints import unknown

GROUP = "netsplit.models"
AS_WRITTEN = "as-written"  # the profile of a model that names none
Factory = Callable[..., Machine]


class ModelProblem(Exception):
    """A model cannot be used; one message."""


@dataclass(frozen=True)
class Model:
    """A protocol as scenarios see it: how to make a machine, its parameters, profiles, switches and properties.

    `reference` finds the model again from anywhere; `name` is what traces say. A switch is a repair that can be turned
    on alone: its name, or several joined by `+`, is a profile too, the first profile with the switches' parameters.
    `files` are what a run of this model leaves beside the usual, by name: each is written from nodes and records.
    """

    name: str
    reference: str
    factory: Factory
    parameters: Mapping[str, Any]  # names and defaults
    profiles: Mapping[str, Mapping[str, Any]]
    properties: tuple[Property, ...]
    switches: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    files: Mapping[str, Callable[[Sequence[NodeId], Iterable[Record]], str]] = field(default_factory=dict)

    def settings(self, profile: str) -> Mapping[str, Any] | None:
        """Return the parameters that a profile sets, None if there is no such profile."""
        if profile in self.profiles:
            return self.profiles[profile]
        settings = dict(next(iter(self.profiles.values())))
        for switch in profile.split("+"):
            if switch not in self.switches:
                return None
            settings |= self.switches[switch]
        return settings

    def machine(
        self, params: Mapping[str, Any], own: Mapping[NodeId, Mapping[str, Any]]
    ) -> Callable[[NodeId, Cluster], Machine]:
        """Return what makes each node's machine from shared parameters and a node's own."""
        factory = self.factory
        shared = dict(params)
        merged = {node: {**shared, **mine} for node, mine in own.items()}

        def make(node: NodeId, cluster: Cluster) -> Machine:
            return factory(node, cluster, **merged.get(node, shared))

        return make


def shipped() -> tuple[str, ...]:
    """Return the names of the models in this package."""
    import models

    found = {
        path.stem for folder in models.__path__ for path in Path(folder).iterdir() if not path.name.startswith("_")
    }
    return tuple(sorted(name for name in found if name.isidentifier() and importlib.util.find_spec(f"models.{name}")))


def find(reference: str, base: Path | None) -> Model:
    """Return the model that a reference names; a path is relative to `base`. Raises ModelProblem."""
    if reference.endswith(".py") or "/" in reference:
        path = (Path(reference) if base is None else base / reference).resolve()
        if not path.is_file():
            raise ModelProblem(f'found "{reference}", but there is no file {path}')
        return _from_file(path)
    if reference.isidentifier() and importlib.util.find_spec(f"models.{reference}") is not None:
        return _read(importlib.import_module(f"models.{reference}"), reference, reference)
    installed = {point.name: point for point in entry_points(group=GROUP)}
    if reference in installed:
        return _read(_guarded(installed[reference].load, reference), reference, reference)
    raise ModelProblem(unknown(reference, (*shipped(), *sorted(installed)), "a path such as ./mine.py, or one of "))


@lru_cache(maxsize=64)
def _from_file(path: Path) -> Model:
    name = f"netsplit_model_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ModelProblem(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and NamedTuples look their module up
    loader = spec.loader
    _guarded(lambda: loader.exec_module(module), path.name)
    return _read(module, path.stem, path.as_posix())


def _guarded(load: Callable[[], Any], name: str) -> Any:
    try:
        return load()
    except Exception as error:
        frame = next(reversed(traceback.extract_tb(error.__traceback__)), None)
        where = f"{Path(frame.filename).name}:{frame.lineno}: " if frame is not None else ""
        if isinstance(error, SyntaxError):
            where = f"{name}:{error.lineno}: "
        raise ModelProblem(f"{where}{type(error).__name__}: {error}") from error


def _read(module: ModuleType, name: str, reference: str) -> Model:
    factory = getattr(module, "machine", None)
    if not callable(factory):
        raise ModelProblem(f"{name} has no machine(node, cluster, **params); write `machine = YourMachine` at its end")
    parameters = list(inspect.signature(factory).parameters.values())[2:]
    properties = {prop.name: prop for prop in (*SHIPPED, *getattr(module, "PROPERTIES", ()))}
    for prop in properties.values():
        if not isinstance(prop, Property):
            raise ModelProblem(
                f"{name}.PROPERTIES: found {prop!r}, allowed: functions marked @always, @sometimes or @eventually"
            )
    return Model(
        name=name,
        reference=reference,
        factory=factory,
        parameters={p.name: p.default for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)},
        profiles=getattr(module, "PROFILES", {AS_WRITTEN: {}}),
        properties=tuple(properties.values()),
        switches=getattr(module, "SWITCHES", {}),
        files=getattr(module, "FILES", {}),
    )
