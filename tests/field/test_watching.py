"""What is recorded of an account, and who hears of its alarms."""

from __future__ import annotations

import pytest

from tests.field.empty_account import OWN

ACCOUNT = ("aws:account", "")
OBJECTS = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]


def _trail(account, **selectors):
    """A trail that is on, covers every region and signs its files, and records what its selectors say."""
    account.aws.s3.create_bucket(Bucket="trail")
    trail = account.aws.cloudtrail
    trail.create_trail(Name="audit", S3BucketName="trail", IsMultiRegionTrail=True, EnableLogFileValidation=True)
    trail.start_logging(Name="audit")
    if selectors:
        trail.put_event_selectors(TrailName="audit", **selectors)


def _trails(account):
    """How the promises of one trail that records, and of one that can be trusted, stand."""
    facts = ("logging_trails", "tamper_evident_trails")
    return {fact: account.ask(*ACCOUNT, fact, ">= 1").status for fact in facts}


def _selector(kind="All", management=True, without=(), data=()):
    return {
        "ReadWriteType": kind,
        "IncludeManagementEvents": management,
        "ExcludeManagementEventSources": list(without),
        "DataResources": list(data),
    }


ONLY_OBJECTS = {
    "Name": "objects",
    "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
    ],
}
MANAGEMENT = {"Name": "management", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}
UNREAD_SELECTORS = pytest.mark.xfail(
    strict=True, raises=AssertionError, reason="what a trail's selectors leave out is not read"
)


@UNREAD_SELECTORS
@pytest.mark.parametrize(
    "selectors",
    [{"EventSelectors": [_selector(management=False, data=OBJECTS)]}, {"AdvancedEventSelectors": [ONLY_OBJECTS]}],
    ids=["selectors", "advanced selectors"],
)
def test_a_trail_of_objects_alone_records_no_call(account, selectors):
    """A trail whose selectors leave management events out records no call that changes the account."""
    _trail(account, **selectors)
    assert _trails(account) == {"logging_trails": "failed", "tamper_evident_trails": "failed"}


@UNREAD_SELECTORS
@pytest.mark.parametrize(
    "selector",
    [_selector("WriteOnly"), _selector("ReadOnly"), _selector(without=["kms.amazonaws.com"])],
    ids=["changes alone", "reads alone", "without those of KMS"],
)
def test_a_trail_of_some_calls_is_no_record_of_all(account, selector):
    """A trail that can be trusted records management events that read and that write, of every service."""
    _trail(account, EventSelectors=[selector])
    assert account.ask(*ACCOUNT, "tamper_evident_trails", ">= 1").status != "passed"


@pytest.mark.parametrize(
    "selectors",
    [
        {},
        {"EventSelectors": [_selector()]},
        {"EventSelectors": [_selector(data=OBJECTS)]},
        {"AdvancedEventSelectors": [MANAGEMENT, ONLY_OBJECTS]},
    ],
    ids=["as it is made", "calls", "calls and objects", "calls and objects, advanced"],
)
def test_a_trail_of_management_events_records_calls(account, selectors):
    """A trail records management events unless it is told not to, and data events beside them where it is told to."""
    _trail(account, **selectors)
    assert _trails(account) == {"logging_trails": "passed", "tamper_evident_trails": "passed"}


def _records_configuration(account, **group):
    """Whether a recorder that is on, and records this group of resource types, records what changes."""
    account.aws.s3.create_bucket(Bucket="recorded")
    config, role = account.aws.config, f"arn:aws:iam::{OWN}:role/config"
    config.put_configuration_recorder(
        ConfigurationRecorder={"name": "default", "roleARN": role, "recordingGroup": group}
    )
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "recorded"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    return account.ask(*ACCOUNT, "records_configuration", True).status


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="what a recorder records is not read")
def test_a_recorder_of_one_resource_type_records_hardly_anything(account):
    """A recorder told to record one type of resource leaves out whatever changes in all others."""
    group = {"allSupported": False, "includeGlobalResourceTypes": False, "resourceTypes": ["AWS::EC2::EIP"]}
    assert _records_configuration(account, **group) != "passed"


def test_a_recorder_of_every_resource_type_records_what_changes(account):
    """`allSupported` stands for every type of resource that AWS Config knows."""
    assert _records_configuration(account, allSupported=True, includeGlobalResourceTypes=True) == "passed"


@pytest.mark.parametrize(
    ("summary", "status"),
    [
        pytest.param(
            {},
            "passed",
            marks=pytest.mark.xfail(
                strict=True, raises=AssertionError, reason="a root user without credentials is asked for a device"
            ),
        ),
        ({"AccountPasswordPresent": 1}, "failed"),
        ({"AccountPasswordPresent": 1, "AccountMFAEnabled": 1}, "passed"),
    ],
    ids=["no credentials", "a password", "a password and a device"],
)
def test_a_root_user_who_can_sign_in_needs_a_second_factor(account, summary, status):
    """Where an organization removed its members' root credentials, nobody can sign in as root; no device is due."""
    none = ("AccountMFAEnabled", "AccountPasswordPresent", "AccountAccessKeysPresent")
    nothing = dict.fromkeys((*none, "AccountSigningCertificatesPresent"), 0)
    account.reply("iam", "GetAccountSummary", {"SummaryMap": nothing | summary})
    assert account.ask(*ACCOUNT, "root_mfa", True).status == status


