"""The options of `asbuilt load`; importing this module loads nothing heavy."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from asbuilt.load.plan.arrivals import PROFILES
from asbuilt.load.plan.confirmation import GATE

_SHAPES = "; ".join(f"{name}: {about}" for name, (_, _, about) in PROFILES.items()).replace("%", "%%")

_ABOVE_ZERO = ("--rate", "--users", "--seconds")  # where they are given; else the document says

# group → option → (metavar, default, help); the default gives the type, and an option without a metavar is a switch
_OPTIONS: dict[str, dict[str, tuple[str, Any, str]]] = {
    "options": {
        "--host": ("URL", "", "the target; default: a stand-in on this machine"),
        "--variant": ("NAME", "", "the variant of the architecture (its tier)"),
        "--profile": ("NAME", "", f"{_SHAPES}; default: target"),
        "--workers": ("N", 0, "worker processes to start on this machine"),
        "--expect-workers": ("N", 0, "workers that join from other machines"),
        "--bind": ("ADDRESS:PORT", "127.0.0.1:5557", "where the workers find the coordinator"),
    },
    "size, where it is to differ from the document": {
        "--rate": ("N", 0.0, "arrivals a second"),
        "--users": ("N", 0, "concurrent users"),
        "--seconds": ("S", 0.0, "length of the profile without its ramp"),
        "--ramp": ("S", -1.0, "length of the ramp before it"),
        "--seed": ("N", 1, "seed of what is drawn at random"),
    },
    "safety": {
        **GATE,
        "--kill-file": ("FILE", "", "stop the run when this file appears"),
        "--most-users": ("N", 60_000.0, "refuse more users; default: %(default)g"),
        "--most-seconds": ("S", 14_400.0, "refuse a longer run; default: %(default)g"),
        "--most-gib": ("N", 50.0, "stop when more was received; default: %(default)g"),
        "--most-lag": ("MS", 0.0, "lag (p99) that makes a run invalid; default: 5, or 5%% of the tightest objective"),
        "--no-abort": ("", False, "go on when an objective is out of reach"),
    },
    "more": {
        "--ca-file": ("FILE", "", "certificate authorities to trust for the host"),
        "--insecure": ("", False, "accept any certificate"),
        "--scenario": ("FILE", None, "routes and credentials; default: the shipped ones"),
        "--strict": ("", False, "judge the stricter of two documented readings"),
        "--out": ("DIR", Path("reports/out/load"), "default: %(default)s"),
        "--awake": ("", False, "keep the cores out of idle states: more exact times at low rates"),
        "--selfcheck": ("", False, "show on a stalling target what a closed loop misses"),
        "--calibrate": ("", False, "measure this machine, and print how many workers a rate takes"),
    },
}


def _kind(name: str, default: Any) -> Callable[[str], Any]:
    """What reads the value of an option: a path, a text, or a number that is not negative, or above 0."""
    if isinstance(default, int | float):
        return partial(_number, type(default), name in _ABOVE_ZERO)
    return Path if default is None or isinstance(default, Path) else str


def _number(kind: type, above_zero: bool, text: str) -> Any:
    try:
        value = kind(text)
    except ValueError:
        value = math.nan
    if not (0 < value < math.inf or (value == 0 and not above_zero)):
        form = "whole number" if kind is int else "number"
        raise argparse.ArgumentTypeError(f"must be a {form} {'above 0' if above_zero else 'from 0'}, found {text!r}")
    return value


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options to a parser."""
    parser.add_argument("system", nargs="?", metavar="SPEC", help="a folder of specs/, or a path to a spec.toml")
    for title, options in _OPTIONS.items():
        group = parser if title == "options" else parser.add_argument_group(title)
        for name, (metavar, default, text) in options.items():
            if metavar:
                kind = _kind(name, default)
                group.add_argument(name, type=kind, default=default, metavar=metavar, help=text)
            else:
                group.add_argument(name, action="store_true", help=text)
    group.add_argument("--knob", action="append", default=[], metavar="NAME=VALUE", help="set a knob of the stand-in")
    group.add_argument("--compare", nargs=2, type=Path, metavar=("A", "B"), help="compare two results of like settings")
