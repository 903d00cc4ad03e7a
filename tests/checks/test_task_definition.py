"""Checks of the task definitions of ECS services, and of their environment variables."""

from __future__ import annotations

import pytest

from asbuilt.evidence import ResourceId, Unknown
from asbuilt.sources.redaction import PLACEHOLDER, SECRET
from asbuilt_content.checks.ecs import environment, task_definition
from tests.records import account, entry

DEFINITION_ARN = "arn:aws:ecs:us-east-1:1:task-definition/web:1"
SECRET_ARN = "arn:aws:secretsmanager:us-east-1:1:secret:app/key-AbC123"


def _service(*containers, balanced=("web",), subjects=None, **definition):
    service = entry({"loadBalancers": [{"containerName": name} for name in balanced]}, "ecs:service", ["s"])
    data = {"containerDefinitions": list(containers or [{"name": "web"}]), **definition}
    own = entry(data, "ecs:service.task-definition", parent=service.id, arn=DEFINITION_ARN)
    kinds = {"ecs:service.task-definition": [own]}
    seen = account({"ecs:service": [service], **kinds}, subjects)
    return seen.find("ecs:service", ResourceId("s")), seen


def _with(name="web", plain=None, secret=None, **more):
    container = {"name": name, **more}
    if plain is not None:
        container["environment"] = [{"name": key, "value": value} for key, value in plain.items()]
    if secret is not None:
        container["secrets"] = [{"name": key, "valueFrom": value} for key, value in secret.items()]
    return container


def test_definition_facts():
    """The answers are the definition's fields; AWS returns sizes as text."""
    seen = _service(
        family="f", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="2048", memory="4096",
        executionRoleArn="arn:aws:iam::1:role/path/starts",
    )  # fmt: skip
    assert task_definition.task_family(*seen) == "f"
    assert task_definition.network_mode(*seen) == "awsvpc"
    assert task_definition.compatibilities(*seen) == {"FARGATE"}
    assert (task_definition.cpu_units(*seen), task_definition.memory_mib(*seen)) == (2048, 4096)
    assert task_definition.execution_role(*seen) == "starts"
    assert task_definition.task_role(*seen) is None
    assert task_definition.task_role(*_service(taskRoleArn="arn:aws:iam::1:role/app")) == "app"
    assert task_definition.task_role(*_service(taskRoleArn="app")) == "app"


@pytest.mark.parametrize("arn", ["arn:aws:iam::2:role/app", "arn:aws:iam::1:user/app"])
def test_a_role_of_another_account_goes_by_its_arn(arn):
    """Its name alone would be taken for the name of a role of this account."""
    assert task_definition.task_role(*_service(taskRoleArn=arn)) == arn


@pytest.mark.parametrize("place", ["eu-west-1:1", "us-east-1:2"])
def test_a_secret_of_another_account_or_region_goes_by_its_arn(place):
    """Its name alone would be taken for the name of the secret of this account and region."""
    arn = SECRET_ARN.replace("us-east-1:1", place)
    assert environment.secret(*_service(_with(secret={"KEY": f"{arn}:password::"})), "KEY") == arn


@pytest.mark.parametrize("image", ["web", "web:1", "library/web@sha256:1"])
def test_an_image_of_docker_hub_is_from_no_repository_here(image):
    """An image that is called by a name alone comes from Docker Hub, also where a repository has this name."""
    uri = "1.dkr.ecr.us-east-1.amazonaws.com/web"
    own = entry({"repositoryName": "web", "repositoryUri": uri}, "ecr:repository", ["web", "library/web", uri])
    seen = account({"ecr:repository": [own]})
    assert task_definition.repository_of(image, seen) is None
    assert task_definition.repository_of(f"{uri}:1@sha256:2", seen)["repositoryName"] == "web"


def test_without_a_definition_the_answer_is_unknown():
    """A definition that was not read is not an empty one."""
    service = entry({}, "ecs:service", ["s"])
    seen = account({"ecs:service": [service], "ecs:service.task-definition": []})
    seen_service = seen.find("ecs:service", ResourceId("s"))
    with pytest.raises(Unknown):
        environment.free_of_access_keys(seen_service, seen)


def test_the_application_is_the_only_or_the_balanced_container():
    """A sidecar is not the application; with two candidates the answer is unknown."""
    web, sidecar = {"name": "web"}, {"name": "agent"}
    assert task_definition.container_name(*_service(sidecar)) == "agent"
    assert task_definition.container_name(*_service(sidecar, web)) == "web"
    for balanced in ((), ("web", "agent")):
        with pytest.raises(Unknown):
            task_definition.container_name(*_service(sidecar, web, balanced=balanced))


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("r.io:5000/a/web:1.2", "1.2"),
        ("r.io:5000/web", "latest"),
        ("r.io/web@sha256:1", ""),
        ("r.io/web:3@sha256:1", "3"),
    ],
)
def test_image_and_tag(image, tag):
    """A registry's port is no tag, a digest needs no tag, and the default is latest."""
    seen = _service({"name": "web", "image": image})
    assert (task_definition.image(*seen), task_definition.image_tag(*seen)) == (image, tag)


def test_ports_logs_and_health():
    """Settings of the container, and the defaults of missing ones."""
    health = {"command": ["CMD", "true"], "interval": 30}
    logs = {"logDriver": "awslogs", "options": {"awslogs-group": "/x"}}
    ports = [{"containerPort": 8000}, {"containerPort": 53, "protocol": "udp"}]
    seen = _service({"name": "web", "portMappings": ports, "logConfiguration": logs, "healthCheck": health})
    assert task_definition.container_ports(*seen) == {"tcp 8000", "udp 53"}
    assert task_definition.log_driver(*seen) == "awslogs"
    assert task_definition.log_option(*seen, "awslogs-group") == "/x"
    assert task_definition.log_option(*seen, "awslogs-region") is None
    assert task_definition.health_command(*seen) == ("CMD", "true")
    assert task_definition.health_timing(*seen, "interval") == 30
    bare = _service()
    assert task_definition.log_driver(*bare) is None
    assert task_definition.log_option(*bare, "awslogs-group") is None
    assert task_definition.health_command(*bare) == ()
    assert task_definition.health_timing(*bare, "interval") is None


