"""What a row of the table of rows says: which call answers for a kind of record, and how to read its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from asbuilt.evidence import Entry


@dataclass(frozen=True)
class Report:
    """A report that AWS makes when asked, and that a row's operation then answers with. Making it changes nothing.

    - `generate`: the operation that asks for it, with the row's own parameters.
    - `params`: JMESPath on its answer, for the parameters of the row's operation.
    - `status`: the field of the row's answer that says how far the report is; `done`: what it says at the end.
    - `pending`: what it says before, and the error codes for "not yet"; anything else means that it failed.
    """

    generate: str
    params: Mapping[str, str] = field(default_factory=dict)
    status: str = ""
    done: str = ""
    pending: Sequence[str] = ()


@dataclass(frozen=True)
class Row:
    """One API operation and the records in its answer.

    - `records`: JMESPath to the records in the (fully paginated) answer; `names` and `arn`: JMESPath on a record.
    - `per`: the kind whose every record asks this operation once; `params` are then JMESPath on that record,
      `static` are plain values (`now`, `now-30d` stand for moments in UTC). A kind may be asked per itself: its
      rows then follow one another until none answers.
    - `when`: JMESPath that holds of the parents that are asked; empty: of all.
    - `batch`: the list parameter that takes up to `batch_size` parents' values in one call; `gone`: JMESPath to those
      that its answer names as no longer there. Whatever else a batch leaves out was not read.
    - `inherit`: fields copied from the parent record, where the answer does not say whose it is.
    - `absent`: AWS's own error codes for "there is none": read, and empty.
    - `may_omit`: AWS leaves the list out when it is empty; elsewhere a missing list is a malformed answer.
    - `region`: where a global service answers; `json`: fields that hold JSON text.
    - `csv`: the field of the answer that holds a table as text: its rows take the text's place.
    - `marker`: the field, and parameter, of the next page, where the SDK knows no way to ask for it.
    - `report`: how the report is made that the operation answers with.
    - `permission`: the IAM action that reading takes, where it is not the operation's own; several after commas.
    - `within`: what a spec may name to narrow a subject down, and the field that answers it.
    """

    kind: str
    service: str
    operation: str
    records: str
    _: KW_ONLY
    names: str = ""
    arn: str = ""
    per: str = ""
    when: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    static: Mapping[str, Any] = field(default_factory=dict)
    batch: str = ""
    batch_size: int = 100
    gone: str = ""
    inherit: Mapping[str, str] = field(default_factory=dict)
    absent: Sequence[str] = ()
    may_omit: bool = False
    permission: str = ""
    region: str = ""
    json: Sequence[str] = ()
    csv: str = ""
    marker: str = ""
    report: Report | None = None
    within: Mapping[str, str] = field(default_factory=dict)

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that reading calls, in their order."""
        return (self.report.generate, self.operation) if self.report else (self.operation,)

    def label(self, api_operation: str) -> str:
        """Service prefix and operation, as in an IAM policy: `rds:DescribeDBInstances`."""
        return f"{IAM_PREFIXES.get(self.service, self.service)}:{api_operation}"

    def needs(self, api_operation: str) -> str:
        """The IAM action that reading takes; several after commas."""
        return self.permission or self.label(api_operation)


# boto3's client name where it differs from the service's prefix in IAM
IAM_PREFIXES = {
    "elbv2": "elasticloadbalancing",
    "efs": "elasticfilesystem",
    "service-quotas": "servicequotas",
}


Wanted = Callable[[Entry], bool]


@dataclass(frozen=True)
class Plan:
    """Which kinds to read; for a detail kind, of which parents only (None: of all)."""

    kinds: frozenset[str]
    parents: Mapping[str, Wanted | None] = field(default_factory=dict)
