"""A row of the table of rows: the call that reads a kind of record, and how to read its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from asbuilt.evidence import Entry

IDENTITY = "aws:account"  # the kind that names the account and the caller


@dataclass(frozen=True)
class Report:
    """A report that AWS generates on request, and that a row's operation returns. Generating it changes nothing.

    - `generate`: the operation that requests it, with the row's own parameters.
    - `params`: the parameters of the row's operation, as JMESPath on the answer of `generate`.
    - `status`: the field of the row's answer with the state of the report; `done`: its value at the end.
    - `pending`: its values before the end, and the error codes for "not yet". Any other value means that it failed.
    """

    generate: str
    params: Mapping[str, str] = field(default_factory=dict)
    status: str = ""
    done: str = ""
    pending: Sequence[str] = ()


@dataclass(frozen=True)
class Row:
    """One API operation and the records in its answer.

    - `records`: JMESPath to the records in the (fully paginated) answer.
    - `ids`, `names`: JMESPath on a record to a list of texts. `ids` are the identifiers that AWS keeps unique in an
      account and region, whether AWS or a user chose them; `names` are those that several records can have: Name tags,
      comments, names that are unique in a VPC or a cluster only. `arn`: JMESPath to its ARN, which is an id as well.
    - `per`: the parent kind: the operation is called once for each of its records. `params` are then parameters as
      JMESPath on that record; `static` are parameters with plain values (`now` and `now-30d` stand for times in UTC).
      A kind can be its own parent: the operation is then called for each record that it returned, until none is left.
    - `when`: JMESPath that is true of the parents to call for; empty: all.
    - `batch`: the list parameter that takes the values of up to `batch_size` parents in one call; `gone`: JMESPath to
      the parents that the answer names as deleted. Any other parent that the answer lacks was not read.
    - `inherit`: fields to copy from the parent record into each record, as JMESPath on the parent.
    - `absent`: the error codes by which AWS answers that there is none; they give an empty answer.
    - `may_omit`: AWS leaves the list out where it is empty; for other rows a missing list is a malformed answer.
    - `witness`: JMESPath on a page to what AWS gives in any case, with or without the list; a number there is that of
      the page's records. Where the list is omitted, it must be there; without one, a request id and the content type.
    - `whole`: JMESPaths on a record that AWS always gives.
    - `echoes`: parameter → JMESPath on a record to the same value, which shows that the answer is about what was asked.
      A batch has one for its parameter.
    - `root`: the root element of an XML answer, where it is named after neither the operation nor its output.
    - `region`: the region of a global service's API; `json`: the fields that hold JSON text.
    - `csv`: the field of the answer that holds CSV text; its records replace the text.
    - `marker`: the field and the parameter of the next page, where the SDK has no paginator.
    - `report`: the report that the operation returns.
    - `permission`: the IAM action that the call needs, where it is not that of the operation; several after commas.
    - `within`: the attributes by which a spec can select among records, each with the JMESPath of its field, or of the
      list of texts that identify the same (an ARN and the name in it).
    """

    kind: str
    service: str
    operation: str
    records: str
    _: KW_ONLY
    ids: str = ""
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
    witness: str = ""
    whole: Sequence[str] = ()
    echoes: Mapping[str, str] = field(default_factory=dict)
    root: str = ""
    permission: str = ""
    region: str = ""
    json: Sequence[str] = ()
    csv: str = ""
    marker: str = ""
    report: Report | None = None
    within: Mapping[str, str] = field(default_factory=dict)

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that are called for the row, in order."""
        return (self.report.generate, self.operation) if self.report else (self.operation,)

    def label(self, api_operation: str) -> str:
        """Service prefix and operation, as in an IAM policy: `rds:DescribeDBInstances`."""
        return f"{IAM_PREFIXES.get(self.service, self.service)}:{api_operation}"

    def needs(self, api_operation: str) -> str:
        """The IAM action that a call needs; several after commas."""
        return self.permission or self.label(api_operation)


# boto3's name of a client → the prefix of the service in IAM, where the two differ
IAM_PREFIXES = {
    "elbv2": "elasticloadbalancing",
    "efs": "elasticfilesystem",
    "service-quotas": "servicequotas",
}


# services whose answers are the same in every region
GLOBAL = frozenset(
    ("budgets", "ce", "cloudfront", "iam", "organizations", "route53", "s3", "savingsplans", "sts"),
)

Wanted = Callable[[Entry], bool]


@dataclass(frozen=True)
class Plan:
    """What to read.

    - `kinds`: the kinds of record.
    - `parents`: the parents of a detail kind to read for (None, or no entry: all of them).
    - `elsewhere`: the same for each further region.
    - `compared`: the variables and payload fields whose values are kept, since checks compare them.
    """

    kinds: frozenset[str]
    parents: Mapping[str, Wanted | None] = field(default_factory=dict)
    elsewhere: Mapping[str, Plan] = field(default_factory=dict)
    compared: frozenset[str] = frozenset()
