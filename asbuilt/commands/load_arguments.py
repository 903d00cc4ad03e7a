"""The options of `asbuilt load`; importing this costs nothing."""

from __future__ import annotations

import argparse
from pathlib import Path

from asbuilt.load.plan.arrivals import PROFILES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options to a parser."""
    parser.add_argument("system", nargs="?", metavar="SPEC", help="a folder of specs/, or a path to a spec.toml")
    parser.add_argument("--host", default="", metavar="URL", help="the target; default: a stand-in on this machine")
    parser.add_argument("--variant", default="", metavar="NAME", help="the variant of the architecture (its tier)")
    shapes = "; ".join(f"{name}: {about}" for name, (_, _, about) in PROFILES.items())
    parser.add_argument("--profile", default="", metavar="NAME", help=f"{shapes.replace('%', '%%')}; default: target")
    parser.add_argument("--workers", type=int, default=0, metavar="N", help="worker processes on this machine")
    parser.add_argument("--expect-workers", type=int, default=0, metavar="N", help="workers that join from elsewhere")
    parser.add_argument(
        "--bind", default="127.0.0.1:5557", metavar="ADDRESS:PORT", help="where workers find the master"
    )
    sizes = parser.add_argument_group("size, where it is not to be as documented")
    sizes.add_argument("--rate", type=float, default=0.0, metavar="N", help="arrivals a second")
    sizes.add_argument("--users", type=int, default=0, metavar="N", help="concurrent users")
    sizes.add_argument("--seconds", type=float, default=0.0, metavar="S", help="length of the profile without its ramp")
    sizes.add_argument("--ramp", type=float, default=-1.0, metavar="S", help="length of the ramp before it")
    sizes.add_argument("--seed", type=int, default=1, metavar="N", help="of what is drawn at random")
    safety = parser.add_argument_group("safety")
    safety.add_argument("--confirm", default="", metavar="HOST", help="needed once for a host that is not this machine")
    safety.add_argument("--production", default="", metavar="HOST", help="needed too where the host looks like one")
    safety.add_argument("--allow-writes", action="store_true", help="send what changes data to a host elsewhere, too")
    safety.add_argument("--kill-file", default="", metavar="FILE", help="the run stops when it appears")
    safety.add_argument("--most-rate", type=float, default=30_000, metavar="N", help="default: %(default)s a second")
    safety.add_argument("--most-users", type=int, default=60_000, metavar="N", help="default: %(default)s")
    safety.add_argument("--most-seconds", type=float, default=14_400, metavar="S", help="default: %(default)s")
    safety.add_argument("--most-gib", type=float, default=50, metavar="N", help="received; default: %(default)s")
    safety.add_argument(
        "--most-lag",
        type=float,
        default=0.0,
        metavar="MS",
        help="of the generator (p99); default: 5, or 5%% of the limit",
    )
    safety.add_argument("--no-abort", action="store_true", help="go on when an objective is out of reach")
    more = parser.add_argument_group("more")
    more.add_argument("--ca-file", default="", metavar="FILE", help="authorities that the host's certificate may have")
    more.add_argument("--insecure", action="store_true", help="accept any certificate")
    more.add_argument("--knob", action="append", default=[], metavar="NAME=VALUE", help="turn a knob of the stand-in")
    more.add_argument("--scenario", type=Path, metavar="FILE", help="routes and credentials; default: the shipped ones")
    more.add_argument("--strict", action="store_true", help="judge the stricter of two documented readings")
    more.add_argument("--out", type=Path, default=Path("reports/out/load"), metavar="DIR", help="default: %(default)s")
    more.add_argument("--awake", action="store_true", help="keep the cores awake: finer times, at rates that are low")
    more.add_argument("--selfcheck", action="store_true", help="show on a stalling target what a closed loop misses")
    more.add_argument(
        "--calibrate", action="store_true", help="measure this machine, and say how many workers it takes"
    )
    more.add_argument("--compare", nargs=2, type=Path, metavar=("A", "B"), help="two load results, of like settings")
