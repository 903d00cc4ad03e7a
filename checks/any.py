"""Questions that can be asked of a subject of any kind."""

from asbuilt.check import check
from asbuilt.collectors import collectors
from asbuilt.evidence import Record


@check("*", severity="high", fix="Create it as the document says, or name it under [accounts.NAME.subjects].")
def exists(record: Record) -> bool:
    """Whether the account holds it: a subject that nothing matches fails every question."""
    return bool(record.plain())


@check("*", severity="medium", each=False, fix="Create what is missing, or name all of them in accounts.toml.")
def count(records: tuple[Record, ...]) -> int:
    """How many of them the account holds."""
    return len(records)


@check("*", severity="medium", fix="Create it anew in the documented region.")
def region(record: Record) -> str:
    """The region in its ARN."""
    rows = collectors()[record.entry.kind]
    own = [row.arn for row in rows if record.entry.operation.lower().endswith(row.operation.replace("_", ""))]
    return "".join(record[own[0] if own else rows[0].arn].split(":")[3:4])
