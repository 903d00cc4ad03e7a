"""File systems, and the objects of buckets."""

from asbuilt.sources.row import Row

ROWS = (
    Row(
        "efs:file-system",
        "efs",
        "describe_file_systems",
        "FileSystems[]",
        ids="[FileSystemId]",
        names="[Name]",
        arn="FileSystemArn",
    ),
    Row(
        "efs:file-system.mount-target",
        "efs",
        "describe_mount_targets",
        "MountTargets[]",
        per="efs:file-system",
        params={"FileSystemId": "FileSystemId"},
        ids="[MountTargetId]",
        echoes={"FileSystemId": "FileSystemId"},
    ),
    Row(
        "efs:file-system.mount-target.groups",
        "efs",
        "describe_mount_target_security_groups",
        "@",
        per="efs:file-system.mount-target",
        params={"MountTargetId": "MountTargetId"},
        whole=["SecurityGroups"],
    ),
    # Names and times of objects, never their content; AWS omits the list for an empty bucket.
    Row(
        "s3:bucket.objects",
        "s3",
        "list_objects_v2",
        "Contents[]",
        per="s3:bucket",
        params={"Bucket": "Name"},
        names="[Key]",
        may_omit=True,
        permission="s3:ListBucket",
        witness="KeyCount",
        root="ListBucketResult",
    ),
)
