"""The page in a real browser: it opens in silence, shows the violation, and does what its buttons and keys say."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import Browser, executable

from reports.draw import EVERY, draw
from reports.load import load
from reports.page.build import page
from scenarios.run import prepare
from scenarios.run import run as simulate

pytestmark = pytest.mark.skipif(executable() is None, reason="no chromium is installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, write_run: Any) -> Path:
    """Return a folder with pages of one run, of two runs, and of a large one."""
    made: Path = tmp_path_factory.mktemp("browser")
    run, other = (load(write_run(made / f"run{seed}", seed=seed), whole=True) for seed in (7, 8))
    drawn = draw(run, made, EVERY, ("svg",))
    (made / "one.html").write_text(page([run], [{p.stem: p.read_bytes() for p in drawn}]), "utf-8")
    (made / "two.html").write_text(page([run, other]), "utf-8")
    evil = '<img src=x onerror="document.title=1">'
    odd = load(write_run(made / "odd", nodes=3, stop=2_000_000_000, faults=(), scenario=evil), whole=True)
    (made / "odd.html").write_text(page([odd]), "utf-8")
    jumps = prepare("faults/wall_clock_jumps")
    simulate(jumps, 1, made / "clocks", plots=False)
    (made / "clocks.html").write_text(page([load(made / "clocks", whole=True)]), "utf-8")
    return made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as running:
        yield running


@pytest.fixture
def opened(browser: Browser, folder: Path) -> Browser:
    browser.events.clear()
    browser.open(folder / "one.html")
    return browser


def place(browser: Browser, record: str) -> tuple[float, float]:
    """Return where in the window a record is drawn; `record` is an expression."""
    found = browser.ask(
        f"""(() => {{
            const d = netsplit.diagrams[0], box = d.canvas.getBoundingClientRect(), r = {record};
            return [box.left + d.x(d.run.records.at[r]), box.top + d.y(d.run.records.node[r])];
        }})()"""
    )
    return found[0], found[1]


def test_it_opens_without_errors_and_asks_no_network(opened: Browser, folder: Path) -> None:
    assert opened.complaints() == []
    assert [url for url in opened.requests() if not url.startswith("data:")] == [(folder / "one.html").as_uri()]


def test_the_first_violation_is_on_screen(opened: Browser) -> None:
    inside = "netsplit.shown.begin <= {0} && {0} <= netsplit.shown.end".format("netsplit.data.runs[0].violations[0].at")
    assert opened.ask(inside) is True
    assert opened.ask("netsplit.chosen.record === netsplit.data.runs[0].violations[0].record") is True


def test_a_click_on_a_record_lights_its_causes(opened: Browser) -> None:
    taken = """(() => { const d = netsplit.diagrams[0], m = d.run.messages;
        const row = m.fate.findIndex((fate, i) => fate === 0 && m.at[i] > netsplit.shown.begin + 1e8);
        netsplit.view(m.at[row] - 2e7, m.at[row] + 2e7); document.getElementById("why").scrollIntoView();
        netsplit.choose(0, -1); return m.end[row]; })()"""
    record = opened.ask(taken)
    opened.settle()
    opened.click(*place(opened, str(record)))
    assert opened.ask("document.getElementById('details').dataset.causes >= 3") is True
    causes = opened.ask(
        "[...netsplit.chosen.chain].map(r => netsplit.data.runs[0].kinds[netsplit.data.runs[0].records.kind[r]])"
    )
    assert "send" in causes


def test_the_details_say_what_state_and_clock_the_node_had(opened: Browser) -> None:
    told = opened.ask("document.getElementById('details').textContent")
    assert "role=leader" in told
    assert "wall clock +0.000000 ms" in told


def lane_dots(browser: Browser, at: int, lane: int) -> list[int]:
    """Return how many dots of the colour of clocks there are above and below zero, on a lane at a moment in ns."""
    found: list[int] = browser.ask(
        f"""(() => {{
            const d = netsplit.diagrams[0], pen = d.canvas.getContext("2d"), scale = window.devicePixelRatio || 1;
            const probe = document.createElement("canvas").getContext("2d");
            probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--clock");
            probe.fillRect(0, 0, 1, 1);
            const ink = probe.getImageData(0, 0, 1, 1).data, x = d.x({at}), zero = d.y({lane}) + 17;
            const count = (from) => {{
                const dots = pen.getImageData((x - 2) * scale, from * scale, 4 * scale, 5 * scale).data;
                let same = 0;
                for (let i = 0; i < dots.length; i += 4) {{
                    same += [0, 1, 2].every((k) => Math.abs(dots[i + k] - ink[k]) < 40);
                }}
                return same;
            }};
            return [count(zero - 6), count(zero + 2)];
        }})()"""
    )
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_clock_that_is_behind_is_drawn_below_zero_on_its_own_lane_alone(
    browser: Browser, folder: Path, scheme: str
) -> None:
    browser.events.clear()
    browser.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    browser.open(folder / "clocks.html")
    browser.ask("netsplit.showWhole()")
    browser.settle()
    try:
        above, below = lane_dots(browser, 1_500_000_000, 0)
        assert above == 0 < below
        assert lane_dots(browser, 500_000_000, 0)[1] == 0  # before it jumped
        assert lane_dots(browser, 1_500_000_000, 1) == [0, 0]
    finally:
        browser.call("Emulation.setEmulatedMedia", features=[])


def test_a_pointer_on_the_trace_of_a_clock_is_told_its_error(browser: Browser, folder: Path) -> None:
    browser.events.clear()
    browser.open(folder / "clocks.html")
    assert browser.complaints() == []
    browser.ask("netsplit.showWhole(), document.getElementById('why').scrollIntoView()")
    browser.settle()
    over = """(() => { const d = netsplit.diagrams[0], box = d.canvas.getBoundingClientRect();
        return [box.left + d.x(1.5e9), box.top + d.y(0) + 17]; })()"""
    x, y = browser.ask(over)
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    browser.settle()
    title = "netsplit.diagrams[0].canvas.title"
    assert re.fullmatch(r"n1 at 1\.\d+ s: wall clock -3600000\.000000 ms", browser.ask(title))
    browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y - 17)
    assert browser.ask(title) == ""


def test_the_legend_names_clocks_only_where_one_was_wrong(browser: Browser, folder: Path) -> None:
    legends = []
    for name in ("one", "clocks"):
        browser.open(folder / f"{name}.html")
        legends.append(browser.ask("document.getElementById('legend').textContent"))
    right, wrong = legends
    assert "leader" in right
    assert "wall clock" not in right
    assert "wall clock ahead of true time (up)" in wrong


def test_a_filter_takes_messages_off_the_canvas(opened: Browser) -> None:
    assert opened.ask("netsplit.diagrams[0].visible.length > 0") is True
    opened.ask("document.querySelector('#kinds input[value=send]').click()")
    opened.settle()
    assert opened.ask("netsplit.diagrams[0].visible.length") == 0


def test_a_node_that_is_filtered_out_has_no_lane(opened: Browser) -> None:
    before = opened.ask("netsplit.diagrams[0].canvas.clientHeight")
    opened.ask("document.querySelector('#nodes input').click()")
    opened.settle()
    assert opened.ask("netsplit.diagrams[0].canvas.clientHeight") < before


def test_keys_move_zoom_and_come_back_to_the_violation(opened: Browser) -> None:
    opened.ask("netsplit.diagrams[0].canvas.focus()")
    views = [opened.ask("[netsplit.shown.begin, netsplit.shown.end]")]
    for key in ("ArrowLeft", "-", "+", "0", "v"):
        opened.press(key)
        views.append(opened.ask("[netsplit.shown.begin, netsplit.shown.end]"))
    start, left, out, back, whole, again = views
    assert left[0] < start[0]
    assert out[1] - out[0] > left[1] - left[0] >= back[1] - back[0]
    assert whole == [0, opened.ask("netsplit.data.runs[0].end")]
    assert again == start


def test_brackets_step_from_record_to_record(opened: Browser) -> None:
    opened.ask("netsplit.diagrams[0].canvas.focus()")
    record = opened.ask("netsplit.chosen.record")
    opened.press("]")
    assert opened.ask("netsplit.chosen.record") > record
    opened.press("[")
    assert opened.ask("netsplit.chosen.record") == record


def test_search_counts_and_goes_to_what_it_finds(opened: Browser) -> None:
    box = "document.getElementById('search')"
    opened.ask(f"{box}.value = 'crash', {box}.dispatchEvent(new Event('input'))")
    assert opened.ask("document.getElementById('found').textContent").startswith("1 of ")
    assert "crash" in opened.ask("netsplit.data.runs[0].records.text[netsplit.chosen.record]")


def test_the_picture_is_not_blank_and_dark_differs_from_light(opened: Browser) -> None:
    opened.ask("document.getElementById('why').scrollIntoView()")
    opened.settle()
    light = opened.picture()
    opened.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    opened.settle()
    dark = opened.picture()
    opened.call("Emulation.setEmulatedMedia", features=[])
    assert light[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(light) > 10_000
    assert light != dark


def test_two_runs_stand_beside_each_other_with_their_first_difference(browser: Browser, folder: Path) -> None:
    browser.events.clear()
    browser.open(folder / "two.html")
    assert browser.complaints() == []
    assert browser.ask("document.querySelectorAll('canvas').length") == 2
    assert "first difference is at record" in browser.ask("document.getElementById('difference').textContent")


def test_markup_in_a_trace_stays_text(browser: Browser, folder: Path) -> None:
    browser.events.clear()
    browser.open(folder / "odd.html")
    assert browser.ask("document.title").startswith("<img")
    assert browser.ask("document.images.length") == 0
    assert browser.complaints() == []


def test_a_hundred_thousand_records_are_drawn_in_part_and_the_page_says_so(browser: Browser, folder: Path) -> None:
    text = (folder / "one.html").read_text("utf-8")
    grow = """<script>
    (() => { const held = document.getElementById("data"), d = JSON.parse(held.textContent), run = d.runs[0];
      const n = run.records.at.length, m = run.messages.send.length, times = Math.ceil(100000 / n), end = run.end;
      for (let k = 1; k < times; k += 1) {
        for (let i = 0; i < n; i += 1) {
          for (const name of ["kind", "node", "text"]) run.records[name].push(run.records[name][i]);
          run.records.at.push(run.records.at[i] + k * end);
          run.records.seq.push(run.records.seq[i] + k * 1e7);
          run.records.cause.push(run.records.cause[i] < 0 ? -1 : run.records.cause[i] + k * n);
        }
        for (let i = 0; i < m; i += 1) {
          for (const name of ["to", "type", "fate"]) run.messages[name].push(run.messages[name][i]);
          run.messages.send.push(run.messages.send[i] + k * n);
          run.messages.end.push(run.messages.end[i] < 0 ? -1 : run.messages.end[i] + k * n);
          run.messages.at.push(run.messages.at[i] + k * end);
        }
      }
      run.end = end * times;
      for (const entries of run.clocks) {
        for (let at = 0; at < run.end; at += run.end / 20000) entries.push([at, (at % 7) * 1e6 - 3e6, 0]);
      }
      held.textContent = JSON.stringify(d); })();
    </script>"""
    large = folder / "large.html"
    before, _, after = text.rpartition("<script>\n")
    large.write_text(before + grow + "<script>\n" + after, "utf-8")
    browser.events.clear()
    browser.open(large)
    assert browser.complaints() == []
    assert browser.ask("netsplit.data.runs[0].records.at.length") >= 100_000
    browser.press("0")
    assert browser.ask("netsplit.diagrams[0].clockCorners(netsplit.data.runs[0].clocks[0]).length") < 5000
    drawn, left = browser.ask("[netsplit.diagrams[0].visible.length, netsplit.diagrams[0].left]")
    assert 0 < drawn <= 5000
    assert left > 0
    assert f"{left} messages are left out" in browser.ask("document.getElementById('shown').textContent")
