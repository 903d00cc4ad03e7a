"""Trails, configuration recorders, the root user and the subscribers of alarms."""

from __future__ import annotations

import pytest

from tests.field.empty_account import OWN

ACCOUNT = ("aws:account", "")
OBJECTS = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]


def _trail(account, **selectors):
    """Create a logging trail for all regions with validated log files and these selectors."""
    account.aws.s3.create_bucket(Bucket="trail")
    trail = account.aws.cloudtrail
    trail.create_trail(Name="audit", S3BucketName="trail", IsMultiRegionTrail=True, EnableLogFileValidation=True)
    trail.start_logging(Name="audit")
    if selectors:
        trail.put_event_selectors(TrailName="audit", **selectors)


def _trails(account):
    """The statuses of the facts that one trail records, and that one trail is tamper-evident."""
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
UNREAD_SELECTORS = pytest.mark.xfail(strict=True, raises=AssertionError, reason="the selectors of a trail are not read")


@UNREAD_SELECTORS
@pytest.mark.parametrize(
    "selectors",
    [{"EventSelectors": [_selector(management=False, data=OBJECTS)]}, {"AdvancedEventSelectors": [ONLY_OBJECTS]}],
    ids=["selectors", "advanced selectors"],
)
def test_a_trail_of_objects_alone_records_no_call(account, selectors):
    """A trail whose selectors exclude management events records no call that changes the account."""
    _trail(account, **selectors)
    assert _trails(account) == {"logging_trails": "failed", "tamper_evident_trails": "failed"}


@UNREAD_SELECTORS
@pytest.mark.parametrize(
    "selector",
    [_selector("WriteOnly"), _selector("ReadOnly"), _selector(without=["kms.amazonaws.com"])],
    ids=["changes alone", "reads alone", "without those of KMS"],
)
def test_a_trail_of_some_calls_is_not_tamper_evident(account, selector):
    """A tamper-evident trail records management events that read and that write, of all services."""
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
    """By default, a trail records management events; selectors can add data events."""
    _trail(account, **selectors)
    assert _trails(account) == {"logging_trails": "passed", "tamper_evident_trails": "passed"}


def _records_configuration(account, **group):
    """The finding on a running recorder that records this group of resource types."""
    account.aws.s3.create_bucket(Bucket="recorded")
    config, role = account.aws.config, f"arn:aws:iam::{OWN}:role/config"
    config.put_configuration_recorder(
        ConfigurationRecorder={"name": "default", "roleARN": role, "recordingGroup": group}
    )
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "recorded"})
    config.start_configuration_recorder(ConfigurationRecorderName="default")
    return account.ask(*ACCOUNT, "records_configuration", True).status


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="the recording group of a recorder is not read")
def test_a_recorder_of_one_resource_type_does_not_count(account):
    """A recorder of one resource type does not record changes of the others."""
    group = {"allSupported": False, "includeGlobalResourceTypes": False, "resourceTypes": ["AWS::EC2::EIP"]}
    assert _records_configuration(account, **group) != "passed"


def test_a_recorder_of_all_resource_types_counts(account):
    """`allSupported` stands for all resource types of AWS Config."""
    assert _records_configuration(account, allSupported=True, includeGlobalResourceTypes=True) == "passed"


@pytest.mark.parametrize(
    ("summary", "status"),
    [
        pytest.param(
            {},
            "passed",
            marks=pytest.mark.xfail(
                strict=True,
                raises=AssertionError,
                reason="a root user without credentials needs an MFA device",
            ),
        ),
        ({"AccountPasswordPresent": 1}, "failed"),
        ({"AccountPasswordPresent": 1, "AccountMFAEnabled": 1}, "passed"),
    ],
    ids=["no credentials", "a password", "a password and a device"],
)
def test_a_root_user_who_can_sign_in_needs_an_mfa_device(account, summary, status):
    """If an organization removed root credentials, nobody can sign in as root, so no MFA device is needed."""
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
    """Create an alarm on the database."""
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
    """A composite alarm over the database's alarms, which DescribeAlarms returns on request."""
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
def test_a_composite_alarm_notifies_for_its_alarms(account, rule):
    """A composite alarm can notify for several alarms, which then need no actions."""
    _database(account)
    _alarm(account, "cpu", "CPUUtilization")
    _alarm(account, "connections", "DatabaseConnections")
    _composite(account, _topic(account, heard=True), rule)
    assert _notified(account) is True


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="actions other than topics do not count")
@pytest.mark.parametrize(
    "action",
    [f"arn:aws:lambda:us-east-1:{OWN}:function:page", f"arn:aws:ssm:us-east-1:{OWN}:opsitem:1"],
    ids=["a function", "an OpsItem"],
)
def test_an_alarm_notifies_by_a_function_or_an_ops_item(account, action):
    """An alarm can invoke a function or create an OpsItem in place of a notification."""
    _database(account)
    _alarm(account, "cpu", "CPUUtilization", action)
    assert _notified(account) is True


@pytest.mark.parametrize(
    ("heard", "enabled", "rule"),
    [(False, True, "ALARM(cpu)"), (True, False, "ALARM(cpu)"), (True, True, "ALARM(disk)")],
    ids=["nobody listens", "its actions are off", "it is over another alarm"],
)
def test_a_composite_alarm_without_a_subscriber_does_not_count(account, heard, enabled, rule):
    """A composite alarm counts only if it covers the alarm, has enabled actions, and has a subscriber."""
    _database(account)
    _alarm(account, "cpu", "CPUUtilization")
    _composite(account, _topic(account, heard), rule, enabled)
    assert _notified(account) is False


@pytest.mark.parametrize("heard", [True, False], ids=["heard", "not heard"])
def test_an_alarm_notifies_the_subscribers_of_its_topic(account, heard):
    """A topic without a confirmed subscription has no subscriber."""
    _database(account)
    _alarm(account, "cpu", "CPUUtilization", _topic(account, heard))
    assert _notified(account) is heard


def _rate(account, counted):
    """Create a log group with a filter on ERROR, and an alarm on a rate with this metric as numerator."""
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


@pytest.mark.xfail(strict=True, raises=AssertionError, reason="the metrics of an alarm's expression do not count")
def test_an_alarm_on_a_rate_of_lines_watches_the_log_group(account):
    """An alarm on an expression watches all metrics of the expression."""
    assert _rate(account, "Errors") is True


def test_an_alarm_on_another_rate_does_not_watch_the_log_group(account):
    """An alarm on an expression of other metrics does not watch the log group."""
    assert _rate(account, "Timeouts") is False
