"""Questions about Lambda functions (`lambda:ListFunctions`)."""

from typing import Any

from asbuilt.check import check
from asbuilt.evidence import Record, Unknown
from asbuilt.sources.redaction import PLACEHOLDER, SECRET, SECRET_NAME

_CONFIGURE = "aws lambda update-function-configuration --function-name {name}"


@check("lambda:function", severity="medium", controls=["AWS FSBP Lambda.2"], fix=f"{_CONFIGURE} --runtime python3.12")
def runtime(function: Record) -> str | None:
    """The runtime that runs it; nothing for one that brings its own in an image."""
    return function.get("Runtime")  # left out for functions made of an image


@check("lambda:function", severity="low", fix="The kind of package is fixed at creation: make a new function.")
def package_type(function: Record) -> str:
    """What its code is packaged as: Zip or Image."""
    return function["PackageType"]


@check(
    "lambda:function",
    severity="medium",
    fix=f"{_CONFIGURE} --environment 'Variables={{{{parameter}}={{wanted ?? <value>}}}}'",
)
def variable(function: Record, variable: str) -> str | None:
    """A variable of its environment; nothing where it is not set."""
    return _variables(function).get(variable)


@check(
    "lambda:function",
    severity="critical",
    fix="Put it into Secrets Manager, and let the function {name} read it with its role.",
)
def free_of_plain_secrets(function: Record) -> bool:
    """Whether no variable of its environment is named like a secret or holds what looks like one."""
    variables = _variables(function)
    return not any(_is_secret(name, variables[name]) for name in variables)


def _variables(function: Record) -> Any:
    """Its variables by name. Raises `Unknown` where Lambda could not decrypt them."""
    environment = function.get("Environment", {})  # a function without variables has no environment
    if "Error" in environment:
        raise Unknown(
            f"the variables of {function['FunctionName']!r} are encrypted with a key that was not ours to use"
        )
    return environment.get("Variables", {})


def _is_secret(name: str, value: str) -> bool:
    if value in (SECRET, PLACEHOLDER):
        return True
    # the ARN of a secret is no secret, and an empty variable holds none
    return bool(value) and not value.startswith("arn:") and SECRET_NAME.search(name) is not None
