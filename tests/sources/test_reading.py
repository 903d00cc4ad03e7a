"""Reading: all pages are read, each call is made once, and no failure is taken for an empty account."""

from __future__ import annotations

import datetime
import json
from types import SimpleNamespace

import boto3
import botocore.exceptions
import botocore.parsers
import pytest

from asbuilt.evidence import TargetError, Unknown
from asbuilt.sources.reader import Reader
from asbuilt.sources.row import Plan
from asbuilt.sources.table import SourceClients
from asbuilt.targets import Target

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
HTTP = SimpleNamespace(status_code=200, headers={})


class Endpoint:
    """Answers botocore's calls without a network, and counts them."""

    def __init__(self):
        self.calls = []
        self.answers = {}
        self.session = boto3.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
        self.session.events.register("before-call", self._answer)

    def _answer(self, model, params, context, **_):
        params = {**params, **context.get("input_params", {})}
        self.calls.append(model.name)
        answer = self.answers[model.name]
        if callable(answer):
            answer = answer(params)
        if isinstance(answer, Exception):
            raise answer
        return HTTP, {"ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {}}, **answer}

    def read(self, *kinds, parents=None):
        connection = SourceClients(Target("endpoint", "test"), "us-east-1", self.session)
        return Reader(connection.client, NOW).read(Plan(frozenset(kinds), parents or {}))


@pytest.fixture
def endpoint():
    """A session whose calls the test answers."""
    return Endpoint()


def _db(name):
    return {"DBInstanceIdentifier": name, "DBInstanceArn": f"arn:aws:rds:us-east-1:123456789012:db:{name}"}


def error(code, status=400):
    """An error of a service, as the SDK raises it."""
    response = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return botocore.exceptions.ClientError(response, "DescribeDBInstances")


def test_all_pages_are_read(endpoint):
    """Two pages give one list."""
    pages = iter([{"DBInstances": [_db("a")], "Marker": "next"}, {"DBInstances": [_db("b")]}])
    endpoint.answers = {"DescribeDBInstances": lambda _: next(pages)}
    snapshot = endpoint.read("rds:db")
    assert [entry.ids[0] for entry in snapshot.entries("rds:db")] == ["a", "b"]
    assert [(call.operation, call.pages) for call in snapshot.calls] == [("rds:DescribeDBInstances", 2)]


def test_ids_and_names_are_kept_apart(endpoint):
    """What AWS keeps unique is an id, its ARN among them; a Name tag is a name, also where it looks like an id."""
    subnet = {"SubnetId": "subnet-1", "SubnetArn": "arn:s", "Tags": [{"Key": "Name", "Value": "subnet-2"}]}
    endpoint.answers = {"DescribeSubnets": {"Subnets": [subnet, {"SubnetId": "subnet-2"}]}}
    tagged, bare = endpoint.read("ec2:subnet").entries("ec2:subnet")
    assert (tagged.ids, tagged.names) == (("subnet-1", "arn:s"), ("subnet-2",))
    assert (bare.ids, bare.names) == (("subnet-2",), ())


@pytest.mark.parametrize("pages", [[["a", "b", "a"]], [["a"], ["b", "a"]]])
def test_a_record_that_is_answered_twice_is_unknown(endpoint, pages):
    """AWS has each resource once, so that an answer with two of one id is none, on one page or on two."""
    answers = [{"DBInstances": [_db(name) for name in page], "Marker": f"after {page}"} for page in pages]
    answers[-1].pop("Marker")
    rest = iter(answers)
    endpoint.answers = {"DescribeDBInstances": lambda _: next(rest)}
    with pytest.raises(Unknown, match=r"rds:DescribeDBInstances answered with two records of '.*:a', which AWS has"):
        endpoint.read("rds:db").entries("rds:db")


def test_an_empty_list_is_read_and_empty(endpoint):
    """An empty list is an answer."""
    endpoint.answers = {"DescribeDBInstances": {"DBInstances": []}}
    assert endpoint.read("rds:db").entries("rds:db") == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (error("AccessDenied"), "was denied: the reading role lacks rds:DescribeDBInstances"),
        (error("Throttling"), "was throttled"),
        (error("OptInRequired"), "region is not enabled"),
        (error("404"), "is not modelled by this endpoint"),
        (error("SomethingNew"), "answered SomethingNew"),
        (NotImplementedError("nothing"), "is not modelled by this mock"),
        (botocore.parsers.ResponseParserError("broken XML"), "an answer that is not of this API"),
        (botocore.exceptions.EndpointConnectionError(endpoint_url="http://x"), "could not be reached"),
        (botocore.exceptions.ReadTimeoutError(endpoint_url="http://x"), "was interrupted"),
        (KeyError("moto"), "failed: KeyError"),
        ({}, "answered without DBInstances"),
        ({"DBInstances": ["text"]}, "answered with str, expected a structure"),
    ],
)
def test_a_failure_is_unknown_with_its_reason(endpoint, answer, reason):
    """Each kind of failure raises `Unknown` and never gives an empty list."""
    endpoint.answers = {"DescribeDBInstances": answer}
    snapshot = endpoint.read("rds:db")
    with pytest.raises(Unknown, match=reason):
        snapshot.entries("rds:db")


