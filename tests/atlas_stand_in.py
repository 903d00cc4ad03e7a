"""A stand-in for Atlas's Admin API on loopback: digest authentication, paging, and answers in the documented shapes."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PUBLIC, PRIVATE, PROJECT = "stand-in", "not-a-secret", "32b6e34b3d91647abb20e7b8"
NONCE, REALM = "dcd98b7102dd2f0e8b11d0f600bfb0c0", "MMS Public API"
BASE = f"/api/atlas/v2/groups/{PROJECT}"
REGION = {
    "providerName": "AWS",
    "regionName": "US_EAST_1",
    "priority": 7,
    "electableSpecs": {"instanceSize": "M10", "nodeCount": 3, "diskSizeGB": 10.0},
}
CLUSTER = {
    "id": "32b6e34b3d91647abb20e7b9",
    "groupId": PROJECT,
    "name": "studybunny",
    "clusterType": "REPLICASET",
    "stateName": "IDLE",
    "paused": False,
    "backupEnabled": True,
    "pitEnabled": True,
    "encryptionAtRestProvider": "NONE",
    "advancedConfiguration": {"minimumEnabledTlsProtocol": "TLS1_2"},
    "connectionStrings": {"standardSrv": "mongodb+srv://studybunny.invalid"},
    "replicationSpecs": [{"id": "32b6e34b3d91647abb20e7ba", "zoneName": "Zone 1", "regionConfigs": [REGION]}],
}
SCHEDULE = {
    "clusterName": "studybunny",
    "restoreWindowDays": 7,
    "policies": [
        {
            "id": "32b6e34b3d91647abb20e7bb",
            "policyItems": [
                {"frequencyType": "hourly", "frequencyInterval": 6, "retentionUnit": "days", "retentionValue": 7},
                {"frequencyType": "daily", "frequencyInterval": 1, "retentionUnit": "days", "retentionValue": 30},
            ],
        }
    ],
}


def answers() -> dict[str, Any]:
    """A project as documented: path below the API's address → its answer, with whole lists."""
    return {
        f"{BASE}/clusters": [json.loads(json.dumps(CLUSTER))],
        f"{BASE}/clusters/studybunny/backup/schedule": json.loads(json.dumps(SCHEDULE)),
        f"{BASE}/clusters/studybunny/performanceAdvisor/suggestedIndexes": {"shapes": [], "suggestedIndexes": []},
        f"{BASE}/databaseUsers": [{"username": "django", "databaseName": "admin", "roles": []}],
        f"{BASE}/peers": [{"id": "32b6e34b3d91647abb20e7bc", "connectionId": "pcx-1", "statusName": "AVAILABLE"}],
    }


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def do_GET(self) -> None:  # the name that http.server calls
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        self.server.asked.append(path)
        if not self._authorized():
            challenge = f'Digest realm="{REALM}", domain="", nonce="{NONCE}", algorithm=MD5, qop="auth", stale=false'
            self._answer(401, {"error": 401, "reason": "Unauthorized"}, challenge)
        elif path in self.server.refused:
            self._answer(403, {"error": 403, "errorCode": "IP_ADDRESS_NOT_ON_ACCESS_LIST", "reason": "Forbidden"})
        elif path not in self.server.answers:
            self._answer(404, {"error": 404, "errorCode": "RESOURCE_NOT_FOUND", "reason": "Not Found"})
        else:
            self._answer(200, _page(self.server.answers[path], query))

    def _answer(self, status: int, body: Any, challenge: str = "") -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        if challenge:
            self.send_header("WWW-Authenticate", challenge)
        self.send_header("Content-Type", "application/vnd.atlas.2024-08-05+json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _authorized(self) -> bool:
        """Whether the digest shows that the client has the private key (RFC 7616)."""
        sent = dict(re.findall(r'(\w+)="?([^",]+)"?', self.headers.get("Authorization", "")))
        if sent.get("username") != PUBLIC or sent.get("nonce") != NONCE or sent.get("uri") != self.path:
            return False
        secret, request = _md5(f"{PUBLIC}:{REALM}:{PRIVATE}"), _md5(f"GET:{self.path}")
        return sent["response"] == _md5(f"{secret}:{NONCE}:{sent['nc']}:{sent['cnonce']}:auth:{request}")

    def log_message(self, *_: Any) -> None:
        """Write no log."""


def _page(answer: Any, query: dict[str, list[str]]) -> Any:
    if not isinstance(answer, list):
        return answer
    size, number = int(query.get("itemsPerPage", ["100"])[0]), int(query.get("pageNum", ["1"])[0])
    return {"results": answer[(number - 1) * size : number * size], "totalCount": len(answer)}


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@contextmanager
def atlas() -> Iterator[Any]:
    """A running stand-in. `.environment` holds the variables for its client; tests change `.answers` and `.refused`."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.answers, server.refused, server.asked = answers(), set(), []
    address = f"http://127.0.0.1:{server.server_port}"
    server.environment = {
        "ATLAS_PUBLIC_KEY": PUBLIC,
        "ATLAS_PRIVATE_KEY": PRIVATE,
        "ATLAS_PROJECT_ID": PROJECT,
        "ATLAS_API_URL": address,
    }
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
