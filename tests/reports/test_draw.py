import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from ink import legible

from reports import convergence, spacetime, style, timeline
from reports.draw import EVERY, FORMATS, PICTURES, draw
from reports.load import load
from reports.series import field_steps, role_spans
from sim.units import clock_text

ROOT = Path(__file__).parents[2]
NAMES = sorted(f"{name}.{kind}" for name in ("timeline", "convergence", "spacetime") for kind in ("svg", "png"))


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in NAMES}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, write_run: Any) -> Path:
    path = Path(write_run(tmp_path_factory.mktemp("run")))
    draw(load(path), path)
    return path


def texts(figure: Any) -> list[str]:
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


# -- files -------------------------------------------------------------------------------------------------


def test_three_pictures_are_drawn_twice_each_and_nothing_is_left_over(tmp_path: Path, write_run: Any) -> None:
    path = write_run(tmp_path)
    before = {p.name for p in tmp_path.iterdir()}
    assert sorted(p.name for p in draw(load(path), path)) == NAMES
    assert {p.name for p in tmp_path.iterdir()} == before | set(NAMES)


def test_every_picture_comes_in_every_format_and_the_same_bytes_each_time(folder: Path, tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        made.append([path.read_bytes() for path in draw(load(folder), tmp_path / name, EVERY, tuple(FORMATS))])
    assert len(made[0]) == len(EVERY) * len(FORMATS)
    assert made[0] == made[1]


def test_the_same_run_gives_the_same_bytes(folder: Path, tmp_path: Path, write_run: Any) -> None:
    again = write_run(tmp_path)
    draw(load(again), again)
    assert bytes_of(again) == bytes_of(folder)


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_another_process_with_other_settings_gives_the_same_bytes(
    folder: Path, tmp_path: Path, write_run: Any, hash_seed: str
) -> None:
    again = write_run(tmp_path / "run")
    config = tmp_path / "matplotlibrc"
    config.write_text("font.size: 31\nlines.linewidth: 9\nsvg.fonttype: none\nsavefig.dpi: 31\n", "utf-8")
    code = "import sys; from pathlib import Path; from reports.draw import draw; from reports.load import load; "
    code += "path = Path(sys.argv[1]); draw(load(path), path)"
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "Asia/Tokyo", "PYTHONPATH": str(ROOT)}
    environment |= {"MATPLOTLIBRC": str(config)}
    subprocess.run([sys.executable, "-c", code, str(again)], check=True, env=environment, cwd=tmp_path)
    assert bytes_of(again) == bytes_of(folder)


def test_another_run_gives_other_bytes(folder: Path, tmp_path: Path, write_run: Any) -> None:
    other = write_run(tmp_path, seed=8)
    draw(load(other), other)
    theirs, ours = bytes_of(other), bytes_of(folder)
    assert all(theirs[name] != ours[name] for name in NAMES)


