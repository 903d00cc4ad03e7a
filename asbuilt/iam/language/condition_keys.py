"""The global condition keys: their types, and which of them every request has.

Source: "AWS global condition context keys" in the IAM user guide.
"""

from __future__ import annotations

RESOURCE_ACCOUNT = "aws:resourceaccount"  # the account in the ARN, where the ARN names one

ALWAYS = frozenset(
    {
        "aws:securetransport",
        "aws:requestedregion",
        "aws:currenttime",
        "aws:epochtime",
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principaltype",
        "aws:userid",
        "aws:useragent",
        "aws:viaawsservice",
    }
)
TYPES: dict[str, str] = {
    "aws:calledvia": "ArrayOfString",
    "aws:principalorgpaths": "ArrayOfString",
    "aws:principalservicenameslist": "ArrayOfString",
    "aws:resourceorgpaths": "ArrayOfString",
    "aws:sourceorgpaths": "ArrayOfString",
    "aws:vpceorgpaths": "ArrayOfString",
    "aws:tagkeys": "ArrayOfString",
    "aws:multifactorauthpresent": "Bool",
    "aws:securetransport": "Bool",
    "aws:viaawsservice": "Bool",
    "aws:principalisawsservice": "Bool",
    "aws:multifactorauthage": "Numeric",
    "aws:currenttime": "Date",
    "aws:epochtime": "Date",
    "aws:tokenissuetime": "Date",
    "aws:sourceip": "IPAddress",
    "aws:vpcsourceip": "IPAddress",
    "aws:sourcearn": "ARN",
    "aws:principalarn": "ARN",
    "ec2:sourceinstancearn": "ARN",
    "lambda:sourcefunctionarn": "ARN",
    **dict.fromkeys(
        (
            "aws:calledviafirst",
            "aws:calledvialast",
            "aws:ec2instancesourceprivateipv4",
            "aws:ec2instancesourcevpc",
            "aws:federatedprovider",
            "aws:principalaccount",
            "aws:principalorgid",
            "aws:principalorgmasteraccountid",
            "aws:principalservicename",
            "aws:principaltype",
            "aws:referer",
            "aws:requestedregion",
            "aws:resourceaccount",
            "aws:resourceorgid",
            "aws:sourceaccount",
            "aws:sourceidentity",
            "aws:sourceorgid",
            "aws:sourcevpc",
            "aws:sourcevpcarn",
            "aws:sourcevpce",
            "aws:userid",
            "aws:useragent",
            "aws:username",
            "aws:vpceaccount",
            "aws:vpceorgid",
            "aws:assumedroot",
        ),
        "String",
    ),
}
PREFIXES = {"aws:principaltag/": "String", "aws:requesttag/": "String", "aws:resourcetag/": "String"}


def global_type(key: str) -> str | None:
    """The type of a global key (in lower case), or None if there is no such key."""
    return TYPES.get(key) or next((kind for start, kind in PREFIXES.items() if key.startswith(start)), None)
