"""What a principal can do, and what was documented, as formulas over a request's resource and condition keys.

Source: "Policy evaluation logic", "Permissions boundaries", "Cross-account policy evaluation logic" in the IAM user
guide; "Key policies in AWS KMS".
"""

from __future__ import annotations

from collections.abc import Iterable

from asbuilt.iam.language.keys import RESOURCE_ACCOUNT
from asbuilt.iam.language.patterns import literal, tidy
from asbuilt.iam.language.policy import Policy, Statement
from asbuilt.iam.language.question import Question
from asbuilt.iam.proof.conditions import Setting, condition_node, matching
from asbuilt.iam.proof.formula import RESOURCE, Absent, Node, Open, Text, atom, every, negate, some
from asbuilt.iam.proof.owners import owned
from asbuilt.iam.proof.templates import resource_pattern

DIRECT, EVERYONE, ACCOUNT, PERHAPS = "direct", "everyone", "account", "perhaps"


class Effective:
    """Formulas for one question; `about` below is always the set of statements (by index) that are about the action."""

    def __init__(self, question: Question, given: Setting, statements: tuple[Statement, ...] | None = None) -> None:
        self.question = question
        self.given = given
        self.statements = statements or question.statements
        self.index = {id(s): i for i, s in enumerate(self.statements)}
        self._nodes: dict[tuple[int, bool], Node] = {}
        known = question.known
        self.account = _text(known.get("aws:principalaccount"))
        master = _text(known.get("aws:principalorgmasteraccountid"))
        self.managed = ":role/aws-service-role/" in (question.principal or "") or (
            self.account is not None and self.account == master
        )

    def node(self, statement: Statement, *, bare: bool) -> Node:
        """When a statement, its action and principal aside, holds; `bare`: of requests without a resource."""
        at = (self.index[id(statement)], bare)
        if at not in self._nodes:
            conditions = [condition_node(c, self.given, variables=statement.variables) for c in statement.conditions]
            self._nodes[at] = every([self.resources(statement, bare=bare), *conditions])
        return self._nodes[at]

    def resources(self, statement: Statement, *, bare: bool) -> Node:
        """When a statement's resources match."""
        if not statement.resources:
            return False
        found: list[Node] = []
        for text in statement.resources:
            made = resource_pattern(text, self.given.known, self.given.marks, variables=statement.variables)
            if bare:
                found.append(made is not None and not made.unknown and made.wide.accepts("*"))
            elif made is not None and made.wide.everything:
                found.append(True)
            else:
                found.append(matching(made, RESOURCE, text, self.given))
        matches = some(found)
        if not statement.not_resource:
            return matches
        if bare and matches is not True:
            why = "whether NotResource covers requests that have no resource is not defined"
            return atom(Open(f"bare {statement.name}", why))
        return negate(matches)

    def documented(self, about: frozenset[int], *, bare: bool) -> Node:
        """What the documented grants cover."""
        return some(self.node(s, bare=bare) for s in self.question.allowance if self.index[id(s)] in about)

    def _allows(self, policies: Iterable[Policy], about: frozenset[int], *, bare: bool) -> Node:
        rows = (s for p in policies for s in p.statements if s.allow and self.index[id(s)] in about)
        return some(self.node(s, bare=bare) for s in rows)

    def effective(self, about: frozenset[int], *, bare: bool, resource_side: bool) -> Node:
        """What the policies let the principal do; `resource_side`: the resource's own policy must agree."""
        kinds: dict[str, list[Policy]] = {}
        for policy in self.question.policies:
            kinds.setdefault(policy.kind, []).append(policy)
        identity = self._allows(kinds.get("identity", ()), about, bare=bare)
        inner = [self._allows([p], about, bare=bare) for p in kinds.get("boundary", ())]
        if "session" in kinds:
            inner.append(self._allows(kinds["session"], about, bare=bare))
        scps = [] if self.managed else kinds.get("scp", [])
        levels = dict.fromkeys(p.level for p in scps)
        organization = [self._allows([p for p in scps if p.level == at], about, bare=bare) for at in levels]
        denies = [
            self.node(s, bare=bare)
            for p in (*kinds.get("identity", ()), *kinds.get("boundary", ()), *kinds.get("session", ()), *scps)
            for s in p.statements
            if not s.allow and self.index[id(s)] in about
        ]
        resources: dict[str | None, list[Policy]] = {}
        for policy in kinds.get("resource", ()):
            resources.setdefault(policy.attached_to, []).append(policy)
        through, direct, scopes = [identity], [], []
        for attached, policies in resources.items():
            scope = self._scope(attached, bare=bare)
            scopes.append(scope)
            allows, grants, refusals = self._resource(policies, about, inner, bare=bare)
            denies += [every((scope, refusal)) for refusal in refusals]
            foreign = self._foreign(attached)
            needed = foreign if bare or not resource_side else True
            through.append(some((negate(needed), negate(scope), allows)))
            direct.append(every((negate(foreign), scope, grants)))
        if resource_side and not bare and self.question.kind == "required":
            why = "the key's or role's own policy is not given, and it decides too"
            through.append(some([*scopes, atom(Open("resource side", why))]))
        return every([some([every([*through, *inner]), *direct]), *organization, *map(negate, denies)])

    def _scope(self, attached: str | None, *, bare: bool) -> Node:
        if attached is None or bare:
            return attached is None
        tokens = [(c, False) for c in attached]
        below = [tidy([*tokens, (sign, False), ("any", True)]) for sign in "/:"]
        return some(atom(Text(RESOURCE, pattern)) for pattern in (literal(attached), *below))

    def _foreign(self, attached: str | None) -> Node:
        """That the resource is another account's; where nothing tells, it is taken to be the principal's."""
        if self.account is None:
            return False
        parts = (attached or "").split(":", 5)
        if len(parts) == 6 and parts[4].isdigit():
            return parts[4] != self.account
        if RESOURCE_ACCOUNT in self.given.domains:
            present, own = negate(atom(Absent(RESOURCE_ACCOUNT))), literal(self.account)
            said = atom(Text(RESOURCE_ACCOUNT, own))
            return every((present, negate(said if attached else owned(own, said, present))))
        owner = _text(self.given.known.get(RESOURCE_ACCOUNT))
        return owner is not None and owner != self.account

    def _resource(
        self, policies: list[Policy], about: frozenset[int], inner: list[Node], *, bare: bool
    ) -> tuple[Node, Node, list[Node]]:
        """A resource's policies: what they allow at all, what they grant by themselves, what they deny."""
        allows: list[Node] = []
        grants: list[Node] = []
        denies: list[Node] = []
        for statement in (s for p in policies for s in p.statements if self.index[id(s)] in about):
            how = named(statement, self.question.principal, self.account)
            node = self.node(statement, bare=bare) if how else False
            if how == PERHAPS:
                why = "whether the statement's principals include this one is not known"
                node = every((node, atom(Open(f"who {statement.name}", why))))
            if not statement.allow:
                denies.append(node)
                continue
            allows.append(node)
            if how != ACCOUNT:
                grants.append(every((node, self._within(how, inner))))
        return some(allows), some(grants), denies

    def _within(self, how: str | None, inner: list[Node]) -> Node:
        """Whether boundary and session policies let through what a resource policy grants by itself."""
        if how == DIRECT and ":user/" in (self.question.principal or ""):
            return True
        why = "whether a boundary or session policy that says nothing limits a resource policy's grant is not defined"
        return some((every(inner), atom(Open("resource grant beyond limits", why))))


def _text(value: str | list[str] | None) -> str | None:
    return value if isinstance(value, str) else None


def named(statement: Statement, principal: str | None, account: str | None) -> str | None:
    """How a resource policy's statement names a role, user or account: None if not at all."""
    names = (statement.principals or {}).get("AWS", ())
    root = account is not None and any(n == account or n.endswith(f":iam::{account}:root") for n in names)
    parts = (principal or "").split(":", 5)
    session = None
    if len(parts) == 6 and parts[5].startswith("role/"):
        session = f":sts::{parts[4]}:assumed-role/{parts[5].rsplit('/', 1)[1]}/"
    as_session = session is not None and any(session in n for n in names)
    if statement.not_principal:
        if "*" in names or (principal in names and root):
            return None
        uncertain = principal in names or root or as_session or (principal is None and bool(names))
        return PERHAPS if uncertain else DIRECT
    if "*" in names:
        return EVERYONE
    if principal is not None and principal in names:
        return DIRECT
    if root:
        return ACCOUNT
    if principal is None:
        return PERHAPS if any(account is None or f":{account}:" in n or n == account for n in names) else None
    return PERHAPS if as_session else None
