"""A load run as one self-contained page: verdicts with their bounds, percentiles, its course, and each route."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from asbuilt.results.exit_codes import outcome
from asbuilt.results.terminal import NEVER_ASKED, found_text
from asbuilt.results.writers import Night

PAGE = "load.html"
TEMPLATE = Path(__file__).with_name("load.html.jinja")
Points = list[tuple[float, float]]
Curve = Sequence[Sequence[float | None]]
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _BOTTOM, _TOP = 700, 240, 58, 36, 30, 12  # of a chart and its margins
_BLUE, _GREEN, _GREY, _RED = "#1d5fa8", "#3c8d40", "#8a8a8a", "#b3261e"
_CURVES = {"response": _BLUE, "service": _GREEN, "lag": _GREY}
_SHARES = (("0", 0.0), ("50 %", 0.5), ("90 %", 0.9), ("99 %", 0.99), ("99.9 %", 0.999), ("99.99 %", 0.9999))
_UNITS = {"ms": " ms", "percent": " %"}  # by how a check's name ends


def write(night: Night, folder: Path) -> None:
    """Write one page for each load run."""
    for result in night.load:
        text = page(result, night.architecture(result["system"]))
        (folder / night.load_file(PAGE, result)).write_text(text, encoding="utf-8")


def page(result: Mapping[str, Any], architecture: str) -> str:
    """The HTML text of a load-result.json. Texts from the target or a file are escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # every run imports this module, few draw a page

    environment = Environment(
        loader=FileSystemLoader(TEMPLATE.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"whole": "{:,.0f}".format, "ms": _ms}
    curves = result["curves"]
    return environment.get_template(TEMPLATE.name).render(
        result=result,
        title=f"{architecture} {result['variant']}".strip(),
        never_asked=NEVER_ASKED,
        facts=[_fact(fact) for fact in result["facts"]],
        percentiles={
            "heads": ["ms", *(f"p{100 * (share or 0):g}" for share, _ in curves["response"])],
            "rows": [[name, *(_ms(value) for _, value in curves[name])] for name in _CURVES],
        },
        charts={"percentiles": _percentiles(curves), **_over_time(result["timeline"])},
        errors=list(_errors(result["endpoints"])),
    )


def _fact(fact: Mapping[str, Any]) -> dict[str, str]:
    unit = _UNITS.get(fact["fact"].rpartition("_")[2], "")
    return {
        "status": fact["status"],
        "outcome": outcome(fact),
        "name": fact["fact"],
        "section": fact["section"],
        "says": fact["says"],
        "expected": fact["expected"]["text"] + unit,
        "found": fact["reason"] or f"{found_text(fact)}{unit}{_bounds(fact)}",
    }


def _bounds(fact: Mapping[str, Any]) -> str:
    """The values between which the true figure lies, from the evidence that decided."""
    ends = {read["field"].rpartition(".")[2]: read["value"] for read in fact["evidence"]}
    low, high = ends.get("low"), ends.get("high")
    return "" if low is None or high is None or low == high else f" (between {low:.4g} and {high:.4g})"


def _errors(endpoints: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    for one in endpoints:
        for error, times in sorted(one["errors"].items(), key=lambda item: -item[1]):
            yield one["name"], error, f"{times:,}"


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}" if value < 100 else f"{value:,.0f}"


def _percentiles(curves: Mapping[str, Curve]) -> dict[str, Any]:
    """Percentiles on a scale that gives each further nine the same room."""
    lines = {name: (colour, list(_nines(curves[name]))) for name, colour in _CURVES.items()}
    return _chart(lines, "ms", [(_nine(share), text) for text, share in _SHARES])


def _nines(curve: Curve) -> Iterator[tuple[float, float]]:
    for share, value in curve:
        if share is not None and value is not None and share < 1:
            yield _nine(share), value


def _nine(share: float) -> float:
    return -math.log10(max(1e-5, 1 - share))


def _over_time(timeline: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What was offered and answered each second, and how long it took; no charts where nothing was measured."""
    if not timeline:
        return {}
    last = timeline[-1]["second"]
    ticks = [(last * part / 5, f"{last * part / 5:.0f} s") for part in range(6)]

    def line(colour: str, name: str) -> tuple[str, Points]:
        return colour, [(point["second"], point[name]) for point in timeline if point[name] is not None]

    rates = {"due": line(_GREY, "due"), "answered": line(_BLUE, "answered"), "failed": line(_RED, "failed")}
    times = {"p95": line(_BLUE, "p95_ms"), "worst lag": line(_GREY, "lag_ms")}
    return {"rates": _chart(rates, "a second", ticks), "times": _chart(times, "ms", ticks)}


def _chart(lines: Mapping[str, tuple[str, Points]], unit: str, ticks: Sequence[tuple[float, str]]) -> dict[str, Any]:
    """The coordinates of a chart; `lines` are its colours and points by name, `ticks` its marks below."""
    greatest = max((value for _, points in lines.values() for _, value in points), default=0.0)
    step = _step(greatest)
    steps = max(1, math.ceil(greatest / step - 1e-9))
    widest = max([x for _, points in lines.values() for x, _ in points] + [ticks[-1][0]]) or 1.0

    def across(value: float) -> float:
        return round(_LEFT + value / widest * (_WIDTH - _LEFT - _RIGHT), 1)

    def up(value: float) -> float:
        return round(_HEIGHT - _BOTTOM - value / (step * steps) * (_HEIGHT - _BOTTOM - _TOP), 1)

    return {
        "unit": unit,
        "width": _WIDTH,
        "height": _HEIGHT,
        "left": _LEFT,
        "right": _WIDTH - _RIGHT,
        "grid": [(up(step * part), f"{step * part:,g}") for part in range(steps + 1)],
        "ticks": [(across(at), text) for at, text in ticks],
        "lines": [
            {"name": name, "colour": colour, "points": " ".join(f"{across(x)},{up(y)}" for x, y in points)}
            for name, (colour, points) in lines.items()
        ],
    }


def _step(greatest: float) -> float:
    """A round number, of which three to six reach the greatest value."""
    if greatest <= 0:
        return 1.0
    power: float = 10 ** math.floor(math.log10(greatest))
    return next(power * part for part in (0.2, 0.25, 0.5, 1.0, 2.0) if greatest / (power * part) <= 6)
