"""The reasons of failed calls, one for each kind of error, so that a failure is never taken for an empty answer."""

from __future__ import annotations

from dataclasses import dataclass

from asbuilt.evidence import TargetError, Unknown
from asbuilt.sources.redaction import redact_text
from asbuilt.sources.row import Row


@dataclass(frozen=True)
class Failure:
    """Why a call failed: the reason, and the IAM action that the reading role lacks, or "".

    `absent` marks an error code by which AWS answers that there is none; that is an empty answer and not a failure.
    """

    reason: str
    permission: str = ""
    absent: bool = False


_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Forbidden",
    "403",
    "UnauthorizedOperation",
    "UnauthorizedException",
    "Client.UnauthorizedOperation",
    "NotAuthorized",
}
_THROTTLED = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "TooManyRequests",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "SlowDown",
    "EC2ThrottledException",
}
_BAD_CREDENTIALS = {
    "ExpiredToken": "the credentials have expired: renew them (for example with `aws sso login`)",
    "ExpiredTokenException": "the credentials have expired: renew them (for example with `aws sso login`)",
    "RequestExpired": "the credentials have expired, or this machine's clock is wrong",
    "InvalidAccessKeyId": "the access key does not exist: check the profile",
    "SignatureDoesNotMatch": "the secret key does not belong to the access key, or this machine's clock is wrong",
}
# the operations by which botocore obtains credentials in the midst of another call
_RENEWALS = {"AssumeRole", "AssumeRoleWithWebIdentity", "GetRoleCredentials", "CreateToken"}
_REGION_OFF = {"OptInRequired", "UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure"}
_NOT_MODELLED = {
    "404",
    "500",
    "501",
    "NotImplemented",
    "NotImplementedException",
    "InternalFailure",
    "UnknownOperation",
}


def explain(error: Exception, row: Row, api_operation: str) -> Failure:
    """The reason why a call of a row failed. Raises `TargetError` where every other call would fail as well."""
    from botocore import exceptions, parsers

    operation, permission = row.label(api_operation), row.needs(api_operation)
    if isinstance(error, Unknown):
        return Failure(error.reason, error.permission)
    if isinstance(error, exceptions.ClientError):
        return _explain_code(error, row, operation, permission)
    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        raise TargetError(f"no usable credentials ({error}): name a profile in accounts.toml or sign in first")
    if isinstance(error, exceptions.TokenRetrievalError | exceptions.SSOError | exceptions.CredentialRetrievalError):
        raise TargetError(f"the credentials could not be obtained: {error}")
    if isinstance(error, exceptions.EndpointConnectionError | exceptions.ConnectTimeoutError):
        return Failure(f"{operation} could not be reached: {error}")
    if isinstance(error, exceptions.HTTPClientError):
        return Failure(f"{operation} was interrupted: {error}")
    if isinstance(error, parsers.ResponseParserError):
        return Failure(f"{operation} gave an answer that is not of this API: {first_line(error)}")
    if isinstance(error, exceptions.PaginationError):
        return Failure(f"{operation} could not be read to its last page: {first_line(error)}")
    if isinstance(error, NotImplementedError):
        return Failure(f"{operation} is not modelled by this mock")
    return Failure(f"{operation} failed: {type(error).__name__}: {first_line(error)}")


def _explain_code(error: Exception, row: Row, operation: str, permission: str) -> Failure:
    details = getattr(error, "response", {})
    code = str(details.get("Error", {}).get("Code", ""))
    message = str(details.get("Error", {}).get("Message", ""))
    status = details.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    attempts = details.get("ResponseMetadata", {}).get("RetryAttempts", 0) + 1
    asked = getattr(error, "operation_name", "")
    if asked in _RENEWALS and asked != operation.rpartition(":")[2]:
        raise TargetError(f"the credentials could not be renewed: {asked} answered {code}: {_short(message)}")
    if code in row.absent and 400 <= status < 500:
        return Failure("", absent=True)
    if code in _BAD_CREDENTIALS:
        raise TargetError(f"{_BAD_CREDENTIALS[code]} ({operation} answered {code})")
    if code in _DENIED:
        lacks = operation if operation in permission.split(", ") else permission
        return Failure(f"{operation} was denied: the reading role lacks {lacks}", permission)
    if code in _THROTTLED:
        return Failure(f"{operation} was throttled {attempts} times ({code}): run again later")
    if code in _REGION_OFF:
        if row.service == "sts":
            raise TargetError(
                f"{operation} answered {code}: the credentials are not valid here, or the region is not enabled"
            )
        return Failure(
            f"{operation} answered {code}: the region {row.region + ' ' if row.region else ''}is not enabled for this "
            "account, or the key is not valid"
        )
    if code in _NOT_MODELLED or status >= 500:
        return Failure(f"{operation} is not modelled by this endpoint, or failed there ({code}: {_short(message)})")
    return Failure(f"{operation} answered {code}: {_short(message)}")


def _short(text: str) -> str:
    text = redact_text(text)  # before the cut, which could leave the part of a secret that shows no form
    return repr(text if len(text) <= 200 else text[:200] + " ...")


def first_line(error: Exception) -> str:
    """The first line of an error's message, or its type where it has none, quoted and at most 200 characters long."""
    return _short((str(error).splitlines() or [type(error).__name__])[0])
