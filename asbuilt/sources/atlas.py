"""MongoDB Atlas as a source of evidence: its Admin API (v2) over HTTP digest authentication, read only.

Keys come from the environment and are optional: without them the facts about Atlas are untested.

- `ATLAS_PUBLIC_KEY`, `ATLAS_PRIVATE_KEY`: an API key of the project with the role Project Read Only.
- `ATLAS_PROJECT_ID`: the project's id, 24 hexadecimal digits.
- `ATLAS_API_URL`: the base address, for Atlas for Government or a stand-in; default: that of Atlas.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from asbuilt.evidence import Unknown, Untested
from asbuilt.sources.row import Row
from asbuilt.sources.source import Clients, EvidenceRequest, Source

if TYPE_CHECKING:
    import requests

KEYS = ("ATLAS_PUBLIC_KEY", "ATLAS_PRIVATE_KEY", "ATLAS_PROJECT_ID")
ADDRESS = "https://cloud.mongodb.com"
MEDIA_TYPE = "application/vnd.atlas.2024-08-05+json"  # the version of answers that the checks read
PAGE = 500  # the largest page of Atlas, in items
TIMEOUT = (5, 30)  # seconds: to connect, and between two parts of the answer
READER = "Project Read Only"

_CLUSTER = "/clusters/{cluster}"

# Operation → its name in Atlas's reference, and its path below that of the project.
OPERATIONS = {
    "list_clusters": ("ListClusters", "/clusters"),
    "get_backup_schedule": ("GetBackupSchedule", f"{_CLUSTER}/backup/schedule"),
    "list_suggested_indexes": (
        "ListClusterSuggestedIndexes",
        f"{_CLUSTER}/performanceAdvisor/suggestedIndexes",
    ),
    "list_database_users": ("ListDatabaseUsers", "/databaseUsers"),
    "list_peering_connections": ("ListPeeringConnections", "/peers"),
}


def connect(request: EvidenceRequest) -> Clients:
    """A client for the project that the environment names.

    Raises `Untested` where it names none, and for a mock account, which has no project.
    """
    if request.target.kind == "mock":
        raise Untested("a mock account has no Atlas project: name an account or an endpoint")
    client = client_of(request.environment)
    return lambda service, region: client


def client_of(environment: Mapping[str, str]) -> AtlasClient:
    """A client for the project that the environment names. Raises `Untested` where it names none."""
    missing = [name for name in KEYS if not environment.get(name)]
    if missing:
        raise Untested(f"Atlas was not read: set {', '.join(missing)} in the environment")
    import requests

    session = requests.Session()
    session.auth = requests.auth.HTTPDigestAuth(environment[KEYS[0]], environment[KEYS[1]])
    session.headers["Accept"] = MEDIA_TYPE
    session.trust_env = False  # a .netrc must not take the place of the keys
    base = (environment.get("ATLAS_API_URL") or ADDRESS).rstrip("/")
    return AtlasClient(session, f"{base}/api/atlas/v2/groups/{quote(environment[KEYS[2]], safe='')}")


class AtlasClient:
    """A client with the interface of boto3 that reading needs: one method for each operation of `OPERATIONS`.

    Each method returns the answer as a dictionary, a list with all its pages under `results`, and raises `Unknown`
    where Atlas cannot be reached, refuses, or answers otherwise.
    """

    def __init__(self, session: requests.Session, project: str) -> None:
        self._session = session
        self._project = project
        self.meta = SimpleNamespace(method_to_api_mapping={name: api for name, (api, _) in OPERATIONS.items()})

    def can_paginate(self, operation: str) -> bool:
        """False: each method reads all pages of a list itself."""
        return False

    def __getattr__(self, operation: str) -> Any:
        if operation not in OPERATIONS:
            raise AttributeError(operation)
        return lambda **params: self._read(operation, params)

    def _read(self, operation: str, params: Mapping[str, str]) -> dict[str, Any]:
        """The answer; of a list, all pages joined under `results`."""
        api, path = OPERATIONS[operation]
        address = self._project + path.format(**{name: quote(value, safe="") for name, value in params.items()})
        if not operation.startswith("list_") or operation == "list_suggested_indexes":
            return self._get(api, address, {})
        results: list[Any] = []
        while True:
            number = len(results) // PAGE + 1
            answer = self._get(api, address, {"itemsPerPage": PAGE, "pageNum": number})
            page = answer.get("results")
            if not isinstance(page, list):
                raise Unknown(f"mongodbatlas:{api} answered without results")
            results += page
            if len(page) < PAGE:
                return {"results": results}

    def _get(self, api: str, address: str, query: Mapping[str, int]) -> dict[str, Any]:
        import requests

        try:
            response = self._session.get(address, params=query, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as error:
            raise Unknown(f"mongodbatlas:{api} could not be reached: {type(error).__name__}") from None
        if response.status_code == 401:
            raise Unknown(f"mongodbatlas:{api} was refused: the API key is not valid")
        if response.status_code == 403:
            reason = f"the API key lacks the role {READER}, or its access list lacks this machine's address"
            raise Unknown(f"mongodbatlas:{api} was denied: {reason}", READER)
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if response.status_code != 200 or not isinstance(answer, dict):
            code = answer.get("errorCode", "") if isinstance(answer, dict) else ""
            raise Unknown(f"mongodbatlas:{api} answered {response.status_code} {code!r}")
        return answer


_SERVICE = "mongodbatlas"
_OF_CLUSTER = {"cluster": "name"}

ROWS = (
    Row("atlas:cluster", _SERVICE, "list_clusters", "results[]", ids="[name, id]"),
    Row(
        "atlas:cluster.backup-schedule",
        _SERVICE,
        "get_backup_schedule",
        "@",
        per="atlas:cluster",
        params=_OF_CLUSTER,
        whole=["policies"],
    ),
    Row(
        "atlas:cluster.suggested-indexes",
        _SERVICE,
        "list_suggested_indexes",
        "suggestedIndexes[]",
        per="atlas:cluster",
        params=_OF_CLUSTER,
    ),
    Row("atlas:user", _SERVICE, "list_database_users", "results[]", names="[username]"),
    Row("atlas:peering", _SERVICE, "list_peering_connections", "results[]", ids="[connectionId, id]"),
)
SOURCE = Source(
    name="atlas",
    services=(_SERVICE,),
    rows=ROWS,
    connect=connect,
    about="MongoDB Atlas's Admin API, for the project and key of `ATLAS_PROJECT_ID`, `ATLAS_PUBLIC_KEY` and "
    "`ATLAS_PRIVATE_KEY`.",
    untested=f"Atlas was not read: set {', '.join(KEYS)} in the environment",
)
