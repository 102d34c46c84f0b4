"""A study as a file: scenarios, settings, seeds, axes and figures in one TOML manifest, `netsplit.study/1`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from reports.chart import FORMS
from reports.comparison import ALONG
from reports.samples import plotted
from sim.metrics import METRICS

from ..complaints import Key, UsageError, shown, unknown
from ..lines import line_map
from ..load import Document, text_of, toml_of, validated
from ..schema import _table
from ..sweep import seeds

Values = tuple[Any, ...]


@_table
class Axis:
    """What changes from point to point. A key of the scenario takes the axis' own values, or as many of its own."""

    values: Annotated[Values, "what figures show: numbers, times, rates or words"]
    label: Annotated[str, "of the axis in figures, without its unit"] = ""
    set: Annotated[
        Mapping[str, Values] | str,
        "the keys that change along it, each with as many values; or one key's name",
    ] = field(default_factory=dict)


@_table
class Sweep:
    """A scenario under all seeds at all points of its axes: those that name keys themselves, and those of `vary`."""

    scenario: Annotated[str, "a name of `netsplit list`, or a .toml file relative to this one"]
    label: Annotated[str, "in figures; default: the sweep's name"] = ""
    set: Annotated[Mapping[str, Any], "keys of the scenario, quoted, as with --set"] = field(default_factory=dict)
    seeds: Annotated[str | None, "A..B, both included; default: the study's"] = None
    vary: Annotated[
        Mapping[str, Mapping[str, Values] | str], "by axis, what changes along it here, as the axis' own `set`"
    ] = field(default_factory=dict)
    measure: Annotated[Mapping[str, str], "what a figure's `y` is called here: a metric or a property"] = field(
        default_factory=dict
    )


@_table
class Figure:
    """One chart, and the CSV file of its table."""

    name: Annotated[str, "of its files"]
    title: Annotated[str, "a sentence or a question"]
    y: Annotated[str, "what is measured: a metric, or a property: the share of runs that violate it"]
    x: Annotated[str, "an axis, or `sweep`; a distribution (`step`) has none"] = ""
    by: Annotated[str, "what makes curves, or the rows of a `heat` map: an axis, or `sweep`"] = ALONG
    # The names are those of the charts, said there once; the checker of types wants them spelt out.
    form: Annotated[Literal[FORMS], "how it is drawn"] = "line"  # type: ignore[valid-type]
    band: Annotated[
        Literal["interval", "deciles"], "of the median at 95 %, or from the first to the last decile of the runs"
    ] = "interval"
    sweeps: Annotated[tuple[str, ...], "which take part; default: all"] = ()
    beside: Annotated[
        str, "one of these sweeps: shows what the others have more than it, in pairs of runs of the same seed and point"
    ] = ""
    y_label: Annotated[str, "without its unit; default: `y`"] = ""
    caption: Annotated[str, "below the chart"] = ""
    x_log: Annotated[bool, "a logarithmic axis"] = False
    y_log: Annotated[bool, "a logarithmic axis"] = False


@_table
class Manifest:
    """A whole experiment."""

    format: Annotated[Literal["netsplit.study/1"], "the format of this file"] = "netsplit.study/1"
    about: Annotated[str, "what it asks, in a sentence"]
    seeds: Annotated[str, "A..B, both included"]
    axis: Annotated[Mapping[str, Axis], ""] = field(default_factory=dict)
    sweep: Annotated[Mapping[str, Sweep], ""]
    figure: Annotated[tuple[Figure, ...], ""]


@dataclass(frozen=True)
class Read:
    """A manifest that was read without complaint, and where each of its keys stands."""

    document: Document
    manifest: Manifest

    def refuse(self, key: Key, text: str) -> None:
        """Raise ScenarioError for one key."""
        self.document.complain(key, text)
        self.document.check()


def read(path: Path) -> Read:
    """Read and check a manifest, but for its scenarios. Raises ScenarioError with every complaint, or UsageError."""
    text = text_of(path, "netsplit study lists the studies that ship")
    doc = toml_of(text, path)
    document = Document(path, text, doc, line_map(text))
    manifest = validated(document, Manifest, doc, ())
    document.check()
    assert isinstance(manifest, Manifest)
    for key, complaint in _complaints(manifest):
        document.complain(key, complaint)
    document.check()
    return Read(document, manifest)


def varied(manifest: Manifest, sweep: Sweep) -> dict[str, Mapping[str, Values]]:
    """Return the axes of a sweep: of each, the keys that change along it and their values."""
    found = {}
    for name, axis in manifest.axis.items():
        keys = sweep.vary.get(name, axis.set)
        if keys:
            found[name] = {keys: axis.values} if isinstance(keys, str) else keys
    return found


def measured(figure: Figure, sweep: Sweep) -> str:
    """Return the metric or property that a figure's `y` is in a sweep."""
    return sweep.measure.get(figure.y, figure.y)


def parts(manifest: Manifest, figure: Figure) -> dict[str, Sweep]:
    """Return the sweeps of a figure by name."""
    return {name: manifest.sweep[name] for name in figure.sweeps or manifest.sweep}


# -- complaints --------------------------------------------------------------------------------------------

Complaints = Iterator[tuple[Key, str]]


