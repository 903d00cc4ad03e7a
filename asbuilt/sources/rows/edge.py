"""CloudFront, Route 53, certificates, and the addresses of host names in DNS."""

from asbuilt.sources.row import Row

# By default, AWS lists only certificates with an RSA key of up to 2048 bits.
_KEY_TYPES = [
    "RSA_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "EC_prime256v1",
    "EC_secp384r1",
    "EC_secp521r1",
]

ROWS = (
    Row(
        "cloudfront:distribution",
        "cloudfront",
        "list_distributions",
        "DistributionList.Items[]",
        names="[[Id, DomainName, Comment], Aliases.Items][]",
        arn="ARN",
        may_omit=True,
        witness="DistributionList.Quantity",
    ),
    Row(
        "cloudfront:cache-policy",
        "cloudfront",
        "list_cache_policies",
        "CachePolicyList.Items[].CachePolicy",
        names="[Id, CachePolicyConfig.Name]",
        may_omit=True,
        witness="CachePolicyList.Quantity",
    ),
    Row(
        "cloudfront:origin-access-control",
        "cloudfront",
        "list_origin_access_controls",
        "OriginAccessControlList.Items[]",
        names="[Id, Name]",
        may_omit=True,
        witness="OriginAccessControlList.Quantity",
    ),
    Row("route53:zone", "route53", "list_hosted_zones", "HostedZones[]", names="[until_end(Name, '.'), Id]"),
    Row(
        "route53:zone.records",
        "route53",
        "list_resource_record_sets",
        "ResourceRecordSets[]",
        per="route53:zone",
        params={"HostedZoneId": "Id"},
        names="[Name]",
    ),
    Row(
        "acm:certificate.names",
        "acm",
        "list_certificates",
        "CertificateSummaryList[]",
        static={"Includes": {"keyTypes": _KEY_TYPES}},
        arn="CertificateArn",
    ),
    Row(
        "acm:certificate",
        "acm",
        "describe_certificate",
        "Certificate",
        per="acm:certificate.names",
        params={"CertificateArn": "CertificateArn"},
        names="[DomainName]",
        arn="CertificateArn",
        echoes={"CertificateArn": "CertificateArn"},
    ),
    Row("route53:health-check", "route53", "list_health_checks", "HealthChecks[]", names="[Id]"),
)
