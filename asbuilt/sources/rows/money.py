"""Budgets, costs, Savings Plans and backup plans."""

from asbuilt.sources.row import Row

ROWS = (
    Row(
        "budgets:budget",
        "budgets",
        "describe_budgets",
        "Budgets[]",
        per="aws:account",
        params={"AccountId": "Account"},
        inherit={"AccountId": "Account"},
        ids="[BudgetName]",
        may_omit=True,
        permission="budgets:ViewBudget",
    ),
    Row(
        "budgets:budget.notifications",
        "budgets",
        "describe_notifications_for_budget",
        "Notifications[]",
        per="budgets:budget",
        params={"AccountId": "AccountId", "BudgetName": "BudgetName"},
        may_omit=True,
        permission="budgets:ViewBudget",
    ),
    # AWS charges one cent for each call of this operation.
    Row(
        "ce:month",
        "ce",
        "get_cost_and_usage",
        "ResultsByTime[]",
        static={
            "TimePeriod": {"Start": "today-30d", "End": "today"},
            "Granularity": "MONTHLY",
            "Metrics": ["UnblendedCost"],
        },
        absent=["DataUnavailableException"],
    ),
    Row(
        "savingsplans:plan",
        "savingsplans",
        "describe_savings_plans",
        "savingsPlans[]",
        ids="[savingsPlanId]",
        arn="savingsPlanArn",
        may_omit=True,
    ),
    Row(
        "backup:plan",
        "backup",
        "list_backup_plans",
        "BackupPlansList[]",
        ids="[BackupPlanId]",
        names="[BackupPlanName]",
        arn="BackupPlanArn",
    ),
    Row(
        "backup:plan.selections",
        "backup",
        "list_backup_selections",
        "BackupSelectionsList[]",
        per="backup:plan",
        params={"BackupPlanId": "BackupPlanId"},
        ids="[SelectionId]",
        names="[SelectionName]",
    ),
)
