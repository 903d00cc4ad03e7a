"""Give documented roles one excess grant at a time, and print what shows it: `python -m benchmarks.iam_excess_grants`.

Each grant is made on the mock account, which is then read and judged by the shipped spec, as any account is. The
evaluator is asked about the request that is found, with the policies as IAM returns them. The exit code is 1 where an
excess grant is not found, or its request not confirmed.
"""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from asbuilt.evidence import Entry
from asbuilt.iam.evaluator.evaluator import evaluate, is_documented
from asbuilt.iam.proof.prover import prove
from asbuilt.iam.proof.search import Counterexample
from asbuilt.iam.questions.grant_text import GrantBindings, allowance
from asbuilt.iam.questions.principal import request_text
from asbuilt.iam.questions.who_can import policies_of
from asbuilt.judging.binding import bind
from asbuilt.mock.account import mock_account
from asbuilt.results.deployment import Deployment
from asbuilt.spec.loading import load
from asbuilt.spec.model import Fact
from asbuilt.targets import MOCK
from asbuilt.verification import read
from asbuilt_content.fixtures import state
from asbuilt_content.fixtures.aws import Aws
from asbuilt_content.fixtures.excess_grants import EXCESS_GRANTS, ExcessGrant

SPECS = Path(__file__).parent.parent / "specs"


@dataclass(frozen=True)
class Outcome:
    """The status of a role before and with an excess grant, and the request that shows the grant."""

    grant: ExcessGrant
    before: str
    after: str
    request: Counterexample | None
    by: str
    confirmed: bool

    @property
    def holds(self) -> bool:
        """Whether the role passed, and then failed by an expected request that the evaluator confirms."""
        return (
            (self.before, self.after) == ("passed", "failed")
            and self.confirmed
            and self.request is not None
            and fnmatchcase(self.request.action, self.grant.action)
            and fnmatchcase(self.request.resource, self.grant.resource)
        )


class JudgedAccount:
    """The mock account of a system, judged by the system's spec."""

    def __init__(self, system: str, session: Any) -> None:
        self.spec = load(SPECS / system / "spec.toml")
        self.session = session
        self.facts = {f.subject.name: f for f in self.spec.facts if f.check.name == "allows_at_most"}
        self.aws, self.now = Aws(session), datetime.datetime.now(datetime.UTC)
        present = self.read(*self.facts.values())
        self.before = {name: present.judge(fact).status for name, fact in self.facts.items()}
        self.roles = {name: self.bound(name, present)[0].data for name in self.facts}

    def read(self, *facts: Fact) -> Deployment:
        """What these facts need of the account in its present state."""
        return read(self.spec, "", MOCK, self.now, facts, session=self.session)

    def bound(self, name: str, present: Deployment) -> list[Entry]:
        """The records of a subject."""
        return bind(present.subjects[name], present.snapshot, self.now)

    def outcome(self, grant: ExcessGrant) -> Outcome:
        """Make an excess grant and judge the role again."""
        fact, before = self.facts[grant.role], self.before[grant.role]
        role = self.roles[grant.role]
        grant.apply(self.aws, role["RoleName"])
        present = self.read(fact)
        after = present.judge(fact)
        details = self.aws.iam.get_account_authorization_details()
        policies = policies_of(details, next(row for row in details["RoleDetailList"] if row["Arn"] == role["Arn"]))
        grants = self._documented(fact, present)
        item = {"id": grant.name, "kind": "containment", "policies": policies, "allowance": grants}
        request = prove({**item, "principal": role["Arn"]}).counterexample
        if request is None:
            return Outcome(grant, before, after.status, None, "", confirmed=False)
        asked = {"action": request.action, "resource": request.resource, "context": request.context}
        decision = evaluate(asked, policies, principal=role["Arn"])
        told = [text for text in after.findings[0].found or () if text.startswith(f"{request_text(request)}: ")]
        confirmed = bool(told) and decision.allowed is True and is_documented(asked, grants, {}) is False
        by = told[0].partition(": allowed by ")[2] if told else ""
        return Outcome(grant, before, after.status, request, by, confirmed)

    def _documented(self, fact: Fact, present: Deployment) -> list[dict[str, Any]]:
        found = {name: self.bound(name, present) for name in fact.expected.subjects}
        arns = {name: [(entry.kind, entry.arn) for entry in entries] for name, entries in found.items()}
        return allowance(fact.expected.asked, GrantBindings(arns, self.aws.account, generous=True))


def outcomes(system: str) -> Iterator[Outcome]:
    """The outcome of each excess grant of a system, made one at a time."""
    with mock_account(system, "") as session:
        account, saved = JudgedAccount(system, session), state.save()
        for grant in EXCESS_GRANTS[system]:
            state.restore(saved)
            yield account.outcome(grant)


def main() -> int:
    """Print the table."""
    begun, wrong, number = time.monotonic(), 0, 0
    for system in EXCESS_GRANTS:
        print(system)
        for found in outcomes(system):
            number += 1
            wrong += not found.holds
            request = request_text(found.request) if found.request else "no request found"
            print(f"  {found.grant.role:15} {found.grant.name}{'' if found.holds else '   NOT AS EXPECTED'}")
            print(f"  {'':15}   {request}\n  {'':15}   allowed by {found.by}")
    print(f"{number} excess grants, {wrong} not found or not confirmed, {time.monotonic() - begun:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
