"""`asbuilt doctor`: who reads which account, and which facts each read that is refused costs."""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from asbuilt import content
from asbuilt.commands.verify import add_options
from asbuilt.results.exit_codes import ExitCode
from asbuilt.run_options import RUN_OPTIONS
from asbuilt.sources.table import ACCOUNT, sources

if TYPE_CHECKING:
    from asbuilt.results.deployment import Deployment
    from asbuilt.spec.model import Fact
    from asbuilt.targets import Target

_TOLERATED_SKEW = 240  # seconds; AWS refuses requests whose time differs from its own by five minutes
_WIDTH = 118


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options to a parser."""
    parser.add_argument(
        "systems", nargs="*", metavar="SPEC", help="a shipped system or the path of a spec; default: all shipped"
    )
    add_options(parser, [option for option in RUN_OPTIONS if option.flag == "--variant"])
    add_options(parser, sources()[ACCOUNT].options)


def run(options: argparse.Namespace) -> int:
    """Read the target as `asbuilt verify` does and print the table. Returns the exit code: 0, 4 or 6."""
    from asbuilt.evidence import TargetError
    from asbuilt.spec.model import SpecError
    from asbuilt.targets import choose

    try:
        if options.mock and (options.account or options.endpoint_url):
            raise TargetError("give one of --mock, --account and --endpoint-url")
        file = Path(options.accounts_file or "accounts.toml")
        target = choose(options.account or "", options.endpoint_url or "", file)
        read = [_read(system, options.variant, target) for system in options.systems or content.shipped_specs()]
    except SpecError as error:
        sys.stderr.write("".join(f"asbuilt: {problem}\n" for problem in error.problems))
        return ExitCode.USAGE
    except TargetError as error:
        sys.stderr.write(f"asbuilt: {error}\n")
        return ExitCode.USAGE
    costs = [cost for deployment in read for cost in _costs(deployment)]
    for line in (*_header(read), *_table(costs, several=len(read) > 1)):
        sys.stdout.write("".join(char if char.isprintable() else "?" for char in line) + "\n")
    return ExitCode.UNKNOWN if costs else ExitCode.PASSED


def _read(system: str, variant: str | None, target: Target) -> Deployment:
    """All evidence of a spec, read with the calls of a verification. Raises `SpecError` and `TargetError`."""
    from asbuilt import verification
    from asbuilt.problems import nearest
    from asbuilt.spec.loading import find_spec, load
    from asbuilt.spec.model import SpecError

    spec = load(find_spec(system))
    wanted = variant or target.variant
    if spec.variants and wanted and wanted not in spec.variants:
        raise SpecError([f"{spec.path}: no variant {wanted!r}: {nearest(wanted, spec.variants)}"])
    chosen = (wanted or spec.variants[0]) if spec.variants else ""
    return verification.read(spec, chosen, target, datetime.datetime.now(datetime.UTC), once=True)


@dataclasses.dataclass(frozen=True)
class Cost:
    """One call that failed, why, and the facts of a deployment that are unknown for the lack of its answer."""

    system: str
    operation: str
    reasons: tuple[str, ...]
    facts: tuple[str, ...]


def _costs(deployment: Deployment) -> list[Cost]:
    """What each operation that failed costs, the most expensive first, then what is unknown for other reasons."""
    from asbuilt.verification import facts_of

    failed = {call.problem: call.operation for call in deployment.snapshot.calls if call.problem}
    reasons: dict[str, dict[str, None]] = {operation: {} for operation in failed.values()}
    facts: dict[str, dict[str, None]] = {operation: {} for operation in failed.values()}
    for problem, operation in failed.items():
        reasons[operation][problem] = None
    for fact in facts_of(deployment.spec, deployment.variant):
        for problem in _missed(deployment, fact):
            operation = failed.get(problem, "")
            reasons.setdefault(operation, {})[problem] = None
            facts.setdefault(operation, {})[fact.name] = None
    system = deployment.spec.system
    found = [Cost(system, operation, tuple(reasons[operation]), tuple(facts[operation])) for operation in reasons]
    return sorted(found, key=lambda cost: (not cost.operation, -len(cost.facts), cost.operation))


def _missed(deployment: Deployment, fact: Fact) -> set[str]:
    """Why a fact is unknown: the reason that judging met, and that of each other read that the fact needs."""
    from asbuilt.judging.plan import plan
    from asbuilt.sources.row import IDENTITY
    from asbuilt.sources.table import rows_by_kind, with_parents

    verdict = deployment.judge(fact)
    if verdict.status != "unknown":
        return set()
    met = {finding.reason for finding in verdict.findings if finding.status == "unknown"}
    bound = dataclasses.replace(fact, subject=deployment.subjects[fact.subject.name])
    kinds = with_parents(set(plan([bound], deployment.subjects, rows_by_kind()).kinds)) - {IDENTITY}
    answers = [
        answer
        for kind in kinds
        for of_parent in deployment.snapshot.answers.get(kind, {}).values()
        for answer in of_parent
    ]
    return met | {answer.problem for answer in answers if answer.problem and not answer.untested}


def _header(read: Sequence[Deployment]) -> Iterator[str]:
    """Who reads what, from the first deployment: the caller is the same for all."""
    from asbuilt.results.record import deployment_record

    about = deployment_record(read[0])
    target = about["target"]
    pinned = " (as account_id of accounts.toml says)" if target["pinned"] else ""
    yield f"target       {target['name']}"
    yield f"account      {about['account'] or 'not known'}{pinned}"
    yield f"caller       {about['reader'] or 'not known'}"
    yield f"partition    {target['partition'] or 'not known'}"
    yield f"region       {', '.join(dict.fromkeys(_region(deployment) for deployment in read))}"
    yield f"endpoint     {target['endpoint'] or 'none: the mock account is in this process'}"
    yield f"clock        {_clock(target['clock_skew_seconds'])}"
    yield f"credentials  {_credentials(target['credentials'])}"
    for word in ("proxy", "ca_bundle"):
        if target[word]:
            yield f"{word:<13}{target[word]}"
    if target["kind"] in ("account", "endpoint"):
        yield f"ignored      {', '.join(target['ambient']['ignored']) or 'no setting of the environment'}"
    calls = [call for deployment in read for call in deployment.snapshot.calls]
    facts = sum(fact.variant == deployment.variant for deployment in read for fact in deployment.spec.facts)
    failed = sum(bool(call.problem) for call in calls)
    yield f"read         {len(calls)} calls for {facts} facts, of which {failed} failed"


def _region(deployment: Deployment) -> str:
    """The region that is read, and whether it is enabled: STS answers in a region only where it is."""
    region = deployment.target.region or deployment.spec.region
    answered = str(deployment.snapshot.access.get("endpoint", ""))
    return f"{region} (enabled: STS answers there)" if f".{region}." in answered else region


def _clock(skew: int | None) -> str:
    if skew is None:
        return "not compared"
    if abs(skew) <= 1:
        return "that of the endpoint is the same, within a second"
    direction = "ahead of" if skew > 0 else "behind"
    warning = ": set this machine's clock, since AWS refuses requests that are five minutes off"
    return f"that of the endpoint is {abs(skew)} s {direction} this machine's" + warning * (abs(skew) > _TOLERATED_SKEW)


def _credentials(found: Mapping[str, Any] | None) -> str:
    if not found:
        return "none needed"
    profile = f" of profile {found['profile']}" if found["profile"] else ""
    role = f", with which {found['role']} is assumed" if found["role"] else ""
    ends = f"they end at {found['expires']}" if found["expires"] else "no end is known"
    return f"{found['method']}{profile}{role}; {ends}"


def _table(costs: Iterable[Cost], several: bool) -> Iterator[str]:
    """Each read that fails, the number of facts that it costs, and their names."""
    costs = list(costs)
    if not costs:
        yield ""
        yield "Everything that the facts need can be read."
        return
    names = [f"{cost.system} " * several + (cost.operation or "other reasons") for cost in costs]
    width = max(len(name) for name in (*names, "CANNOT BE READ")) + 2
    yield ""
    yield f"{'CANNOT BE READ':<{width}}FACTS  WHICH ARE UNKNOWN"
    for name, cost in zip(names, costs, strict=True):
        indent = " " * (width + 7)
        told = textwrap.wrap(", ".join(cost.facts) or "none", _WIDTH - len(indent), break_on_hyphens=False)
        why = f"({cost.reasons[0]}{f'; {len(cost.reasons) - 1} more like it' if len(cost.reasons) > 1 else ''})"
        told += textwrap.wrap(why, _WIDTH - len(indent), break_on_hyphens=False)
        yield f"{name:<{width}}{len(cost.facts):>5}  {told[0]}"
        yield from (indent + line for line in told[1:])
