"""Secrets in the plain variables of containers."""

from __future__ import annotations

import pytest

from tests.field.empty_account import empty_account

# name of the variable, its value, and the secret part of the value
LEAKS = [
    ("DB_PASS", "xK9#mL2p", "xK9#mL2p"),
    ("DB_PWD", "xK9#mL2p", "xK9#mL2p"),
    ("MYSQL_PWD", "xK9#mL2p", "xK9#mL2p"),
    ("DB_PASSPHRASE", "open sesame 42", "sesame"),
    ("ENCRYPTION_KEY", "c2VjcmV0LWtleS1mb3ItYWVz", "c2VjcmV0"),
    ("SIGNING_KEY", "7d1f0e1c9a", "7d1f0e1c9a"),
    ("APP_KEY", "base64:2hQ0m1q9vG7yq8w0b4lV6g==", "2hQ0m1q9"),
    ("CONN", "Server=db;User Id=sa;Password=Hunter2!;", "Hunter2"),
    ("SPRING_APPLICATION_JSON", '{"spring.datasource.password":"hunter2"}', "hunter2"),
    ("STRIPE", "sk_live_" + "51H8abcDEFghiJKLmnoPQRst", "51H8abc"),
]


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    """One account for all tests, each of which registers a new revision of one task definition."""
    with empty_account(tmp_path_factory.mktemp("secrets")) as built:
        yield built


def _define(account, name, value):
    """Register a revision of the task definition `web`, whose container has one plain variable."""
    container = {"name": "web", "image": "nginx", "environment": [{"name": name, "value": value}]}
    account.aws.ecs.register_task_definition(
        family="web",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[container],
    )


def _judged(account, name, value):
    """The status of `free_of_plain_secrets` for a container with this variable, and the results as text."""
    _define(account, name, value)
    status = account.ask("ecs:task-definition", "web", "free_of_plain_secrets", True).status
    return status, account.results


@pytest.mark.parametrize(("name", "value", "secret"), LEAKS, ids=[name for name, _, _ in LEAKS])
def test_a_secret_in_a_plain_variable_is_found(account, name, value, secret):
    """A secret in a plain variable is found, whatever the variable's name is."""
    status, _ = _judged(account, name, value)
    assert status == "failed"


@pytest.mark.parametrize(("name", "value", "secret"), LEAKS, ids=[name for name, _, _ in LEAKS])
def test_a_secret_in_a_plain_variable_is_in_no_result(account, name, value, secret):
    """The results of a run hold no secret as evidence."""
    _, results = _judged(account, name, value)
    assert secret not in results


def test_a_secret_in_a_plain_variable_of_a_service_is_found_and_not_shown(account):
    """Secrets in the containers of a service are found as well."""
    _define(account, "DB_PASS", "xK9#mL2p")
    account.aws.ecs.create_cluster(clusterName="main")
    account.aws.ecs.create_service(cluster="main", serviceName="web", taskDefinition="web", desiredCount=0)
    found = account.ask("ecs:service", "web", "free_of_plain_secrets", True).status
    assert (found, "xK9#mL2p" in account.results) == ("failed", False)


@pytest.mark.parametrize(
    ("name", "value"),
    [("DB_PASSWORD", "xK9#mL2p"), ("DATABASE_URL", "postgres://web:xK9#mL2p@db/web")],
    ids=["by its name", "by its form"],
)
def test_a_password_is_found_and_not_shown(account, name, value):
    """A secret is recognised by the variable's name or by the value's form, such as a URL with a password."""
    status, results = _judged(account, name, value)
    assert (status, "xK9#mL2p" in results) == ("failed", False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_LEVEL", "info"),
        ("DB_HOST", "db.internal"),
        ("DATABASE_URL", "postgres://web@db/web"),
        ("CONN", "Server=db;Integrated Security=true;"),
        ("COMPASS_URL", "https://compass.example.org"),
        ("PASSENGER_POOL_SIZE", "6"),
        ("BYPASS_CACHE", "true"),
        ("PWD", "/srv/web"),
        ("PARTITION_KEY", "tenant_id"),
        ("KEYBOARD_LAYOUT", "us"),
        ("SPRING_APPLICATION_JSON", '{"spring.datasource.url":"jdbc:postgresql://db/web"}'),
    ],
)
def test_a_variable_without_a_secret_is_none(account, name, value):
    """Names and values that only resemble secrets are no secrets."""
    status, _ = _judged(account, name, value)
    assert status == "passed"