def test_plain_variables_and_secrets():
    """The source of each variable; a Systems Manager parameter is no Secrets Manager secret."""
    secret = {
        "KEY": SECRET_ARN,
        "FIELD": f"{SECRET_ARN}:password::",
        "PARAMETER": "arn:aws:ssm:us-east-1:1:parameter/x",
    }
    seen = _service(_with(plain={"DEBUG": "False"}, secret=secret))
    assert environment.environment(*seen, "DEBUG") == "False"
    assert environment.environment(*seen, "KEY") is None
    assert environment.secret(*seen, "KEY") == environment.secret(*seen, "FIELD") == "app/key"
    assert environment.secret(*seen, "PARAMETER") is environment.secret(*seen, "DEBUG") is None
    assert environment.variables(*seen) == {"DEBUG", "KEY", "FIELD", "PARAMETER"}
    assert environment.secret_variables(*seen) == {"KEY", "FIELD"}
    assert environment.variables(*_service()) == frozenset()


@pytest.mark.parametrize(
    ("value", "answer"),
    [
        ("postgres://db.example:5432/app", "database"),
        ("db.example", "database"),
        ("other-db.example", "other-db.example"),
        ("db.example.org", "db.example.org"),
        ("", ""),
    ],
)
def test_points_at_a_subject_by_its_whole_name(value, answer):
    """A host that only starts or ends with the subject's host name is another host."""
    database = entry({"Endpoint": {"Address": "db.example"}}, "rds:db", ["db"])
    seen = _service(_with(plain={"HOST": value}), subjects={"database": [database]})
    assert environment.points_at(*seen, "HOST") == answer
    assert environment.points_at(*_service(_with(), subjects={"database": [database]}), "HOST") is None


def test_points_at_caches_proxies_and_buckets():
    """Each kind of subject has its own host name."""
    subjects = {
        "cache": [entry({"ReplicationGroupId": "g", "ConfigurationEndpoint": {"Address": "c"}}, "elasticache:cache")],
        "pool": [entry({"Endpoint": "p"}, "rds:proxy")],
        "media": [entry({"Name": "b"}, "s3:bucket")],
    }
    for value, name in (("rediss://c:6379/0", "cache"), ("p", "pool"), ("b", "media")):
        assert environment.points_at(*_service(_with(plain={"X": value}), subjects=subjects), "X") == name


@pytest.mark.parametrize(
    ("container", "keys", "secrets", "samples"),
    [
        (_with(), True, True, True),
        (_with(plain={"DEBUG": "False"}), True, True, True),
        (_with(plain={"AWS_ACCESS_KEY_ID": SECRET}), False, False, True),
        (_with(secret={"AWS_SECRET_ACCESS_KEY": SECRET_ARN}), False, True, True),
        (_with(plain={"DB_PASSWORD": PLACEHOLDER}), True, False, False),
        (_with(plain={"DB_PASSWORD": "hunter2"}), True, False, True),
        (_with(plain={"DB_PASSWORD": ""}), True, True, True),
        (_with(plain={"DB_SECRET": SECRET_ARN}), True, True, True),
        (_with(plain={"REDIS_URL": SECRET}), True, False, True),
    ],
)
def test_keys_and_secrets_in_containers(container, keys, secrets, samples):
    """Access keys, plain secrets and samples are found in any container, including sidecars."""
    seen = _service({"name": "web"}, {**container, "name": "agent"})
    assert environment.free_of_access_keys(*seen) is keys
    assert environment.free_of_plain_secrets(*seen) is secrets
    assert environment.free_of_sample_credentials(*seen) is samples


def test_variables_from_files_are_unknown():
    """A file in S3 can hold keys and secrets; those found elsewhere are found all the same."""
    files = {"environmentFiles": [{"value": "arn:aws:s3:::settings/prod.env", "type": "s3"}]}
    free = (environment.free_of_access_keys, environment.free_of_plain_secrets, environment.free_of_sample_credentials)
    for question in free:
        with pytest.raises(Unknown, match=r"prod\.env"):
            question(*_service({"name": "web", **files}))
    assert not environment.free_of_access_keys(*_service({**_with(plain={"AWS_ACCESS_KEY_ID": "x"}), **files}))


def test_host_list_by_the_domain_of_a_subject():
    """The domain, a name under it, and a host that only ends with the same text."""
    zone = entry({"Name": "campus.example."}, "route53:zone", ["campus.example"])
    plain = {"HOSTS": "campus.example, www.campus.example,10.0.0.1,mycampus.example,"}
    seen = _service(_with(plain=plain), subjects={"zone": [zone]})
    assert environment.host_list(*seen, "HOSTS") == {"zone", "www.zone", "10.0.0.1", "mycampus.example"}
    assert environment.host_list(*seen, "OTHER") == frozenset()


def test_image_from_a_repository():
    """The repository is a subject, whatever the tag, else its URI."""
    repository = entry({"repositoryUri": "r.io:5000/web"}, "ecr:repository", ["r.io:5000/web"])
    for image, source in [
        ("r.io:5000/web:1", "repository"),
        ("r.io:5000/web@sha256:1", "repository"),
        ("a/b:1", "a/b"),
    ]:
        seen = _service({"name": "web", "image": image}, subjects={"repository": [repository]})
        assert task_definition.image_from(*seen) == source
