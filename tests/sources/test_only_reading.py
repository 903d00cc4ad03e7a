"""Reading never writes: clients for accounts are made in one place, and refuse what no row of the table names."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import boto3
import pytest
from botocore.httpsession import URLLib3Session

from asbuilt import content
from asbuilt.sources.aws_session import AwsClients
from asbuilt.sources.rows import allowed_operations
from asbuilt.targets import Target

ROOT = content.ENGINE.parent
# where clients or sessions of AWS's libraries are made, and what for
MAKERS = {
    "asbuilt/sources/aws_session.py": "clients for accounts, with the hooks that refuse",
    "asbuilt/sources/credentials.py": "sessions with the credentials that accounts.toml names",
    "asbuilt/sources/service_models.py": "the session of these clients",
    "asbuilt/sources/shapes.py": "a session that reads service models, and makes no client",
    "asbuilt/mock/account.py": "a session on a mock account",
}
CLIENT_MAKERS = ("client", "resource", "create_client", "Session", "get_session")
LIBRARIES = ("boto3", "botocore", "aiobotocore", "s3fs", "awswrangler")


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("asbuilt", "checks", "specs", "loadtests", "reports"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def _makes_clients(module: ast.Module) -> list[str]:
    """The calls of a module that make a client or a session of AWS's libraries, and imports of such makers."""
    imported = [
        f"line {node.lineno}: from {node.module} import {name.name}"
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in LIBRARIES
        for name in node.names
        if name.name in CLIENT_MAKERS
    ]
    return imported + [
        f"line {node.lineno}: {ast.unparse(node.func)}"
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _is_maker(node.func)
    ]


def _is_maker(function: ast.Attribute) -> bool:
    owner = ast.unparse(function.value)
    return function.attr in CLIENT_MAKERS and (
        owner.partition(".")[0] in LIBRARIES or owner.rpartition(".")[2].strip("_()") in ("session", "get_session")
    )


def test_clients_for_accounts_are_made_in_one_module() -> None:
    """A second place could leave out the hooks. What writes one day has a client of its own, and a line above."""
    found = {name: _makes_clients(module) for name, module in _modules()}
    found = {name: calls for name, calls in found.items() if calls}
    assert sorted(found) == sorted(MAKERS), found
    for name in ("asbuilt/sources/service_models.py", "asbuilt/sources/shapes.py", "asbuilt/mock/account.py"):
        assert not [call for call in found[name] if call.rpartition(".")[2] in ("client", "resource", "create_client")]


@pytest.mark.parametrize(
    "code",
    [
        "import boto3\nboto3.client('s3')",
        "import boto3\nboto3.Session().client('s3')",
        "from boto3 import client",
        "from botocore.session import get_session",
        "def f(self): self._session.client('s3')",
        "def f(session): session.resource('s3')",
        "import botocore.session\nbotocore.session.get_session().create_client('s3')",
    ],
)
def test_every_way_to_make_a_client_is_found(code: str) -> None:
    """So that the test above cannot pass for want of looking."""
    assert _makes_clients(ast.parse(code))


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> AwsClients:
    """Clients whose every request that is sent fails the test."""

    def sent(self: object, request: object) -> None:
        raise AssertionError(f"a request was sent: {request}")

    monkeypatch.setattr(URLLib3Session, "send", sent)
    session = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1")  # none
    return AwsClients(Target("account", "x"), "us-east-1", session)


WRITES = [
    ("s3", "put_object", {"Bucket": "b", "Key": "k", "Body": b""}),
    ("s3", "get_object", {"Bucket": "b", "Key": "k"}),
    ("s3", "delete_bucket", {"Bucket": "b"}),
    ("secretsmanager", "get_secret_value", {"SecretId": "x"}),
    ("ssm", "get_parameter", {"Name": "x", "WithDecryption": True}),
    ("ssm", "send_command", {"DocumentName": "x"}),
    ("ecs", "execute_command", {"cluster": "x", "command": "x", "interactive": True, "task": "x"}),
    ("sns", "publish", {"Message": "x"}),
    ("kms", "decrypt", {"CiphertextBlob": b"x"}),
    ("ec2", "terminate_instances", {"InstanceIds": ["i-1"]}),
    ("iam", "create_user", {"UserName": "x"}),
    ("lambda", "invoke", {"FunctionName": "x"}),
]


@pytest.mark.parametrize(("service", "operation", "params"), WRITES)
def test_an_operation_outside_the_table_is_not_sent(
    clients: AwsClients, service: str, operation: str, params: dict[str, object]
) -> None:
    """By its method, and by the generic call below it."""
    assert (service, operation) not in allowed_operations()
    client = clients.client(service, "")
    with pytest.raises(PermissionError, match="is not in the table of rows: asbuilt only reads"):
        getattr(client, operation)(**params)
    api = client.meta.method_to_api_mapping[operation]
    with pytest.raises(PermissionError, match="is not in the table of rows"):
        client._make_api_call(api, params)


def test_paginators_and_waiters_are_refused_too(clients: AwsClients) -> None:
    """They call the client's own methods."""
    pages = clients.client("s3", "").get_paginator("list_object_versions").paginate(Bucket="b")
    with pytest.raises(PermissionError, match="s3:ListObjectVersions"):
        next(iter(pages))
    with pytest.raises(PermissionError, match="s3:HeadObject"):
        clients.client("s3", "").get_waiter("object_exists").wait(Bucket="b", Key="k")


def test_a_presigned_url_is_not_made(clients: AwsClients) -> None:
    """Nor a form: either would be sent by somebody else, past the hook."""
    client = clients.client("s3", "")
    for operation in ("get_object", "put_object", "delete_object"):
        with pytest.raises(PermissionError, match="signs no request"):
            client.generate_presigned_url(operation, Params={"Bucket": "b", "Key": "k"})
    with pytest.raises(PermissionError, match="signs no request"):
        client.generate_presigned_post("b", "k")