@pytest.mark.parametrize(
    "error",
    [
        error("ExpiredToken"),
        error("InvalidAccessKeyId"),
        botocore.exceptions.NoCredentialsError(),
        botocore.exceptions.TokenRetrievalError(provider="sso", error_msg="expired"),
    ],
)
def test_unusable_credentials_end_the_run(endpoint, error):
    """Every other call would fail as well."""
    endpoint.answers = {"DescribeDBInstances": error}
    with pytest.raises(TargetError, match=r"credentials|access key"):
        endpoint.read("rds:db")


def test_a_page_that_is_missing_is_unknown(endpoint):
    """An answer with further pages that the SDK cannot request counts as not read."""
    endpoint.answers = {"GetCallerIdentity": {"Account": "1", "Arn": "a", "NextToken": "more"}}
    with pytest.raises(Unknown, match="has pages that were not read"):
        endpoint.read("aws:account").entries("aws:account")


def test_details_are_read_for_the_wanted_parents_only(endpoint):
    """Details are read of the buckets of the facts only; AWS's "none" is an answer, a denial is not."""

    def encryption(params):
        if params["Bucket"] == "none":
            return error("ServerSideEncryptionConfigurationNotFoundError")
        return error("AccessDenied", 403)

    endpoint.answers = {
        "ListBuckets": {"Buckets": [{"Name": "none"}, {"Name": "denied"}, {"Name": "other"}]},
        "GetBucketEncryption": encryption,
    }
    snapshot = endpoint.read(
        "s3:bucket.encryption", parents={"s3:bucket.encryption": lambda entry: entry.ids[0] != "other"}
    )
    none, denied, other = snapshot.entries("s3:bucket")
    assert snapshot.of("s3:bucket.encryption", none.id) == []
    with pytest.raises(Unknown, match="s3:GetEncryptionConfiguration"):
        snapshot.of("s3:bucket.encryption", denied.id)
    with pytest.raises(Unknown, match="was not read"):
        snapshot.of("s3:bucket.encryption", other.id)
    assert endpoint.calls.count("GetBucketEncryption") == 2


def test_what_hangs_below_an_unreadable_list_is_unknown_too(endpoint):
    """The reason is that of the list."""
    endpoint.answers = {"ListBuckets": error("AccessDenied", 403)}
    snapshot = endpoint.read("s3:bucket.encryption")
    with pytest.raises(Unknown, match="s3:ListBuckets was denied"):
        snapshot.entries("s3:bucket.encryption")


def test_details_are_asked_in_batches(endpoint):
    """Twelve services of one cluster take two calls of up to ten."""
    cluster = "arn:aws:ecs:us-east-1:123456789012:cluster/c"
    services = [f"arn:aws:ecs:us-east-1:123456789012:service/c/s{i}" for i in range(12)]
    asked = []

    def describe(params):
        import json

        names = json.loads(params["body"])["services"]
        asked.append(len(names))
        return {"services": [{"serviceArn": name, "serviceName": name[-2:], "clusterArn": cluster} for name in names]}

    endpoint.answers = {
        "ListClusters": {"clusterArns": [cluster]},
        "DescribeClusters": {"clusters": [{"clusterArn": cluster, "clusterName": "c"}]},
        "ListServices": {"serviceArns": services},
        "DescribeServices": describe,
    }
    assert len(endpoint.read("ecs:service").entries("ecs:service")) == 12
    assert sorted(asked) == [2, 10]
    assert max(endpoint.calls.count(name) for name in ("ListClusters", "DescribeClusters", "ListServices")) == 1


CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/c"
SERVICES = [f"arn:aws:ecs:us-east-1:123456789012:service/c/s{i}" for i in range(3)]


