"""Builds the page: verdicts with their evidence, faults, pictures, and the diagram's script with its data."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from sim.units import clock_text

from ..load import BadRun, Fault, Judged, RunData
from ..sheet import named
from .data import first_difference, page_data

HERE = Path(__file__).parent
# Nothing may be asked of a network, whatever a trace holds.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


Pictures = Mapping[str, bytes]  # a run's, as SVG, by name


def check_together(runs: Sequence[RunData]) -> None:
    """Raise BadRun unless runs may stand beside each other."""
    allowed = runs[0].result.scenario
    for other in runs[1:]:
        if (found := other.result.scenario) != allowed:
            raise BadRun(
                f"{other.path}: found a run of {found}, allowed: one of {allowed}, which it is to stand beside"
            )


def page(runs: Sequence[RunData], pictures: Sequence[Pictures] = ()) -> str:
    """Return the page of a run that was loaded whole, or of two of one scenario, with their pictures. Raises BadRun."""
    check_together(runs)
    run = runs[0]
    difference = first_difference(*runs) if len(runs) > 1 else None
    data = {"format": "netsplit.page/1", "runs": [page_data(one) for one in runs], "difference": difference}
    title = f"{run.result.scenario}, seed {' and '.join(str(one.result.seed) for one in runs)}"
    body = [f"<h1>{escape(title)}</h1>", *map(_verdicts, runs), _diagram(runs, difference), *map(_faults, runs)]
    body += map(_pictures, runs, pictures)
    return _document(title, body, data)


def _document(title: str, body: Iterable[str], data: dict[str, Any]) -> str:
    css, script = ((HERE / name).read_text("utf-8") for name in ("page.css", "page.js"))
    # In a script element only `</` and `<!--` could end the data or change how it is read.
    held = json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>\n{css}</style>",
            "</head>",
            "<body>",
            *body,
            f'<script type="application/json" id="data">{held}</script>',
            f"<script>\n{script}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _verdicts(run: RunData) -> str:
    result = run.result
    about = f"{result.model}, {result.profile}, seed {result.seed}, digest {result.digest}"
    rows = "".join(_judged(judged) for judged in result.properties)
    head = "<tr><th>property</th><th>verdict</th><th>what was seen</th></tr>"
    return (
        f'<section><h2>Verdict: <span class="{escape(result.verdict)}">{escape(result.verdict)}</span></h2>'
        f"<p>{escape(about)}</p><table>{head}{rows}</table></section>"
    )


def _judged(judged: Judged) -> str:
    seen = escape(judged.sentence)
    if judged.evidence is not None:
        at = "" if judged.evidence.at is None else f"{clock_text(judged.evidence.at)} "
        seen = escape(f"{at}{judged.evidence.sentence}")
        if judged.evidence.seq is not None:
            seen += f' <button type="button" class="go" data-seq="{judged.evidence.seq}">show</button>'
    title = escape(judged.sentence, quote=True)
    verdict = f'<td class="{escape(judged.verdict)}">{escape(judged.verdict)}</td>'
    return f'<tr><td title="{title}">{escape(judged.name)}</td>{verdict}<td>{seen}</td></tr>'


def _diagram(runs: Sequence[RunData], difference: tuple[int, int] | None) -> str:
    told = ""
    if len(runs) > 1:
        told = "<p id='difference'>The runs do not differ.</p>"
        if difference is not None:
            told = f"<p id='difference'>The first difference is at record {difference[0]}, marked in both.</p>"
    canvases = "".join(
        f'<canvas class="diagram" id="diagram{i}" tabindex="0" role="application" '
        f'aria-label="space-time diagram, seed {run.result.seed}: arrows move, plus and minus zoom, '
        f'brackets step through records, v goes to the violation"></canvas>'
        for i, run in enumerate(runs)
    )
    return f"""<section id="why"><h2>What happened</h2>{told}
<form id="tools" onsubmit="return false">
<button type="button" id="violation">first violation (v)</button>
<button type="button" id="whole">whole run (0)</button>
<button type="button" id="in">zoom in (+)</button>
<button type="button" id="out">zoom out (-)</button>
<label>search (/) <input id="search" type="search" size="24"></label>
<span id="found" role="status"></span>
<fieldset id="kinds"><legend>kinds</legend></fieldset>
<fieldset id="nodes"><legend>nodes</legend></fieldset>
</form>
<p id="legend"></p>
{canvases}
<p id="shown" role="status"></p>
<div id="details" aria-live="polite"><p>Click a record, or step with [ and ]: its causes are lit.</p></div>
</section>"""


def _faults(run: RunData) -> str:
    if not run.result.faults:
        return f"<section><h2>Faults of seed {run.result.seed}</h2><p>None.</p></section>"
    rows = "".join(_fault(fault) for fault in run.result.faults)
    head = "<tr><th>fault</th><th>begin</th><th>end</th><th>what it was</th></tr>"
    return f"<section><h2>Faults of seed {run.result.seed}</h2><table>{head}{rows}</table></section>"


def _fault(fault: Fault) -> str:
    begin = "never" if fault.begin is None else clock_text(fault.begin)
    end = "-" if fault.end is None else clock_text(fault.end)
    chip = f'<span class="chip" style="background:{escape(fault.colour)}"></span>'
    fields = ", ".join(f"{name} {value}" for name, value in fault.fields.items())
    cells = f"<td>{chip}{escape(named(fault)[0])}</td><td>{begin}</td><td>{end}</td>"
    return f"<tr>{cells}<td>{escape(fields)}</td></tr>"


def _pictures(run: RunData, pictures: Pictures) -> str:
    made = []
    for name, svg in pictures.items():
        alt = escape(f"{name} of seed {run.result.seed}", quote=True)
        held = base64.b64encode(svg).decode()
        made.append(f'<figure><img alt="{alt}" src="data:image/svg+xml;base64,{held}"></figure>')
    return f"<section><h2>Pictures of seed {run.result.seed}</h2>{''.join(made)}</section>"
