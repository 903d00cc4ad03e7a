"""The organization of the account, and the policies that limit its members.

Any member account may describe its organization; only the management account, or a member that is a delegated
administrator, may read the rest.
"""

from asbuilt.sources.row import Row

_ORGANIZATION, _ANCESTOR = "organizations:organization", "organizations:ancestor"
# These policies do not limit the management account, and an organization with consolidated billing only has none.
_LIMITED = "Account != MasterAccountId && FeatureSet == 'ALL'"
_TARGETS = (  # the kind of target that policies are attached to, the field with its id, and a condition on it
    (_ORGANIZATION, "Account", _LIMITED),
    (_ANCESTOR, "Id", ""),
)


def _ancestor(per: str, child: str, when: str) -> Row:
    """The parent of an account or of one of its ancestors, up to the root."""
    params = {"ChildId": child}
    return Row(_ANCESTOR, "organizations", "list_parents", "Parents[]", ids="[Id]", per=per, when=when, params=params)


def _attached(kind: str, policy_type: str) -> tuple[Row, ...]:
    """The policies of a type that are attached to the account and to each of its ancestors, with their documents."""
    listed = (
        Row(
            kind,
            "organizations",
            "list_policies_for_target",
            "Policies[]",
            ids="[Id]",
            names="[Name]",
            arn="Arn",
            per=per,
            when=when,
            params={"TargetId": target},
            static={"Filter": policy_type},
            inherit={"TargetId": target},
        )
        for per, target, when in _TARGETS
    )
    documents = Row(
        f"{kind}.document",
        "organizations",
        "describe_policy",
        "Policy",
        per=kind,
        params={"PolicyId": "Id"},
        json=["Content"],
        echoes={"PolicyId": "PolicySummary.Id"},
    )
    return (*listed, documents)


ROWS = (
    Row(
        _ORGANIZATION,
        "organizations",
        "describe_organization",
        "Organization",
        per="aws:account",
        inherit={"Account": "Account"},
        ids="[Id]",
        arn="Arn",
        absent=["AWSOrganizationsNotInUseException"],
    ),
    Row(
        "organizations:root",
        "organizations",
        "list_roots",
        "Roots[]",
        per=_ORGANIZATION,
        when=_LIMITED,
        ids="[Id]",
        arn="Arn",
    ),
    _ancestor(_ORGANIZATION, "Account", _LIMITED),
    _ancestor(_ANCESTOR, "Id", "Type == 'ORGANIZATIONAL_UNIT'"),
    *_attached("organizations:scp", "SERVICE_CONTROL_POLICY"),
    *_attached("organizations:rcp", "RESOURCE_CONTROL_POLICY"),
)
