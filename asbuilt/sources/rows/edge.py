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
        ids="[Id, DomainName]",
        names="[[Comment], Aliases.Items][]",
        arn="ARN",
        may_omit=True,
        witness="DistributionList.Quantity",
    ),
    Row(
        "cloudfront:cache-policy",
        "cloudfront",
        "list_cache_policies",
        "CachePolicyList.Items[].CachePolicy",
        ids="[Id]",
        names="[CachePolicyConfig.Name]",
        may_omit=True,
        witness="CachePolicyList.Quantity",
    ),
    Row(
        "cloudfront:origin-access-control",
        "cloudfront",
        "list_origin_access_controls",
        "OriginAccessControlList.Items[]",
        ids="[Id]",
        names="[Name]",
        may_omit=True,
        witness="OriginAccessControlList.Quantity",
    ),
    # The API writes a zone's id with and without the prefix; a public and a private zone can have the same name.
    Row(
        "route53:zone",
        "route53",
        "list_hosted_zones",
        "HostedZones[]",
        ids="[after(Id, '/hostedzone/'), Id]",
        names="[until_end(Name, '.')]",
    ),
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
    Row("route53:health-check", "route53", "list_health_checks", "HealthChecks[]", ids="[Id]"),
)
