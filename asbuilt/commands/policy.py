"""`asbuilt policy`: write the least-privilege policy of the role that reads, and that role."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from asbuilt.evidence import TargetError
from asbuilt.problems import nearest
from asbuilt.results.exit_codes import ExitCode
from asbuilt.spec.model import Fact, SpecError, Subject
from asbuilt.targets import MOCK, Target, choose

if TYPE_CHECKING:
    from asbuilt.iam.auditor.formats import Auditor

_FORMATS = ("json", "terraform", "cloudformation")
_NAME = re.compile(r"[\w+=,.@-]{1,60}", re.ASCII)
_OPTIONS = (  # flag, metavar, default, help
    ("--variant", "NAME", "", "only the facts of this variant; default: all variants, or that of the account"),
    ("--account", "NAME", "", "an account of accounts.toml: its names and ARNs of subjects, and its external id"),
    ("--accounts-file", "FILE", "accounts.toml", "the file of accounts; default: %(default)s"),
    ("--name", "NAME", "asbuilt-auditor", "the name of the policy and of the role; default: %(default)s"),
)
_ROLE = (
    ("--external-id", "TEXT", "", "the external id that who assumes the role must give"),
    ("--session-name", "NAME", "asbuilt", "the session name that it must give; default: %(default)s, asbuilt's own"),
    ("--oidc-provider", "ARN", "", "the OIDC provider of the account, for a pipeline without keys"),
    ("--oidc-subject", "TEXT", "", "the exact subject (sub) of its tokens"),
    ("--oidc-audience", "TEXT", "", "the exact audience (aud) of its tokens"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options to a parser."""
    selection = "a folder of specs/, or a path to a spec.toml; SPEC::FACT selects facts by name (with * and ?)"
    parser.add_argument("specs", nargs="*", metavar="SPEC", help=f"{selection}; default: all shipped specs")
    for flag, metavar, default, text in _OPTIONS:
        parser.add_argument(flag, metavar=metavar, default=default, help=text)
    parser.add_argument("--format", choices=_FORMATS, default=_FORMATS[0], help="default: %(default)s")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the file to write; default: standard output")
    role = parser.add_argument_group("the role")
    role.add_argument("--role", action="store_true", help="write the role with its trust policy, too")
    role.add_argument("--trust", action="append", default=[], metavar="ARN", help="a principal that may assume it")
    for flag, metavar, default, text in _ROLE:
        role.add_argument(flag, metavar=metavar, default=default, help=text)


def run(options: argparse.Namespace) -> int:
    """Run the command. Returns its exit code."""
    from asbuilt.iam.auditor.documents import MOST_POLICIES, TrustError
    from asbuilt.iam.auditor.formats import FORMATS

    try:
        auditor = _auditor(options)
    except (SpecError, TrustError) as error:
        sys.stderr.write("".join(f"asbuilt: {problem}\n" for problem in error.problems))
        return ExitCode.USAGE
    except TargetError as error:
        sys.stderr.write(f"asbuilt: {error}\n")
        return ExitCode.USAGE
    if len(auditor.policies) > MOST_POLICIES:
        count = len(auditor.policies)
        sys.stderr.write(
            f"asbuilt: note: {count} policies; by default AWS attaches {MOST_POLICIES} to a role at most\n"
        )
    written = FORMATS[options.format](auditor)
    if options.out is None:
        sys.stdout.write(written)
        return ExitCode.PASSED
    try:
        options.out.write_text(written, encoding="utf-8")
    except OSError as error:
        sys.stderr.write(f"asbuilt: --out {options.out}: cannot be written: {error.strerror}\n")
        return ExitCode.USAGE
    return ExitCode.PASSED


def _auditor(options: argparse.Namespace) -> Auditor:
    from asbuilt.iam.auditor.documents import Trust, TrustError, documents, trust_policy
    from asbuilt.iam.auditor.formats import Auditor
    from asbuilt.iam.auditor.grants import grants, merged

    if not _NAME.fullmatch(options.name):
        raise TrustError([f"--name {options.name!r} is none: write 1 to 60 letters, digits or +=,.@_-"])
    target = choose(options.account, "", Path(options.accounts_file), default=MOCK)
    trust = None
    if options.role:
        trust = trust_policy(
            Trust(
                principals=tuple(options.trust),
                external_id=options.external_id or target.external_id,
                session_name=options.session_name,
                provider=options.oidc_provider,
                subject=options.oidc_subject,
                audience=options.oidc_audience,
            )
        )
    elif options.trust or options.external_id or options.oidc_provider:
        raise TrustError(["--trust, --external-id and --oidc-provider are of the role: add --role"])
    selections = list(_selected(options.specs, options.variant or target.variant, target))
    found = merged(grants(facts, subjects, region) for facts, subjects, region in selections)
    if not found:
        raise SpecError(["these facts need no permission of IAM: there is no policy to write"])
    names = ", ".join(options.specs) or "all shipped specs"
    about = f"Reads what asbuilt needs to verify {names}"
    return Auditor(options.name, _described(about), documents(found), trust)


def _described(text: str) -> str:
    """A description as AWS takes it for roles: printable, and 1,000 characters at most."""
    return re.sub(r"[^\w\s+=,.@:/()-]", "_", text, flags=re.ASCII)[:1000]


def _selected(
    named: Sequence[str], variant: str, target: Target
) -> Iterator[tuple[list[Fact], Mapping[str, Subject], str]]:
    """The selected facts of each spec and variant, with the subjects as the account has them, and the region."""
    from asbuilt import content
    from asbuilt.spec.loading import find_spec, load
    from asbuilt.verification import bound, facts_of

    for argument in named or content.shipped_specs():
        name, _, pattern = argument.partition("::")
        spec = load(find_spec(name))
        variants = spec.variants or ("",)
        if variant and spec.variants and variant not in variants:
            raise SpecError([f"{spec.path}: no variant {variant!r}: {nearest(variant, variants)}"])
        several = [one for one in variants if not (variant and spec.variants) or one == variant]
        kept = {one: [fact for fact in facts_of(spec, one) if _is_named(fact, pattern)] for one in several}
        if not any(kept.values()):
            names = [fact.name for fact in spec.facts]
            raise SpecError([f"{spec.path}: no fact {pattern!r}: {nearest(pattern, names)}"])
        for one, facts in kept.items():
            subjects = bound(spec, one, target)
            yield _of(facts, subjects), subjects, target.region or spec.region


def _of(facts: Sequence[Fact], subjects: Mapping[str, Subject]) -> list[Fact]:
    import dataclasses

    return [dataclasses.replace(fact, subject=subjects[fact.subject.name]) for fact in facts]


def _is_named(fact: Fact, pattern: str) -> bool:
    return not pattern or pattern == fact.id or fnmatchcase(fact.name, pattern)
