"""Lambda functions, EventBridge rules and schedules."""

from asbuilt.sources.row import Row

ROWS = (
    Row("lambda:function", "lambda", "list_functions", "Functions[]", ids="[FunctionName]", arn="FunctionArn"),
    Row("events:rule", "events", "list_rules", "Rules[]", ids="[Name]", arn="Arn"),
    Row(
        "events:rule.target",
        "events",
        "list_targets_by_rule",
        "Targets[]",
        per="events:rule",
        params={"Rule": "Name"},
        names="[Id]",
    ),
    Row("scheduler:schedule.names", "scheduler", "list_schedules", "Schedules[]", names="[Name]", arn="Arn"),
    Row(
        "scheduler:schedule",
        "scheduler",
        "get_schedule",
        "@",
        per="scheduler:schedule.names",
        params={"Name": "Name", "GroupName": "GroupName"},
        names="[Name]",
        arn="Arn",
        echoes={"Name": "Name"},
    ),
)
