"""The account as a source of evidence: a mock account (the default), an endpoint of the AWS API, or AWS itself."""

from __future__ import annotations

from asbuilt.evidence import Unknown, Untested
from asbuilt.sources import rows
from asbuilt.sources.source import Clients, EvidenceRequest, Option, Source

UNTESTED = "no account was named: add --account NAME, --endpoint-url URL or --mock"


def connect(request: EvidenceRequest) -> Clients:
    """Clients that call only the operations in the table of rows.

    Raises `Untested` where the run names no account, and `TargetError` where its credentials cannot be used.
    """
    if request.target.kind == "none":
        raise Untested(UNTESTED)
    if request.target.recording:
        raise Unknown(f"not recorded in {request.target.name}")
    from asbuilt.sources.aws_session import AwsClients

    return AwsClients(request.target, request.region, request.session, request.access).client


SOURCE = Source(
    name="account",
    services=rows.services(),
    rows=rows.all_rows(),
    connect=connect,
    about="The AWS API: of a mock account, unless an account or an endpoint is named.",
    untested=UNTESTED,
    options=(
        Option("--account", "read a live account of accounts.toml", "NAME"),
        Option(
            "--accounts-file",
            "the file of accounts; default: accounts.toml",
            "FILE",
            default="accounts.toml",
        ),
        Option("--endpoint-url", "read an endpoint of the AWS API, such as `asbuilt mock`", "URL"),
        Option("--replay", "judge a recording again that --record wrote, offline", "FILE", file=True),
        Option("--mock", "read the mock account together with the other evidence that is named"),
    ),
)
