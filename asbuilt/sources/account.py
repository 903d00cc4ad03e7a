"""The account as a source of evidence: a mock account (the default), any endpoint that speaks AWS's API, or AWS."""

from __future__ import annotations

from asbuilt.evidence import Untested
from asbuilt.sources import rows
from asbuilt.sources.source import Clients, EvidenceRequest, Option, Source

UNTESTED = "no account was named: add --account NAME, --endpoint-url URL or --mock"


def connect(request: EvidenceRequest) -> Clients:
    """Clients that can only do what the table of rows lists. Raises `Untested` where the run names no account."""
    if request.target.kind == "none":
        raise Untested(UNTESTED)
    from asbuilt.sources.aws_session import AwsClients

    return AwsClients(request.target, request.region, request.session).client


SOURCE = Source(
    name="account",
    services=rows.services(),
    rows=rows.all_rows(),
    connect=connect,
    about="What AWS answers: a mock account unless an account or an endpoint is named.",
    untested=UNTESTED,
    options=(
        Option("--account", "a live account of accounts.toml", "NAME"),
        Option(
            "--accounts-file",
            "the file that describes accounts; default: accounts.toml",
            "FILE",
            default="accounts.toml",
        ),
        Option("--endpoint-url", "any endpoint that speaks AWS's API", "URL"),
        Option("--mock", "the mock account, where other evidence is named beside it"),
    ),
)
