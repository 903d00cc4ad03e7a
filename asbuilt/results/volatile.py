"""The fields that change by themselves between two readings of an account in which nobody changed anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

# glob of kinds → globs of field names, at any depth; `*` for the whole kind. Times of creation, expiry and change stay:
# they tell that somebody did something.
VOLATILE: Mapping[str, Sequence[str]] = {
    "*": ("ResponseMetadata", "*RequestId", "NextToken", "nextToken", "Marker", "LastAccessed*", "LastUsed*"),
    "aws:account": ("Arn", "UserId"),  # of the reader, whose session has another name each time
    "ce:month": ("*",),
    "cloudwatch:*metric*": ("Datapoints", "Timestamps", "Values", "Timestamp", "Average", "Maximum", "Minimum", "Sum"),
    "cloudwatch:*alarm": ("StateUpdatedTimestamp", "StateTransitionedTimestamp", "StateReason", "StateReasonData"),
    "cloudtrail:trail.status": ("Latest*", "Start*", "Stop*", "TimeLogging*"),
    "application-autoscaling:activity": ("*",),
    "codepipeline:pipeline.runs": ("lastUpdateTime",),
    "ecs:service": ("events",),
    "ecs:*task": ("connectivityAt", "version"),
    "elasticbeanstalk:environment.events": ("*",),
    "guardduty:detector": ("UpdatedAt",),
    "iam:credential-report": ("*last_used*", "*last_rotated_age*"),
    "iam:role": ("LastUsedDate",),
    "iam:role.last-accessed": ("*",),
    "load:*": ("began", "ended"),
    "logs:log-group": ("storedBytes",),
    "logs:log-group.streams": ("*",),
    "logs:log-group.streams.lines": ("*",),
    "rds:*": ("LatestRestorableTime", "PercentProgress"),
    "s3:bucket.objects": ("LastModified",),
    "s3:bucket.sizes*": ("*",),
    "sqs:queue.attributes": ("ApproximateNumberOf*",),
}

# globs of fields whose lists AWS returns in any order; in other lists the order can matter (cache behaviours, commands)
UNORDERED = (
    "*[sS]ecurityGroups",
    "*SecurityGroupIds",
    "*[sS]ubnet[sI]*",
    "AvailabilityZones",
    "IpPermissions*",
    "IpRanges",
    "UserIdGroupPairs",
    "[tT]ag*",
    "environment",
    "secrets",
)


def in_any_order(field: str) -> bool:
    """Whether AWS returns the list of this field in any order."""
    return any(fnmatchcase(field, glob) for glob in UNORDERED)


def steady(kind: str, value: Any) -> Any:
    """A record without its volatile fields; None where the whole kind is volatile."""
    globs = [glob for kinds, globs in VOLATILE.items() if fnmatchcase(kind, kinds) for glob in globs]
    return None if "*" in globs else _without(value, globs)


def _without(value: Any, globs: Sequence[str]) -> Any:
    if isinstance(value, list):
        return [_without(item, globs) for item in value]
    if not isinstance(value, Mapping):
        return value
    kept = {name: item for name, item in value.items() if not any(fnmatchcase(name, glob) for glob in globs)}
    return {name: _without(item, globs) for name, item in kept.items()}
