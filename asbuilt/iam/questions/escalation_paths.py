"""The known paths of privilege escalation, as rows: the requests of each, and whose permissions it gives.

Source: the IAM and service API references; compared with the public list of pathfinding.cloud (Apache-2.0).
"""

from __future__ import annotations

from dataclasses import dataclass

# What a step acts on, and whose permissions a path gives. `UNBOUNDED` gives those that its boundary holds back.
SELF, ROLE, USER, GROUP, OWN_POLICY, ANYTHING = "itself", "role", "user", "group", "own policy", "anything"
UNBOUNDED = "unbounded"


@dataclass(frozen=True)
class Step:
    """A request of a path. `service`: the service that the passed role must trust, sent as iam:PassedToService."""

    action: str
    on: str = ANYTHING
    service: str = ""


@dataclass(frozen=True)
class EscalationPath:
    """A path of privilege escalation: its steps, and whose permissions they give (`itself`: any permission).

    `workload`: the kind of workload that must already run as the role (`functions`, `instances` and so on).
    `of_other_role`: a path to any permission (`gives` is `itself`) by way of another role.
    """

    name: str
    steps: tuple[Step, ...]
    gives: str
    workload: str = ""
    of_other_role: bool = False


def _pass_role(name: str, service: str, *actions: str) -> EscalationPath:
    steps = (Step("iam:PassRole", ROLE, service), *(Step(action) for action in actions))
    return EscalationPath(name, steps, ROLE)