def _of(*arns, reason=""):
    """An answer of DescribeServices: these services, and a reason for each of the others."""
    found = [{"serviceArn": arn, "serviceName": arn[-2:], "clusterArn": CLUSTER} for arn in arns]
    missing = [{"arn": arn, "reason": reason} for arn in SERVICES if reason and arn not in arns]
    return {"services": found, "failures": missing}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (_of(), "ecs:DescribeServices was asked for 3 and answered with 0"),
        (_of(SERVICES[0]), "was asked for 3 and answered with 1"),
        (_of(SERVICES[0], reason="ACCESS_DENIED"), "answered with 1: .*s1: ACCESS_DENIED"),
    ],
)
def test_a_batch_that_is_not_answered_in_full_is_unknown(endpoint, answer, reason):
    """A service that is listed but not described is unknown, and never taken for deleted."""
    endpoint.answers = {
        "ListClusters": {"clusterArns": [CLUSTER]},
        "DescribeClusters": {"clusters": [{"clusterArn": CLUSTER, "clusterName": "c"}]},
        "ListServices": {"serviceArns": SERVICES},
        "DescribeServices": answer,
    }
    snapshot = endpoint.read("ecs:service", "ecs:service.task-definition")
    for kind in ("ecs:service", "ecs:service.task-definition"):
        with pytest.raises(Unknown, match=reason):
            snapshot.entries(kind)
    for asked in snapshot.entries("ecs:service.names"):
        with pytest.raises(Unknown, match=reason):
            snapshot.of("ecs:service", asked.id)


def test_what_is_gone_since_it_was_listed_is_none(endpoint):
    """The answer names deleted services as missing, one or all of them."""
    endpoint.answers = {
        "ListClusters": {"clusterArns": [CLUSTER]},
        "DescribeClusters": {"clusters": [{"clusterArn": CLUSTER, "clusterName": "c"}]},
        "ListServices": {"serviceArns": SERVICES},
        "DescribeServices": _of(SERVICES[0], reason="MISSING"),
    }
    assert [entry.names[0] for entry in endpoint.read("ecs:service").entries("ecs:service")] == ["s0"]
    endpoint.answers["DescribeServices"] = _of(reason="MISSING")
    snapshot = endpoint.read("ecs:service")
    assert snapshot.entries("ecs:service") == []
    assert [snapshot.of("ecs:service", asked.id) for asked in snapshot.entries("ecs:service.names")] == [[], [], []]
    with pytest.raises(Unknown, match="was not read"):
        snapshot.of("ecs:service", "another")


def test_nothing_outside_the_table_is_ever_sent(endpoint):
    """The hook refuses operations that are not in the table of rows."""
    client = SourceClients(Target("endpoint", "test"), "us-east-1", endpoint.session).client("rds", "")
    with pytest.raises(PermissionError, match="only reads"):
        client.delete_db_instance(DBInstanceIdentifier="a")
    secrets = SourceClients(Target("endpoint", "test"), "us-east-1", endpoint.session).client("secretsmanager", "")
    with pytest.raises(PermissionError, match="only reads"):
        secrets.get_secret_value(SecretId="a")
    assert "DeleteDBInstance" not in endpoint.calls


ORGANIZATION = {"Id": "o-1", "MasterAccountId": "999999999999", "FeatureSet": "ALL"}


def _parents(**of):
    """Parents by child: one id each, which begins with its type."""

    def answer(params):
        parent = of[json.loads(params["body"])["ChildId"].replace("-", "_")]
        return {"Parents": [{"Id": parent, "Type": "ROOT" if parent.startswith("r-") else "ORGANIZATIONAL_UNIT"}]}

    return answer


def test_a_row_follows_itself_to_the_end(endpoint):
    """Parents are read from the account through its units to the root, which has no parent."""
    endpoint.answers = {
        "GetCallerIdentity": {"Account": "a"},
        "DescribeOrganization": {"Organization": ORGANIZATION},
        "ListParents": _parents(a="ou-1", ou_1="ou-2", ou_2="r-1"),
    }
    found = endpoint.read("organizations:ancestor").entries("organizations:ancestor")
    assert [entry.data["Id"] for entry in found] == ["ou-1", "ou-2", "r-1"]
    assert endpoint.calls.count("ListParents") == 3
    endpoint.answers["DescribeOrganization"] = {"Organization": {**ORGANIZATION, "MasterAccountId": "a"}}
    assert endpoint.read("organizations:ancestor").entries("organizations:ancestor") == []
    assert endpoint.calls.count("ListParents") == 3


@pytest.mark.parametrize(
    ("parents", "kinds", "reason"),
    [
        (_parents(a="ou-1", ou_1="ou-2", ou_2="ou-1"), ["ancestor"], "parents in a chain"),
        (error("AccessDeniedException"), ["ancestor", "scp", "scp.document"], "lacks organizations:ListParents"),
    ],
)
def test_a_row_that_does_not_come_to_its_end_is_unknown(endpoint, parents, kinds, reason):
    """A cycle, or a refused call, makes the records and their details unknown."""
    endpoint.answers = {
        "GetCallerIdentity": {"Account": "a"},
        "DescribeOrganization": {"Organization": ORGANIZATION},
        "ListParents": parents,
        "ListPoliciesForTarget": {"Policies": []},
    }
    snapshot = endpoint.read("organizations:scp.document")
    for kind in kinds:
        with pytest.raises(Unknown, match=reason):
            snapshot.entries(f"organizations:{kind}")