def test_a_picture_that_fails_leaves_none_of_the_others(
    tmp_path: Path, write_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(run: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(PICTURES, "spacetime", fail)  # type: ignore[arg-type]
    path = write_run(tmp_path)
    before = {p.name for p in path.iterdir()}
    with pytest.raises(ZeroDivisionError):
        draw(load(path), path)
    assert {p.name for p in path.iterdir()} == before


def test_importing_reports_does_not_import_matplotlib() -> None:
    code = "import sys, reports, reports.draw; sys.exit('matplotlib' in sys.modules or 'simpy' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_drawing_leaves_matplotlibs_settings_alone(folder: Path) -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    draw(load(folder), folder)
    assert dict(matplotlib.rcParams) == before


# -- what is drawn -----------------------------------------------------------------------------------------


def test_the_timelines_bars_are_the_roles_of_the_run(folder: Path) -> None:
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import to_hex

    run = load(folder)
    with style.styled():
        axes = timeline.draw(run).axes[2]
    drawn = []
    for bars in axes.findobj(PolyCollection):
        if to_hex(bars.get_facecolor()[0]) == style.ROLE["leader"]:
            boxes = [path.get_extents() for path in bars.get_paths()]
            drawn += [(round((b.y0 + b.y1) / 2), round(b.x0 * 1e9), round(b.x1 * 1e9)) for b in boxes]
    spans = role_spans(run.records, run.header.nodes, run.end())
    led = [
        (lane, s.begin, s.end) for lane, node in enumerate(run.header.nodes) for s in spans[node] if s.role == "leader"
    ]
    assert len(led) >= 2
    assert sorted(drawn) == sorted(led)


def test_the_convergence_lines_are_the_tails_of_the_run(folder: Path) -> None:
    run = load(folder)
    with style.styled():
        axes = convergence.draw(run).axes[1]
    steps = field_steps(run.records, run.header.nodes, "tail")
    for line, node in zip(axes.lines, run.header.nodes, strict=False):
        assert list(line.get_xdata())[:-1] == [at / 1e9 for at, _ in steps[node]]
        assert [y for y in list(line.get_ydata())[:-1] if y == y] == [v for _, v in steps[node] if v is not None]


def test_the_arrows_are_the_messages_of_the_window(folder: Path) -> None:
    from matplotlib.patches import FancyArrowPatch

    run = load(folder)
    with style.styled():
        figure = spacetime.draw(run)
    low, high = (round(x * 1e9) for x in figure.axes[0].get_xlim())
    wide = re.search(r": ([0-9.]+)s to ([0-9.]+)s, (\d+) messages", "\n".join(texts(figure)))
    assert wide is not None
    begin = round(float(wide[1]) * 1e9)
    seen = spacetime.messages_between(spacetime.messages(run.records), begin, begin + high - low)
    assert abs(len(seen) - int(wide[3])) <= 2  # the caption rounds the window to microseconds
    arrows = figure.axes[0].findobj(FancyArrowPatch)
    assert abs(len(arrows) - sum(len(m.arrivals) for m in seen)) <= 2
    assert len(arrows) > 20


def test_the_first_violation_is_told_and_marked(folder: Path) -> None:
    run = load(folder)
    first = run.violations()[0]
    for picture in (timeline, convergence, spacetime):
        with style.styled():
            figure = picture.draw(run)
        said = " ".join(texts(figure))
        assert f"First violation (single_leader) at {clock_text(first.at)}: " in said
        assert first.sentence in said
    with style.styled():
        strip = timeline.draw(run).axes[1]
    assert [line.get_xdata()[0] for line in strip.lines] == [first.at / 1e9]


def test_a_model_without_role_and_tail_is_drawn_with_what_it_has(tmp_path: Path, write_run: Any) -> None:
    run = load(write_run(tmp_path, machine="numbers"))
    with style.styled():
        said = " ".join(texts(convergence.draw(run)))
        roles = " ".join(texts(timeline.draw(run)))
    assert "has no tail; shown instead: applied, term." in said
    assert "applied of each node" in said
    assert "The view of this model has no role" in roles


def test_a_model_with_nothing_to_compare_is_told_so(tmp_path: Path, write_run: Any) -> None:
    run = load(write_run(tmp_path, machine="words"))
    with style.styled():
        said = " ".join(texts(convergence.draw(run)))
    assert "nothing to compare" in said
    assert "no tail and no other number to compare (it has: mood)" in said


def test_a_model_error_is_drawn_up_to_the_error(tmp_path: Path, write_run: Any) -> None:
    run = load(write_run(tmp_path, machine="broken"))
    assert run.result.verdict == "model-error"
    with style.styled():
        figure = timeline.draw(run)
    assert figure.axes[0].get_xlim() == (0, run.records[-1].at / 1e9)
    assert "toy/two_leaders, seed 7: model error" in texts(figure)


def test_drops_are_crosses_with_their_reasons_in_the_legend(folder: Path) -> None:
    with style.styled():
        assert "dropped: partition" in texts(spacetime.draw(load(folder)))


ODD = "a/$x^2$ <b> & ümläut \u65e5 -- ]]> \x07"


def test_no_text_is_read_as_mathematics(folder: Path) -> None:
    from matplotlib.text import Text

    for picture in PICTURES.values():
        with style.styled():
            found = picture(load(folder)).findobj(Text)
        assert len(found) > 10
        assert not any(text.get_parse_math() for text in found)


def test_text_of_a_run_is_drawn_as_it_is(tmp_path: Path, write_run: Any) -> None:
    def odd(found: dict[str, Any]) -> None:
        found["properties"][0]["evidence"]["sentence"] = "n1 & n3 <lead> at $5$ both"

    path = write_run(tmp_path, scenario=ODD, change=odd)
    draw(load(path), path)
    for name in ("timeline", "convergence", "spacetime"):
        with style.styled():
            said = " ".join(texts(PICTURES[name](load(path))))
        assert "a/$x^2$ <b> & ümläut \\u65e5 -- ]]> \\u0007, seed 7: as expected" in said
        assert "n1 & n3 <lead> at $5$ both" in said
        title = ElementTree.parse(path / f"{name}.svg").getroot().find("{http://www.w3.org/2000/svg}title")
        assert title is not None
        assert title.text == f"{name}: a/$x^2$ <b> & ümläut \\u65e5 -- ]]> \\u0007, seed 7: as expected"


# -- layout ------------------------------------------------------------------------------------------------

CASES: dict[str, dict[str, Any]] = {
    "one node": {"nodes": 1},
    "three nodes": {"nodes": 3},
    "five nodes": {},
    "nine nodes": {"nodes": 9},
    "fifty nodes": {"nodes": 50, "stop": 6 * 10**9},
    "no fault": {"faults": ()},
    "numbers": {"machine": "numbers"},
    "words": {"machine": "words"},
    "fast links": {"latency": (100_000, 200_000)},
    "busy": {"every": 4_000_000, "latency": (50_000_000, 150_000_000), "stop": 8 * 10**9},
    "long names": {"scenario": "a_very_long_name/" * 9},
}


@pytest.mark.parametrize("case", CASES)
def test_all_text_can_be_read_in_every_picture(tmp_path: Path, write_run: Any, case: str) -> None:
    run = load(write_run(tmp_path, **CASES[case]))
    for name, picture in EVERY.items():
        with style.styled():
            assert len(legible(picture(run))) > 2, name


@pytest.mark.parametrize(
    ("texts", "panels", "told"),
    [
        ([(0.1, "one", 12), (0.12, "other", 12)], [], "'one' lies on 'other'"),
        ([(0.99, "one", 12)], [], "'one' is clipped"),
        ([(0.1, "one", 11)], [], "'one' is of 5.5 points in a column"),
        ([], [0.2, 0.6], "'axes 0' lies on 'axes 1'"),
    ],
)
def test_what_cannot_be_read_is_found(texts: Any, panels: Any, told: str) -> None:
    from matplotlib.figure import Figure

    with style.styled():
        figure = Figure(figsize=(style.WIDTH, 1))
        for x, text, size in texts:
            figure.text(x, 0.5, text, fontsize=size)
        for left in panels:
            figure.add_axes((left, 0.2, 0.5, 0.5), xticks=(), yticks=())
        with pytest.raises(AssertionError, match=told):
            legible(figure)


def test_the_one_who_is_alone_is_shown_with_what_it_did_before_the_violation(tmp_path: Path, write_run: Any) -> None:
    def late(found: dict[str, Any]) -> None:
        found["properties"][0] |= {"verdict": "violated", "evidence": {"sentence": "s", "seq": None, "at": 16 * 10**9}}

    run = load(write_run(tmp_path, nodes=1, faults=(), change=late))
    with style.styled():
        low, high = spacetime.draw(run).axes[0].get_xlim()
    assert high - low > 1
