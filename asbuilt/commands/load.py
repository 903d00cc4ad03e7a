"""`asbuilt load`: decide the settings, send the load, judge the load facts of the spec, and write the result."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from asbuilt.load.http.probe import probe
from asbuilt.load.measure.gate import contradictions
from asbuilt.load.plan import safety
from asbuilt.load.plan.confirmation import RunRefusedError, confirmed, on_this_machine
from asbuilt.load.plan.scenario import ScenarioError, parse, shipped, systems, text_of, users_file
from asbuilt.load.plan.settings import Settings, settle
from asbuilt.load.run import processes
from asbuilt.load.run.idle_states import prevent_idle
from asbuilt.load.verdict import judging
from asbuilt.load.verdict.result import RESULT, document, write
from asbuilt.problems import nearest
from asbuilt.results import terminal
from asbuilt.results.exit_codes import ExitCode, outcome
from asbuilt.results.run_folder import LOAD, RunFolder, refuse
from asbuilt.spec.model import Fact, Spec, SpecError


def run(options: argparse.Namespace) -> int:
    """Run the command. Returns its exit code."""
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        if options.compare:
            from asbuilt.load.verdict.comparison import compare

            return compare(*options.compare)
        if options.selfcheck:
            from asbuilt.load.selfcheck.selfcheck import selfcheck

            return selfcheck(options.awake)
        if options.calibrate:
            from asbuilt.load.selfcheck.calibration import calibrate

            return calibrate(options.rate)
        return _kept(options)
    except (SpecError, ScenarioError) as error:
        sys.stderr.write("".join(f"asbuilt: {problem}\n" for problem in error.problems))
        return ExitCode.USAGE
    except (RunRefusedError, ValueError) as error:
        sys.stderr.write(f"asbuilt: {error}\n")
        return ExitCode.USAGE
    except Exception:  # noqa: BLE001  # a defect of this program must not end with 1, which means that the target broke a promise
        traceback.print_exc()
        return ExitCode.INTERNAL


def _interrupted(*_: object) -> None:
    """Take SIGTERM as an interrupt, so that the processes that were started are ended, too."""
    raise KeyboardInterrupt


def _kept(options: argparse.Namespace) -> int:
    """Run with the files in a hidden folder; at the end they replace those of the earlier run, also after a failure."""
    safety.writable(options.out)
    folder = RunFolder(options.out, LOAD)
    folder.open()
    folder.begin()
    code: int = ExitCode.INTERNAL
    try:
        code = _load(options, folder)
    except (SpecError, ScenarioError, RunRefusedError, ValueError) as error:
        code, folder.message = ExitCode.USAGE, str(error)
        raise
    except KeyboardInterrupt:
        code = ExitCode.INTERRUPTED
        raise
    finally:
        folder.publish(code)
    return code


def refused(arguments: Sequence[str]) -> None:
    """Leave no earlier result where the command line itself is wrong."""
    refuse(arguments, Path("reports/out/load"), LOAD)


def _load(options: argparse.Namespace, folder: RunFolder) -> int:
    spec = _spec(options.system or "", options.strict)
    variant = options.variant or next(iter(spec.variants), "")
    if spec.variants and variant not in spec.variants:
        raise RunRefusedError(f"no variant {variant!r}: {nearest(variant, spec.variants)}")
    facts = judging.load_facts(spec, variant)
    if not facts:
        raise RunRefusedError(f"{spec.path} promises nothing about load: no fact of a {judging.KINDS[0]} subject")
    locust_file = users_file(spec.system)
    if not locust_file.exists():
        raise RunRefusedError(f"no scenario for {spec.system!r}: {nearest(spec.system, systems())}")
    workers = options.workers
    safety.enough_cores(workers)
    with _alone(), processes.child_processes() as children:
        host = options.host
        if not host:
            safety.enough_files(options.users or 1, 1)
            host = processes.stand_in(children, spec.system, options.knob)
        elif options.knob:
            raise RunRefusedError("--knob sets a knob of the stand-in, and --host names another target: give one")
        settings = _settled(options, spec, variant, host, facts)
        if options.awake:
            prevent_idle(children)
        raw, code = _measured(options, settings, locust_file, workers)
    return _reported(options, folder, spec, settings, facts, raw, code)


def _settled(options: argparse.Namespace, spec: Spec, variant: str, host: str, facts: list[Fact]) -> Settings:
    """The settings of the run. Raises where anything about them is refused."""
    addresses = confirmed(host, options.confirm, options.production)
    file = options.scenario or shipped(spec.system)
    text = text_of(file)
    scenario = parse(text, spec.system, file)
    settings = settle(
        scenario,
        text=text,
        host=host,
        addresses=addresses,
        variant=variant if scenario.variants else "",
        profile_name=options.profile,
        rate=options.rate,
        seconds=options.seconds,
        ramp=options.ramp,
        users=options.users,
        objectives=judging.objectives(facts),
        **_more_settings(options, addresses),
    )
    unknown = {item.flow for item in settings.objectives if item.flow} - scenario.flows()
    if unknown:
        names = ", ".join(sorted(unknown))
        raise RunRefusedError(f"{file}: no route has the flow {names}, which the spec names")
    _check_size(options, settings)
    probe(settings, scenario)
    return settings


def _more_settings(options: argparse.Namespace, addresses: tuple[str, ...]) -> dict[str, Any]:
    """The settings that follow from options alone."""
    return {
        "stand_in": not options.host,
        "seed": options.seed,
        "ca_file": str(Path(options.ca_file).resolve()) if options.ca_file else "",
        "verify_tls": not options.insecure,
        "kill_file": str(Path(options.kill_file).resolve()) if options.kill_file else "",
        "most_bytes": int(options.most_gib * 1024**3),
        "workers": options.workers + options.expect_workers,
        "most_lag_ms": options.most_lag,
        # a breakpoint or smoke run is held to no objective
        "abort": not options.no_abort and options.profile not in ("breakpoint", "smoke"),
        "writes": options.allow_writes or on_this_machine(addresses),
        "most_requests": options.most_requests,
        "most_rate": options.most_rate,
    }


def _check_size(options: argparse.Namespace, settings: Settings) -> None:
    """Refuse a run that is beyond its caps, contradicts itself, or needs more than this machine allows."""
    safety.within_caps(settings, options.most_users, options.most_seconds)
    for problem in contradictions(settings.objectives, settings.arrivals.peak, settings.users):
        raise RunRefusedError(problem)
    generates_here = options.workers or not options.expect_workers  # workers elsewhere have limits of their own
    if settings.stand_in:
        safety.enough_files(settings.users, 1)  # the stand-in serves all of them
    elif generates_here:
        safety.enough_files(settings.users, settings.workers)
    if generates_here:
        here = settings.users * max(1, options.workers) // max(1, settings.workers)
        safety.enough_ports(here, settings.host, len(settings.addresses))


def _measured(
    options: argparse.Namespace, settings: Settings, locust_file: Path, workers: int
) -> tuple[dict[str, Any], int]:
    """Send the load; returns what was measured ({} where the generator left nothing) and its exit code."""
    import dataclasses

    if options.expect_workers:
        where = f"{options.expect_workers} worker(s) from elsewhere at {options.bind}"
        sys.stdout.write(f"waiting   up to {processes.FAR_WAIT} s for {where}\n")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory(prefix="asbuilt-load-") as folder, processes.reserved_address() as here:
        out = Path(folder) / "measured.json"
        code = processes.generate(
            dataclasses.replace(settings, out=str(out)),
            locust_file,
            workers=workers,
            expect=options.expect_workers,
            bind=options.bind if options.expect_workers else here,
        )
        if not out.exists():
            return {}, code
        raw: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return raw, code


def _reported(
    options: argparse.Namespace,
    folder: RunFolder,
    spec: Spec,
    settings: Settings,
    facts: list[Fact],
    raw: dict[str, Any],
    code: int,
) -> int:
    """Judge, write and print the result."""
    if code == ExitCode.USAGE:
        return ExitCode.USAGE  # the generator said why it refused the run
    if not raw:
        folder.message = f"the generator ended with {code} and left no measurement"
        sys.stderr.write(f"asbuilt: {folder.message}\n")
        return ExitCode.UNKNOWN
    result = document(spec, settings, facts, raw, options.strict)
    write(result, spec.name, folder.part)
    for line in _summary(spec, result, options.out):
        sys.stdout.write(line + "\n")
    return int(result["exit_code"])


def _summary(spec: Spec, result: dict[str, Any], folder: Path) -> Iterator[str]:
    yield ""
    for reason in result["invalid"]:
        yield f"INVALID  {reason}"
    if result["untried"]:
        yield f"UNKNOWN  {terminal.NEVER_ASKED}: {', '.join(result['untried'])}"
    for fact in result["facts"]:
        status = outcome(fact).upper()
        expected = fact["expected"]["text"]
        yield f"{status:<9}{fact['fact']:<44}expected {expected:<11} found {terminal.found_text(fact)}"
    yield ""
    yield f"results  {folder / RESULT}   exit code {result['exit_code']}"


def _spec(system: str, strict: bool) -> Spec:
    from asbuilt.content import shipped_specs
    from asbuilt.spec.loading import find_spec, load

    if not system:
        raise RunRefusedError(f"name a spec: {', '.join(shipped_specs())}")
    return load(find_spec(system), strict)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Refuse a second run on this machine while the block lasts, because each would measure the other."""
    from filelock import FileLock, Timeout

    lock = FileLock(Path(tempfile.gettempdir()) / "asbuilt-load.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunRefusedError("another load run is under way on this machine: wait until it ends") from None
    try:
        yield
    finally:
        lock.release()
