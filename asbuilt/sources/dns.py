"""The DNS as a source of evidence: real questions to the resolver of this machine, in the form of a client.

Asked only where the environment says so with `ASBUILT_DNS=1`: the answers are the world's, not the account's, and
depend on where they are asked. Without it whatever the DNS would show is untested.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from asbuilt.evidence import Unknown, Untested

WANTED = "ASBUILT_DNS"
_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


def connect(environment: Mapping[str, str]) -> Client:
    """A client, where the environment wants one. Raises `Untested` where it does not."""
    if environment.get(WANTED) != "1":
        raise Untested(f"the DNS was not asked: set {WANTED}=1 to have it asked")
    return Client()


class Client:
    """As much of the form of a boto3 client as reading needs."""

    meta = SimpleNamespace(method_to_api_mapping={"lookup_hosts": "LookupHosts"})

    def can_paginate(self, operation: str) -> bool:
        """No: an answer is whole."""
        return False

    def lookup_hosts(self, Names: Sequence[str]) -> dict[str, Any]:  # noqa: N803  # as boto3 spells parameters
        """The IPv4 addresses of each host name, none where there is no such name; wildcards are no host names."""
        hosts = [name for name in Names if not name.startswith("*.")]
        return {"Hosts": [{"Name": name, "Addresses": _addresses(name)} for name in hosts]}


def _addresses(name: str) -> list[str]:
    try:
        found = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in _NO_SUCH_NAME:
            return []
        raise Unknown(f"the DNS gave no answer for {name!r}: {error.strerror}") from error
    return sorted({str(address[0]) for *_, address in found})
