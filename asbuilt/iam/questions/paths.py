"""The known ways to more privileges, as rows: the requests each takes, and whose permissions it gives.

Source: the IAM and service API references; compared with the public list of pathfinding.cloud (Apache-2.0).
"""

from __future__ import annotations

from dataclasses import dataclass

# What a step acts on.
SELF, ROLE, USER, GROUP, OWN_POLICY, ANYTHING = "itself", "role", "user", "group", "own policy", "anything"


@dataclass(frozen=True)
class Step:
    """A request that the path takes. `service`: what the passed role must trust, sent as iam:PassedToService."""

    action: str
    on: str = ANYTHING
    service: str = ""


@dataclass(frozen=True)
class Path:
    """A way to more privileges: its steps, and whose permissions they give (`itself`: any at all).

    `carrier`: a kind of thing in the account that must already run as the role (`functions`, `instances`, ...).
    """

    name: str
    steps: tuple[Step, ...]
    gives: str
    carrier: str = ""


def _launch(name: str, service: str, *actions: str) -> Path:
    steps = (Step("iam:PassRole", ROLE, service), *(Step(action) for action in actions))
    return Path(name, steps, ROLE)


PATHS: tuple[Path, ...] = (
    # Its own policies
    Path("write an inline policy on its user", (Step("iam:PutUserPolicy", USER),), SELF),
    Path("attach a policy to its user", (Step("iam:AttachUserPolicy", USER),), SELF),
    Path("write an inline policy on its role", (Step("iam:PutRolePolicy", ROLE),), SELF),
    Path("attach a policy to its role", (Step("iam:AttachRolePolicy", ROLE),), SELF),
    Path("write an inline policy on its group", (Step("iam:PutGroupPolicy", GROUP),), SELF),
    Path("attach a policy to its group", (Step("iam:AttachGroupPolicy", GROUP),), SELF),
    Path("rewrite a policy that is attached to it", (Step("iam:CreatePolicyVersion", OWN_POLICY),), SELF),
    Path("bring back an older version of its policy", (Step("iam:SetDefaultPolicyVersion", OWN_POLICY),), SELF),
    Path("remove its boundary (user)", (Step("iam:DeleteUserPermissionsBoundary", USER),), "unbounded"),
    Path("replace its boundary (user)", (Step("iam:PutUserPermissionsBoundary", USER),), "unbounded"),
    Path("remove its boundary (role)", (Step("iam:DeleteRolePermissionsBoundary", ROLE),), "unbounded"),
    Path("replace its boundary (role)", (Step("iam:PutRolePermissionsBoundary", ROLE),), "unbounded"),
    # Groups and credentials of others
    Path("join a group", (Step("iam:AddUserToGroup", GROUP),), GROUP),
    Path("make access keys of another user", (Step("iam:CreateAccessKey", USER),), USER),
    Path("give another user a password", (Step("iam:CreateLoginProfile", USER),), USER),
    Path("change another user's password", (Step("iam:UpdateLoginProfile", USER),), USER),
    # Roles
    Path("assume a role", (Step("sts:AssumeRole", ROLE),), ROLE, "trusting"),
    Path("let itself assume a role", (Step("iam:UpdateAssumeRolePolicy", ROLE),), ROLE, "trust"),
    Path(
        "widen a role it can assume", (Step("iam:PutRolePolicy", ROLE), Step("sts:AssumeRole", ROLE)), SELF, "trusting"
    ),
    Path(
        "attach a policy to a role it can assume",
        (Step("iam:AttachRolePolicy", ROLE), Step("sts:AssumeRole", ROLE)),
        SELF,
        "trusting",
    ),
    # A role passed to something that runs as it
    _launch("run an instance as the role", "ec2.amazonaws.com", "ec2:RunInstances"),
    _launch("make a function that runs as the role", "lambda.amazonaws.com", "lambda:CreateFunction"),
    _launch("point a function at the role", "lambda.amazonaws.com", "lambda:UpdateFunctionConfiguration"),
    _launch("run a task as the role", "ecs-tasks.amazonaws.com", "ecs:RegisterTaskDefinition", "ecs:RunTask"),
    _launch("start a task as the role", "ecs-tasks.amazonaws.com", "ecs:RegisterTaskDefinition", "ecs:StartTask"),
    _launch("serve tasks as the role", "ecs-tasks.amazonaws.com", "ecs:RegisterTaskDefinition", "ecs:CreateService"),
    _launch(
        "redeploy a service as the role", "ecs-tasks.amazonaws.com", "ecs:RegisterTaskDefinition", "ecs:UpdateService"
    ),
    _launch("override a task's role", "ecs-tasks.amazonaws.com", "ecs:RunTask"),
    _launch("build as the role", "codebuild.amazonaws.com", "codebuild:CreateProject", "codebuild:StartBuild"),
    _launch(
        "build an existing project as the role",
        "codebuild.amazonaws.com",
        "codebuild:UpdateProject",
        "codebuild:StartBuild",
    ),
    _launch("deploy a stack as the role", "cloudformation.amazonaws.com", "cloudformation:CreateStack"),
    _launch("redeploy a stack as the role", "cloudformation.amazonaws.com", "cloudformation:UpdateStack"),
    _launch(
        "deploy stack sets as the role",
        "cloudformation.amazonaws.com",
        "cloudformation:CreateStackSet",
        "cloudformation:CreateStackInstances",
    ),
    _launch("run a pipeline as the role", "codepipeline.amazonaws.com", "codepipeline:CreatePipeline"),
    _launch("open a Glue endpoint as the role", "glue.amazonaws.com", "glue:CreateDevEndpoint"),
    _launch("run a Glue job as the role", "glue.amazonaws.com", "glue:CreateJob", "glue:StartJobRun"),
    _launch("rewrite a Glue job to run as the role", "glue.amazonaws.com", "glue:UpdateJob", "glue:StartJobRun"),
    _launch(
        "run a data pipeline as the role",
        "datapipeline.amazonaws.com",
        "datapipeline:CreatePipeline",
        "datapipeline:PutPipelineDefinition",
        "datapipeline:ActivatePipeline",
    ),
    _launch(
        "open a notebook as the role",
        "sagemaker.amazonaws.com",
        "sagemaker:CreateNotebookInstance",
        "sagemaker:CreatePresignedNotebookInstanceUrl",
    ),
    _launch("train as the role", "sagemaker.amazonaws.com", "sagemaker:CreateTrainingJob"),
    _launch("process data as the role", "sagemaker.amazonaws.com", "sagemaker:CreateProcessingJob"),
    _launch(
        "run a state machine as the role", "states.amazonaws.com", "states:CreateStateMachine", "states:StartExecution"
    ),
    _launch("schedule calls as the role", "scheduler.amazonaws.com", "scheduler:CreateSchedule"),
    _launch("serve containers as the role", "tasks.apprunner.amazonaws.com", "apprunner:CreateService"),
    _launch("run a batch job as the role", "ecs-tasks.amazonaws.com", "batch:RegisterJobDefinition", "batch:SubmitJob"),
    _launch("automate as the role", "ssm.amazonaws.com", "ssm:StartAutomationExecution"),
    _launch("run a cluster as the role", "ec2.amazonaws.com", "elasticmapreduce:RunJobFlow"),
    _launch("interpret code as the role", "bedrock-agentcore.amazonaws.com", "bedrock-agentcore:CreateCodeInterpreter"),
    _launch("give an instance the role", "ec2.amazonaws.com", "ec2:AssociateIamInstanceProfile"),
    # Things that already run as a role
    Path("rewrite a function that runs as the role", (Step("lambda:UpdateFunctionCode"),), ROLE, "functions"),
    Path("run commands on an instance of the role", (Step("ssm:SendCommand"),), ROLE, "instances"),
    Path("open a session on an instance of the role", (Step("ssm:StartSession"),), ROLE, "instances"),
    Path("run commands in a task of the role", (Step("ecs:ExecuteCommand"),), ROLE, "tasks"),
    Path(
        "rewrite a build project of the role",
        (Step("codebuild:UpdateProject"), Step("codebuild:StartBuild")),
        ROLE,
        "projects",
    ),
    Path("build its own commands as the role", (Step("codebuild:StartBuild"),), ROLE, "projects"),
    Path("update a stack of the role", (Step("cloudformation:UpdateStack"),), ROLE, "stacks"),
    Path("rewrite a Glue job of the role", (Step("glue:UpdateJob"), Step("glue:StartJobRun")), ROLE, "jobs"),
)
