"""Checks of Lambda functions (`lambda:ListFunctions`)."""

from typing import Any

from asbuilt.check import check
from asbuilt.evidence import Record, Unknown
from asbuilt.sources.redaction import is_secret

_CONFIGURE = "aws lambda update-function-configuration --function-name {name}"


@check("lambda:function", severity="medium", controls=["AWS FSBP Lambda.2"], fix=f"{_CONFIGURE} --runtime python3.12")
def runtime(function: Record) -> str | None:
    """The runtime of the function; nothing for a function packaged as an image."""
    return function.get("Runtime")  # AWS omits the field for functions packaged as images


@check("lambda:function", severity="low", fix="The package type is fixed at creation: create a new function.")
def package_type(function: Record) -> str:
    """How its code is packaged: Zip or Image."""
    return function["PackageType"]


@check(
    "lambda:function",
    severity="medium",
    fix=f"{_CONFIGURE} --environment 'Variables={{{{parameter}}={{wanted ?? <value>}}}}'",
)
def variable(function: Record, variable: str) -> str | None:
    """The value of an environment variable; nothing if it is not set."""
    return _variables(function).get(variable)


@check(
    "lambda:function",
    severity="critical",
    fix="Store it in Secrets Manager, and let the function {name} read it with its role.",
)
def free_of_plain_secrets(function: Record) -> bool:
    """Whether no environment variable is named like a secret or has a value that looks like one."""
    variables = _variables(function)
    # all are looked at, so that the evidence names every one
    found = [is_secret(name, variables.kept(name)) for name in variables]
    return not any(found)


def _variables(function: Record) -> Any:
    """Its variables by name. Raises `Unknown` where Lambda could not decrypt them."""
    environment = function.get("Environment", {})  # a function without variables has no environment
    if "Error" in environment:
        raise Unknown(
            f"the variables of {function['FunctionName']!r} are encrypted with a key that the caller may not use"
        )
    return environment.get("Variables", {})
