"""What a principal is allowed and what is documented, as formulas over a request's resource and condition keys.

Source: "Policy evaluation logic", "Permissions boundaries", "Cross-account policy evaluation logic" in the IAM user
guide; "Key policies in AWS KMS".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from asbuilt.iam.language.arn import account_of, parse_arn
from asbuilt.iam.language.condition_keys import RESOURCE_ACCOUNT
from asbuilt.iam.language.patterns import literal, tidy
from asbuilt.iam.language.policy import Policy, Statement
from asbuilt.iam.language.question import Question
from asbuilt.iam.proof.conditions import condition_node, matching
from asbuilt.iam.proof.formula import RESOURCE, Absent, Node, Text, Undecided, atom, every, negate, some
from asbuilt.iam.proof.policy_variables import resource_pattern
from asbuilt.iam.proof.request_context import RequestContext
from asbuilt.iam.proof.resource_account import account_matches

DIRECT, EVERYONE, ACCOUNT, PERHAPS = "direct", "everyone", "account", "perhaps"


class EffectivePermissions:
    """The formulas of one question. `covering` is the set of statements (by index) that cover the action."""

    def __init__(
        self, question: Question, given: RequestContext, statements: tuple[Statement, ...] | None = None
    ) -> None:
        self.question = question
        self.given = given
        self.statements = statements or question.statements
        self.index = {id(s): i for i, s in enumerate(self.statements)}
        self._nodes: dict[tuple[int, bool], Node] = {}
        known = question.known
        self.account = _text(known.get("aws:principalaccount"))
        master = _text(known.get("aws:principalorgmasteraccountid"))
        self.beyond_scps = ":role/aws-service-role/" in (question.principal or "") or (
            self.account is not None and self.account == master
        )

    def node(self, statement: Statement, *, bare: bool) -> Node:
        """That a statement matches by resource and conditions; `bare`: for requests that have no resource."""
        at = (self.index[id(statement)], bare)
        if at not in self._nodes:
            conditions = [condition_node(c, self.given, variables=statement.variables) for c in statement.conditions]
            self._nodes[at] = every([self.resources(statement, bare=bare), *conditions])
        return self._nodes[at]

    def resources(self, statement: Statement, *, bare: bool) -> Node:
        """That a statement's Resource or NotResource covers the resource."""
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
            why = "AWS does not define whether NotResource covers requests that have no resource"
            return atom(Undecided(f"bare {statement.name}", why))
        return negate(matches)

    def documented(self, covering: frozenset[int], *, bare: bool) -> Node:
        """That a documented grant covers the request."""
        return some(self.node(s, bare=bare) for s in self.question.allowance if self.index[id(s)] in covering)

    def _allows(self, policies: Iterable[Policy], covering: frozenset[int], *, bare: bool) -> Node:
        rows = (s for p in policies for s in p.statements if s.allow and self.index[id(s)] in covering)
        return some(self.node(s, bare=bare) for s in rows)

    def effective(self, covering: frozenset[int], *, bare: bool, resource_side: bool) -> Node:
        """That the policies allow the principal the request; `resource_side`: the resource's own policy must, too."""
        of_kind: dict[str, list[Policy]] = {}
        for policy in self.question.policies:
            if policy.kind != "scp" or not self.beyond_scps:
                of_kind.setdefault(policy.kind, []).append(policy)
        identity = self._allows(of_kind.get("identity", ()), covering, bare=bare)
        limits = self._limits(of_kind, covering, bare=bare)
        scps = of_kind.get("scp", ())
        levels = dict.fromkeys(p.level for p in scps)
        organization = [self._allows([p for p in scps if p.level == at], covering, bare=bare) for at in levels]
        denies = self._denies(of_kind, covering, bare=bare)
        both_sides, alone = [identity], []
        for attached, policies in _by_resource(of_kind.get("resource", ())).items():
            scope, foreign = self._in_scope(attached, bare=bare), self._foreign(attached)
            allows, grants, refusals = self._resource(policies, covering, limits, bare=bare)
            denies += [every((scope, refusal)) for refusal in refusals]
            needed = foreign if bare or not resource_side else True
            both_sides.append(some((negate(needed), negate(scope), allows)))
            alone.append(every((negate(foreign), scope, grants)))
        if resource_side and not bare and self.question.kind == "required":
            both_sides.append(self._policy_given(of_kind))
        return every([some([every([*both_sides, *limits]), *alone]), *organization, *map(negate, denies)])

    def _limits(self, of_kind: Mapping[str, Sequence[Policy]], covering: frozenset[int], *, bare: bool) -> list[Node]:
        """That each permissions boundary, and the session policies together, allow the request."""
        limits = [self._allows([boundary], covering, bare=bare) for boundary in of_kind.get("boundary", ())]
        return limits + [self._allows(of_kind[kind], covering, bare=bare) for kind in ("session",) if kind in of_kind]

    def _denies(self, of_kind: Mapping[str, Sequence[Policy]], covering: frozenset[int], *, bare: bool) -> list[Node]:
        """The Denies of all policies but those of resources."""
        kinds = ("identity", "boundary", "session", "scp")
        rows = (s for kind in kinds for p in of_kind.get(kind, ()) for s in p.statements if not s.allow)
        return [self.node(s, bare=bare) for s in rows if self.index[id(s)] in covering]

    def _policy_given(self, of_kind: Mapping[str, Sequence[Policy]]) -> Node:
        """That the own policy of the key or role is among the policies; undecided where it is not."""
        scopes = [self._in_scope(attached, bare=False) for attached in _by_resource(of_kind.get("resource", ()))]
        why = "the policy of the key or role is not given, and it must allow the request, too"
        return some([*scopes, atom(Undecided("resource side", why))])

    def _in_scope(self, attached: str | None, *, bare: bool) -> Node:
        if attached is None or bare:
            return attached is None
        tokens = [(c, False) for c in attached]
        below = [tidy([*tokens, (sign, False), ("any", True)]) for sign in "/:"]
        return some(atom(Text(RESOURCE, pattern)) for pattern in (literal(attached), *below))

    def _foreign(self, attached: str | None) -> Node:
        """That the resource belongs to another account; where no account is known, to the principal's."""
        if self.account is None:
            return False
        owner = account_of(attached)
        if owner.isdigit():
            return owner != self.account
        if RESOURCE_ACCOUNT in self.given.domains:
            present, own = negate(atom(Absent(RESOURCE_ACCOUNT))), literal(self.account)
            said = atom(Text(RESOURCE_ACCOUNT, own))
            return every((present, negate(said if attached else account_matches(own, said, present))))
        stated = _text(self.given.known.get(RESOURCE_ACCOUNT))
        return stated is not None and stated != self.account

    def _resource(
        self, policies: list[Policy], covering: frozenset[int], limits: list[Node], *, bare: bool
    ) -> tuple[Node, Node, list[Node]]:
        """The policies of a resource: what they allow, what they grant without an identity policy, what they deny."""
        allows: list[Node] = []
        grants: list[Node] = []
        denies: list[Node] = []
        for statement in (s for p in policies for s in p.statements if self.index[id(s)] in covering):
            how = principal_match(statement, self.question.principal, self.account)
            node = self.node(statement, bare=bare) if how else False
            if how == PERHAPS:
                why = "it is not known whether the principals of the statement include this principal"
                node = every((node, atom(Undecided(f"who {statement.name}", why))))
            if not statement.allow:
                denies.append(node)
                continue
            allows.append(node)
            if how != ACCOUNT:
                grants.append(every((node, self._within(how, limits))))
        return some(allows), some(grants), denies

    def _within(self, how: str | None, limits: list[Node]) -> Node:
        """That boundaries and session policies let through what a resource policy grants without an identity policy."""
        if how == DIRECT and ":user/" in (self.question.principal or ""):
            return True
        why = "AWS does not define whether a boundary or session policy that is silent limits a resource policy's grant"
        return some((every(limits), atom(Undecided("resource grant beyond limits", why))))


def _by_resource(policies: Iterable[Policy]) -> dict[str | None, list[Policy]]:
    found: dict[str | None, list[Policy]] = {}
    for policy in policies:
        found.setdefault(policy.attached_to, []).append(policy)
    return found


def _text(value: str | list[str] | None) -> str | None:
    return value if isinstance(value, str) else None


def principal_match(statement: Statement, principal: str | None, account: str | None) -> str | None:
    """How a resource policy's statement names a role, user or account; None where it does not name it."""
    names = (statement.principals or {}).get("AWS", ())
    root = account is not None and any(n == account or n.endswith(f":iam::{account}:root") for n in names)
    arn, session = parse_arn(principal), None
    if arn and arn.resource.startswith("role/"):
        session = f":sts::{arn.account}:assumed-role/{arn.resource.rsplit('/', 1)[1]}/"
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
