"""A load run as one self-contained page: verdicts with their bounds, percentiles, how it went, route by route."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any

from asbuilt.results.exit_codes import outcome
from asbuilt.results.terminal import NEVER_ASKED, found_text

Point = tuple[float, float]
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _BOTTOM, _TOP = 700, 240, 58, 36, 30, 12
_COLOURS = {"response": "#1d5fa8", "service": "#3c8d40", "lag": "#8a8a8a", "due": "#8a8a8a", "failed": "#b3261e"}
_UNITS = {"ms": " ms", "percent": " %"}  # by how a check's name ends
_STYLE = """
:root{color-scheme:light}*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;color:#1c1c1c;background:#fff;max-width:960px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.3rem 0}.dim{color:#5a5a5a}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}
th{font-weight:600;background:#f5f5f5}td.n,th.n{text-align:right;white-space:nowrap}
.s{font-weight:600;white-space:nowrap}.passed{color:#1e6b24}.failed{color:#b3261e}.unknown{color:#8a5a00}
.box{border-left:4px solid #b3261e;background:#fdf1f0;padding:.6rem 1rem;margin:1rem 0}.wide{overflow-x:auto}
svg{max-width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:#444}.key span{margin-right:1rem}
.key i{display:inline-block;width:1rem;height:.2rem;vertical-align:middle;margin-right:.3rem}
"""


def page(result: Mapping[str, Any], architecture: str) -> str:
    """The HTML text; everything that came from the target or a file is escaped."""
    settings = result["settings"]
    who = escape(f"{architecture} {result['variant']}".strip())
    stand_in = " (a stand-in)" if result["target"]["stand_in"] else ""
    parts = [
        f"<h1>{who} under load</h1>",
        f"<p class=dim>{escape(result['target']['host'])}{stand_in} · profile {escape(settings['profile'])} · "
        f"{settings['arrivals']:,} arrivals in {settings['seconds']:,.0f} s · {settings['users']:,} users · "
        f"{escape(result['finished'])} · exit code {result['exit_code']}</p>",
        _invalid(result["invalid"]),
        _untried(result["untried"]),
        "<h2>Promises</h2>",
        _facts(result["facts"]),
        "<h2>Offered and served</h2>",
        _health(result),
        "<h2>How long it took</h2>",
        "<p class=dim>Response counts from the moment a request was due, service from the moment it was sent; lag "
        "between the two is the generator's own.</p>",
        _curves(result["curves"]),
        "<h2>Second by second</h2>",
        _timeline(result["timeline"]),
        "<h2>Routes</h2>",
        _routes(result["endpoints"]),
        "<h2>Errors</h2>",
        _errors(result["endpoints"]),
        "<h2>Generator</h2>",
        _workers(result["workers"]),
    ]
    body = "\n".join(part for part in parts if part)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{who} under load</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>\n{body}\n'
        "</body></html>\n"
    )


def _invalid(reasons: Sequence[str]) -> str:
    if not reasons:
        return ""
    items = "".join(f"<li>{escape(reason)}</li>" for reason in reasons)
    return f'<div class="box"><b>Invalid run:</b> it says nothing for or against the target.<ul>{items}</ul></div>'


def _untried(routes: Sequence[str]) -> str:
    return f'<div class="box"><b>{NEVER_ASKED}:</b> {escape(", ".join(routes))}</div>' if routes else ""


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: int) -> str:
    """A table whose last `numbers` columns are numbers; cells are HTML already."""
    first = len(heads) - numbers
    marks = [" class=n" if index >= first else "" for index in range(len(heads))]
    head = "".join(f"<th{mark}>{escape(text)}</th>" for mark, text in zip(marks, heads, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{mark}>{cell}</td>" for mark, cell in zip(marks, row, strict=True)) + "</tr>\n"
        for row in rows
    )
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _facts(facts: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for fact in facts:
        status = outcome(fact)
        unit = _UNITS.get(fact["fact"].rpartition("_")[2], "")
        found = fact["reason"] or f"{found_text(fact)}{unit}{_bounds(fact)}"
        rows.append(
            (
                f'<span class="s {escape(fact["status"])}">{escape(status)}</span>',
                f"{escape(fact['fact'])}<br><span class=dim>{escape(fact['section'])}: {escape(fact['says'])}</span>",
                escape(fact["expected"]["text"]) + unit,
                escape(found),
            )
        )
    return _table(("Status", "Promise", "Expected", "Found"), rows, 0)


def _bounds(fact: Mapping[str, Any]) -> str:
    """Between which values the true figure lies, by the evidence that decided."""
    ends = {read["field"].rpartition(".")[2]: read["value"] for read in fact["evidence"]}
    low, high = ends.get("low"), ends.get("high")
    return "" if low is None or high is None or low == high else f" (between {low:.4g} and {high:.4g})"


def _health(result: Mapping[str, Any]) -> str:
    health, run = result["health"], result["runs"][0]
    rate = run["requests_per_second"]["value"]
    figures = (
        ("Arrivals scheduled", f"{health['scheduled']:,}"),
        ("taken on by a user", f"{health['started']:,}"),
        ("dropped (counted as failures)", f"{health['dropped']:,}"),
        ("Requests sent", f"{health['sent']:,}"),
        ("counted", f"{health['counted']:,}"),
        ("left without an end", f"{health['left']:,}"),
        ("Answered well, a second", "-" if rate is None else f"{rate:,.1f}"),
        ("Lag of the generator (p99)", f"{health['lag_p99_ms']:.2f} ms"),
    )
    return _table(("", "All of the run"), [(escape(name), value) for name, value in figures], 1)


def _curves(curves: Mapping[str, Sequence[Sequence[float | None]]]) -> str:
    """Percentiles on a scale that gives each further nine the same room."""
    lines = {
        name: [(-math.log10(max(1e-5, 1 - (share or 0))), value) for share, value in points if _drawn(share, value)]
        for name, points in curves.items()
    }
    ticks = [(0.0, "0"), (-math.log10(0.5), "50 %"), (1.0, "90 %"), (2.0, "99 %"), (3.0, "99.9 %"), (4.0, "99.99 %")]
    return _chart(lines, "ms", ticks) + _percentiles(curves)


def _drawn(share: float | None, value: float | None) -> bool:
    return share is not None and value is not None and share < 1


def _percentiles(curves: Mapping[str, Sequence[Sequence[float | None]]]) -> str:
    shares = [point[0] or 0.0 for point in next(iter(curves.values()))]
    heads = ("", *(f"{100 * share:g}" for share in shares))
    rows = [(escape(name), *(_ms(value) for _, value in points)) for name, points in curves.items()]
    return _table(("ms", *(f"p{head}" for head in heads[1:])), rows, len(shares))


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def _timeline(points: Sequence[Mapping[str, Any]]) -> str:
    if not points:
        return "<p>Nothing was measured.</p>"
    last = points[-1]["second"]
    ticks = [(last * part / 5, f"{last * part / 5:.0f} s") for part in range(6)]

    def line(name: str) -> list[Point]:
        return [(point["second"], point[name]) for point in points if point[name] is not None]

    rates = {"due": line("due"), "response": line("answered"), "failed": line("failed")}
    names = {"due": "due", "response": "answered", "failed": "failed"}
    times = {"response": line("p95_ms"), "lag": line("lag_ms")}
    return _chart(rates, "a second", ticks, names) + _chart(times, "ms", ticks, {"response": "p95", "lag": "worst lag"})


def _chart(
    lines: Mapping[str, Sequence[Any]],
    unit: str,
    ticks: Sequence[tuple[float, str]],
    names: Mapping[str, str] | None = None,
) -> str:
    values = [value for points in lines.values() for _, value in points]
    step = _step(max(values, default=0.0))
    steps = max(1, math.ceil(max(values, default=0.0) / step - 1e-9))
    top = step * steps
    right = max([x for points in lines.values() for x, _ in points] + [ticks[-1][0]]) or 1.0

    def across(value: float) -> float:
        return _LEFT + value / right * (_WIDTH - _LEFT - _RIGHT)

    def up(value: float) -> float:
        return _HEIGHT - _BOTTOM - value / top * (_HEIGHT - _BOTTOM - _TOP)

    drawn = "".join(_line(points, _COLOURS[name], across, up) for name, points in lines.items())
    grid = "".join(
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{up(step * part):.1f}" y2="{up(step * part):.1f}" '
        f'stroke="#e4e4e4"/><text x="{_LEFT - 6}" y="{up(step * part) + 4:.1f}" text-anchor="end">'
        f"{step * part:,g}</text>"
        for part in range(steps + 1)
    )
    below = "".join(
        f'<text x="{across(at):.1f}" y="{_HEIGHT - 10}" text-anchor="middle">{escape(text)}</text>'
        for at, text in ticks
    )
    key = "".join(
        f'<span><i style="background:{_COLOURS[name]}"></i>{escape((names or {}).get(name, name))}</span>'
        for name in lines
    )
    return (
        f'<p class="key dim">{key}<span>({escape(unit)})</span></p>'
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img">'
        f"{grid}{below}{drawn}</svg>"
    )


def _line(points: Sequence[Point], colour: str, across: Callable[[float], float], up: Callable[[float], float]) -> str:
    path = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>' if path else ""


def _step(greatest: float) -> float:
    """A round number, of which three to six reach the greatest value."""
    if greatest <= 0:
        return 1.0
    power: float = 10 ** math.floor(math.log10(greatest))
    return next(power * part for part in (0.2, 0.25, 0.5, 1.0, 2.0) if greatest / (power * part) <= 6)


def _routes(endpoints: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for one in endpoints:
        curve = dict(one["curve"])
        counts = one["counts"]
        if not (counts.get("sent") or counts.get("failed")):
            continue
        rows.append(
            (
                f"{escape(one['name'])} <span class=dim>{escape(one['method'])}</span>",
                escape(one["flow"]),
                f"{counts.get('sent', 0):,}",
                f"{counts.get('failed', 0):,}",
                *(_ms(curve.get(share)) for share in (0.5, 0.95, 0.99, 1.0)),
            )
        )
    return _table(("Route", "Flow", "Sent", "Failed", "p50 ms", "p95", "p99", "worst"), rows, 6)


def _errors(endpoints: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (escape(one["name"]), escape(error), f"{times:,}")
        for one in endpoints
        for error, times in sorted(one["errors"].items(), key=lambda item: -item[1])
    ]
    return _table(("Route", "What was wrong", "Times"), rows, 1) if rows else "<p>None.</p>"


def _workers(workers: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        (
            escape(one["name"]),
            escape(one["lost"] or "to the end"),
            f"{one['scheduled']:,}",
            f"{one['cpu']:.0%}",
            f"{one['memory_mib']:.0f}",
        )
        for one in workers
    ]
    return _table(("Process", "Stayed", "Arrivals", "Busiest", "MiB"), rows, 3)