def _complaints(manifest: Manifest) -> Complaints:
    yield from _seeds(("seeds",), manifest.seeds)
    for name, axis in manifest.axis.items():
        if not axis.values:
            yield ("axis", name, "values"), "found none, allowed: one or more"
        if len(set(plotted(axis.values))) < len(axis.values):
            yield (
                ("axis", name, "values"),
                f"found {list(axis.values)}, allowed: each value once, however it is written",
            )
        if name == ALONG:
            yield ("axis", name), f"found {shown(ALONG)}, allowed: another name: it is what sweeps lie on"
        yield from _lengths(("axis", name, "set"), axis.set, axis)
    if not manifest.sweep:
        yield ("sweep",), "found none, allowed: one or more"
    for name, sweep in manifest.sweep.items():
        if sweep.seeds is not None:
            yield from _seeds(("sweep", name, "seeds"), sweep.seeds)
        for axis_name, keys in sweep.vary.items():
            at: Key = ("sweep", name, "vary", axis_name)
            if axis_name not in manifest.axis:
                yield at, unknown(axis_name, tuple(manifest.axis), "an axis: ")
            else:
                yield from _lengths(at, keys, manifest.axis[axis_name])
    names = [figure.name for figure in manifest.figure]
    for i, figure in enumerate(manifest.figure):
        if names.index(figure.name) != i or not figure.name.replace("_", "").isalnum():
            yield ("figure", i, "name"), f"found {shown(figure.name)}, allowed: letters, digits and _, each name once"
        yield from _figure(("figure", i), figure, manifest)


def _seeds(at: Key, text: str) -> Complaints:
    try:
        seeds(text)
    except UsageError as error:
        yield at, str(error).removeprefix("--seeds: ")


def _lengths(at: Key, keys: Mapping[str, Values] | str, axis: Axis) -> Complaints:
    for key, values in {} if isinstance(keys, str) else keys.items():
        if len(values) != len(axis.values):
            yield (*at, key), f"found {len(values)} values, allowed: {len(axis.values)}, one for each of the axis"


def _figure(at: Key, figure: Figure, manifest: Manifest) -> Complaints:
    allowed = (*manifest.axis, ALONG)
    across = {"x": figure.x, "by": figure.by} if figure.form != "step" else {"by": figure.by}
    for key, name in across.items():
        if name not in allowed:
            yield (*at, key), unknown(name, allowed, "an axis: ")
    if figure.form == "step" and figure.x:
        yield (*at, "x"), f"found {shown(figure.x)}, allowed: none: across lies what is measured"
    if figure.form != "step" and figure.x == figure.by:
        yield (*at, "by"), f"found {shown(figure.by)}, allowed: another axis than x"
    kinds = set()
    for name in figure.sweeps or manifest.sweep:
        if name not in manifest.sweep:
            yield (*at, "sweeps"), unknown(name, tuple(manifest.sweep))
            continue
        sweep = manifest.sweep[name]
        kinds.add(measured(figure, sweep) in METRICS)
        axes = varied(manifest, sweep)
        for axis in across.values():
            if axis in manifest.axis and axis not in axes:
                yield (*at, "sweeps"), f"found {shown(name)}, which does not vary {axis}; allowed: sweeps that do"
        for axis in axes:
            if axis not in across.values():  # a median over different settings says nothing
                yield at, f"found sweep {shown(name)}, which varies {axis}, allowed: it as x or by"
    if len(kinds) > 1:
        yield (*at, "y"), f"found {shown(figure.y)}, a metric in some sweeps and a property in others"
    if kinds == {False} and figure.form == "step":
        yield (*at, "y"), f"found {shown(figure.y)}, allowed: a metric: {', '.join(METRICS)}"
    if figure.beside:
        yield from _beside(at, figure, manifest)
    taking_part = figure.sweeps or tuple(manifest.sweep)
    if len(taking_part) - bool(figure.beside) > 1 and ALONG not in across.values():
        count = f"found {len(taking_part)} sweeps, allowed: {'two' if figure.beside else 'one'}"
        yield at, f"{count}, or {shown(ALONG)} as x or by"


def _beside(at: Key, figure: Figure, manifest: Manifest) -> Complaints:
    taking_part = figure.sweeps or tuple(manifest.sweep)
    others = [name for name in taking_part if name != figure.beside]
    if figure.beside not in taking_part:
        yield (*at, "beside"), unknown(figure.beside, taking_part, "a sweep of the figure: ")
    elif not others:
        yield (*at, "beside"), f"found {shown(figure.beside)} alone, allowed: with one or more other sweeps"
    if figure.form == "step":
        yield (*at, "beside"), "found it in a distribution (step), allowed: in the other forms"
    if figure.band == "deciles":
        yield (*at, "band"), 'found "deciles", allowed with beside: "interval"'
    if figure.y_log:
        yield (*at, "y_log"), "found true, allowed with beside: false: a difference may be negative"
    spans = {manifest.sweep[name].seeds or manifest.seeds for name in taking_part if name in manifest.sweep}
    if len(spans) > 1:
        yield (*at, "beside"), f"found sweeps of seeds {', '.join(sorted(spans))}, allowed: the same for all"