PATHS: tuple[EscalationPath, ...] = (
    # The policies of the principal itself
    EscalationPath("write an inline policy on its user", (Step("iam:PutUserPolicy", USER),), SELF),
    EscalationPath("attach a policy to its user", (Step("iam:AttachUserPolicy", USER),), SELF),
    EscalationPath("write an inline policy on its role", (Step("iam:PutRolePolicy", ROLE),), SELF),
    EscalationPath("attach a policy to its role", (Step("iam:AttachRolePolicy", ROLE),), SELF),
    EscalationPath("write an inline policy on its group", (Step("iam:PutGroupPolicy", GROUP),), SELF),
    EscalationPath("attach a policy to its group", (Step("iam:AttachGroupPolicy", GROUP),), SELF),
    EscalationPath("rewrite a policy that is attached to it", (Step("iam:CreatePolicyVersion", OWN_POLICY),), SELF),
    EscalationPath(
        "bring back an older version of its policy", (Step("iam:SetDefaultPolicyVersion", OWN_POLICY),), SELF
    ),
    EscalationPath("remove its boundary (user)", (Step("iam:DeleteUserPermissionsBoundary", USER),), UNBOUNDED),
    EscalationPath("replace its boundary (user)", (Step("iam:PutUserPermissionsBoundary", USER),), UNBOUNDED),
    EscalationPath("remove its boundary (role)", (Step("iam:DeleteRolePermissionsBoundary", ROLE),), UNBOUNDED),
    EscalationPath("replace its boundary (role)", (Step("iam:PutRolePermissionsBoundary", ROLE),), UNBOUNDED),
    # Groups, and the credentials of other users
    EscalationPath("join a group", (Step("iam:AddUserToGroup", GROUP),), GROUP),
    EscalationPath("make access keys of another user", (Step("iam:CreateAccessKey", USER),), USER),
    EscalationPath("give another user a password", (Step("iam:CreateLoginProfile", USER),), USER),
    EscalationPath("change another user's password", (Step("iam:UpdateLoginProfile", USER),), USER),
    # Roles
    EscalationPath("assume a role", (Step("sts:AssumeRole", ROLE),), ROLE),
    EscalationPath("let itself assume a role", (Step("iam:UpdateAssumeRolePolicy", ROLE),), ROLE),
    EscalationPath(
        "widen a role it can assume",
        (Step("iam:PutRolePolicy", ROLE), Step("sts:AssumeRole", ROLE)),
        SELF,
        of_other_role=True,
    ),
    EscalationPath(
        "attach a policy to a role it can assume",
        (Step("iam:AttachRolePolicy", ROLE), Step("sts:AssumeRole", ROLE)),
        SELF,
        of_other_role=True,
    ),
    # A role that is passed to a new workload
    _pass_role("run an instance as the role", "ec2.amazonaws.com", "ec2:RunInstances"),
    _pass_role("make a function that runs as the role", "lambda.amazonaws.com", "lambda:CreateFunction"),
    _pass_role("point a function at the role", "lambda.amazonaws.com", "lambda:UpdateFunctionConfiguration"),
    _pass_role("run a task as the role", "ecs-tasks.amazonaws.com", "ecs:RegisterTaskDefinition", "ecs:RunTask"),
    _pass_role("start a task as the role", "ecs-tasks.amazonaws.com", "ecs:RegisterTaskDefinition", "ecs:StartTask"),
    _pass_role("serve tasks as the role", "ecs-tasks.amazonaws.com", "ecs:RegisterTaskDefinition", "ecs:CreateService"),
    _pass_role(
        "redeploy a service as the role", "ecs-tasks.amazonaws.com", "ecs:RegisterTaskDefinition", "ecs:UpdateService"
    ),
    _pass_role("override a task's role", "ecs-tasks.amazonaws.com", "ecs:RunTask"),
    _pass_role("build as the role", "codebuild.amazonaws.com", "codebuild:CreateProject", "codebuild:StartBuild"),
    _pass_role(
        "build an existing project as the role",
        "codebuild.amazonaws.com",
        "codebuild:UpdateProject",
        "codebuild:StartBuild",
    ),
    _pass_role("deploy a stack as the role", "cloudformation.amazonaws.com", "cloudformation:CreateStack"),
    _pass_role("redeploy a stack as the role", "cloudformation.amazonaws.com", "cloudformation:UpdateStack"),
    _pass_role(
        "deploy stack sets as the role",
        "cloudformation.amazonaws.com",
        "cloudformation:CreateStackSet",
        "cloudformation:CreateStackInstances",
    ),
    _pass_role("run a pipeline as the role", "codepipeline.amazonaws.com", "codepipeline:CreatePipeline"),
    _pass_role("open a Glue endpoint as the role", "glue.amazonaws.com", "glue:CreateDevEndpoint"),
    _pass_role("run a Glue job as the role", "glue.amazonaws.com", "glue:CreateJob", "glue:StartJobRun"),
    _pass_role("rewrite a Glue job to run as the role", "glue.amazonaws.com", "glue:UpdateJob", "glue:StartJobRun"),
    _pass_role(
        "run a data pipeline as the role",
        "datapipeline.amazonaws.com",
        "datapipeline:CreatePipeline",
        "datapipeline:PutPipelineDefinition",
        "datapipeline:ActivatePipeline",
    ),
    _pass_role(
        "open a notebook as the role",
        "sagemaker.amazonaws.com",
        "sagemaker:CreateNotebookInstance",
        "sagemaker:CreatePresignedNotebookInstanceUrl",
    ),
    _pass_role("train as the role", "sagemaker.amazonaws.com", "sagemaker:CreateTrainingJob"),
    _pass_role("process data as the role", "sagemaker.amazonaws.com", "sagemaker:CreateProcessingJob"),
    _pass_role(
        "run a state machine as the role", "states.amazonaws.com", "states:CreateStateMachine", "states:StartExecution"
    ),
    _pass_role("schedule calls as the role", "scheduler.amazonaws.com", "scheduler:CreateSchedule"),
    _pass_role("serve containers as the role", "tasks.apprunner.amazonaws.com", "apprunner:CreateService"),
    _pass_role(
        "run a batch job as the role", "ecs-tasks.amazonaws.com", "batch:RegisterJobDefinition", "batch:SubmitJob"
    ),
    _pass_role("automate as the role", "ssm.amazonaws.com", "ssm:StartAutomationExecution"),
    _pass_role("run a cluster as the role", "ec2.amazonaws.com", "elasticmapreduce:RunJobFlow"),
    _pass_role(
        "interpret code as the role", "bedrock-agentcore.amazonaws.com", "bedrock-agentcore:CreateCodeInterpreter"
    ),
    _pass_role("give an instance the role", "ec2.amazonaws.com", "ec2:AssociateIamInstanceProfile"),
    # Workloads that already run as a role
    EscalationPath("rewrite a function that runs as the role", (Step("lambda:UpdateFunctionCode"),), ROLE, "functions"),
    EscalationPath("run commands on an instance of the role", (Step("ssm:SendCommand"),), ROLE, "instances"),
    EscalationPath("open a session on an instance of the role", (Step("ssm:StartSession"),), ROLE, "instances"),
    EscalationPath("run commands in a task of the role", (Step("ecs:ExecuteCommand"),), ROLE, "tasks"),
    EscalationPath(
        "rewrite a build project of the role",
        (Step("codebuild:UpdateProject"), Step("codebuild:StartBuild")),
        ROLE,
        "projects",
    ),
    EscalationPath("build its own commands as the role", (Step("codebuild:StartBuild"),), ROLE, "projects"),
    EscalationPath("update a stack of the role", (Step("cloudformation:UpdateStack"),), ROLE, "stacks"),
    EscalationPath("rewrite a Glue job of the role", (Step("glue:UpdateJob"), Step("glue:StartJobRun")), ROLE, "jobs"),
)