def _database(account):
    account.aws.rds.create_db_instance(
        DBInstanceIdentifier="orders",
        DBInstanceClass="db.t3.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="owner",
        MasterUserPassword="made-up-for-this",
    )


def _alarm(account, name, metric, *actions):
    """An alarm on the database."""
    account.aws.cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/RDS",
        MetricName=metric,
        Dimensions=[{"Name": "DBInstanceIdentifier", "Value": "orders"}],
        ComparisonOperator="GreaterThanThreshold",
        Threshold=80,
        EvaluationPeriods=1,
        Period=300,
        Statistic="Average",
        ActionsEnabled=True,
        AlarmActions=list(actions),
    )


def _topic(account, heard):
    topic = account.aws.sns.create_topic(Name="on-call")["TopicArn"]
    if heard:
        account.aws.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="on-call@example.org")
    return topic


def _composite(account, topic, rule, enabled=True):
    """A composite alarm over the database's alarms, which DescribeAlarms tells of where it is asked for them."""
    alarm = {
        "AlarmName": "sick",
        "AlarmArn": f"arn:aws:cloudwatch:us-east-1:{OWN}:alarm:sick",
        "AlarmRule": rule,
        "ActionsEnabled": enabled,
        "AlarmActions": [topic],
        "OKActions": [],
        "InsufficientDataActions": [],
        "StateValue": "OK",
    }

    def told(answer, asked):
        kinds = asked.get("AlarmTypes", ["MetricAlarm"])
        alarms = {"MetricAlarm": answer.get("MetricAlarms", []), "CompositeAlarm": [alarm]}
        return answer | {f"{kind}s": found if kind in kinds else [] for kind, found in alarms.items()}

    account.amend("cloudwatch", "DescribeAlarms", told)


def _notified(account):
    return account.ask("rds:db", "orders", "alarms_notify", True).found


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="composite alarms are not read")
@pytest.mark.parametrize(
    "rule", ['ALARM("cpu") AND ALARM("connections")', "ALARM(cpu) OR ALARM(connections)"], ids=["and", "or"]
)
def test_a_composite_alarm_tells_for_the_alarms_that_it_is_made_of(account, rule):
    """AWS recommends to let a composite alarm act for several alarms, which then have no actions of their own."""
    _database(account)
    _alarm(account, "cpu", "CPUUtilization")
    _alarm(account, "connections", "DatabaseConnections")
    _composite(account, _topic(account, heard=True), rule)
    assert _notified(account) is True


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="actions other than topics count for nothing")
@pytest.mark.parametrize(
    "action",
    [f"arn:aws:lambda:us-east-1:{OWN}:function:page", f"arn:aws:ssm:us-east-1:{OWN}:opsitem:1"],
    ids=["a function", "an OpsItem"],
)
def test_an_alarm_tells_by_a_function_or_an_ops_item(account, action):
    """CloudWatch runs a function, or opens an OpsItem, as it sends to a topic."""
    _database(account)
    _alarm(account, "cpu", "CPUUtilization", action)
    assert _notified(account) is True


@pytest.mark.parametrize(
    ("heard", "enabled", "rule"),
    [(False, True, "ALARM(cpu)"), (True, False, "ALARM(cpu)"), (True, True, "ALARM(disk)")],
    ids=["nobody listens", "its actions are off", "it is over another alarm"],
)
def test_a_composite_alarm_that_nobody_hears_tells_nobody(account, heard, enabled, rule):
    """An alarm without actions is told of by a composite one only if that is over it, acts, and is heard."""
    _database(account)
    _alarm(account, "cpu", "CPUUtilization")
    _composite(account, _topic(account, heard), rule, enabled)
    assert _notified(account) is False


@pytest.mark.parametrize("heard", [True, False], ids=["heard", "not heard"])
def test_an_alarm_tells_whoever_listens_to_its_topic(account, heard):
    """A topic without a confirmed subscription reaches nobody."""
    _database(account)
    _alarm(account, "cpu", "CPUUtilization", _topic(account, heard))
    assert _notified(account) is heard


def _rate(account, counted):
    """A log group whose ERROR lines are counted, and an alarm on a rate whose numerator is this metric."""
    account.aws.logs.create_log_group(logGroupName="web")
    counts = [{"metricName": "Errors", "metricNamespace": "Web", "metricValue": "1"}]
    account.aws.logs.put_metric_filter(
        logGroupName="web", filterName="lines", filterPattern="ERROR", metricTransformations=counts
    )
    asked = [
        {
            "Id": letter,
            "MetricStat": {"Metric": {"Namespace": "Web", "MetricName": metric}, "Period": 60, "Stat": "Sum"},
            "ReturnData": False,
        }
        for letter, metric in {"e": counted, "r": "Requests"}.items()
    ]
    account.aws.cloudwatch.put_metric_alarm(
        AlarmName="rate",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Threshold=5,
        Metrics=[*asked, {"Id": "x", "Expression": "100*e/r", "ReturnData": True}],
    )
    return account.ask("logs:log-group", "web", "alarms_on.ERROR", True).found


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="an alarm on an expression watches no line's count")
def test_an_alarm_on_a_rate_of_lines_watches_their_count(account):
    """An alarm on an expression watches each metric that the expression is made of."""
    assert _rate(account, "Errors") is True


def test_an_alarm_on_a_rate_of_something_else_watches_no_lines(account):
    """An expression over other metrics says nothing of the lines."""
    assert _rate(account, "Timeouts") is False
