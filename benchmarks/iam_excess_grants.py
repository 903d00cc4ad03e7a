"""Give documented roles one excess grant at a time, and print what shows it: `python -m benchmarks.iam_excess_grants`.

Each grant is made on the mock account, which is then read and judged by the shipped spec, as any account is. The
evaluator is asked about the request that is found, with the policies as IAM returns them. The exit code is 1 where an
excess grant is not found, or its request not confirmed.
"""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from asbuilt.iam.evaluator.evaluator import evaluate, is_documented
from asbuilt.iam.proof.prover import prove
from asbuilt.iam.proof.search import Counterexample
from asbuilt.iam.questions.grant_text import GrantBindings, allowance
from asbuilt.iam.questions.principal import request_text
from asbuilt.iam.questions.who_can import policies_of
from asbuilt.judging.binding import bind
from asbuilt.judging.judge import Verdict, judge
from asbuilt.judging.plan import plan
from asbuilt.mock.account import mock_account
from asbuilt.snapshot import Snapshot
from asbuilt.sources.reader import Reader
from asbuilt.sources.table import SourceClients, rows_by_kind
from asbuilt.spec.loading import load
from asbuilt.spec.model import Fact, Subject
from asbuilt.targets import MOCK
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
        self.subjects: Mapping[str, Subject] = self.spec.subjects[""]
        self.facts = {f.subject.name: f for f in self.spec.facts if f.check.name == "allows_at_most"}
        self.aws, self.now = Aws(session), datetime.datetime.now(datetime.UTC)
        self.client = cache(SourceClients(MOCK, self.spec.region, session).client)
        judged = {name: self.judged(fact) for name, fact in self.facts.items()}
        self.before = {name: verdict.status for name, (verdict, _) in judged.items()}
        self.roles = {n: bind(self.facts[n].subject, snapshot, self.now)[0].data for n, (_, snapshot) in judged.items()}

    def judged(self, fact: Fact) -> tuple[Verdict, Snapshot]:
        """The verdict on a fact of the account in its present state, and the snapshot that it judges."""
        snapshot = Reader(self.client, self.now).read(plan([fact], self.subjects, rows_by_kind()))
        return judge(fact, self.subjects, snapshot, self.now), snapshot

    def outcome(self, grant: ExcessGrant) -> Outcome:
        """Make an excess grant and judge the role again."""
        fact, before = self.facts[grant.role], self.before[grant.role]
        role = self.roles[grant.role]
        grant.apply(self.aws, role["RoleName"])
        after, snapshot = self.judged(fact)
        details = self.aws.iam.get_account_authorization_details()
        policies = policies_of(details, next(row for row in details["RoleDetailList"] if row["Arn"] == role["Arn"]))
        grants = self._documented(fact, snapshot)
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

    def _documented(self, fact: Fact, snapshot: Snapshot) -> list[dict[str, Any]]:
        found = {name: bind(self.subjects[name], snapshot, self.now) for name in fact.expected.subjects}
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
