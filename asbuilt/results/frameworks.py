"""The requirements of audit frameworks that the answer of a check is evidence for, by the theme of the check.

Sources: AICPA Trust Services Criteria 2017 (SOC 2), ISO/IEC 27001:2022 Annex A, PCI DSS v4.0, and the HIPAA Security
Rule (45 CFR 164). AWS FSBP and CIS controls are more specific; each check names its own.
"""

from __future__ import annotations

from collections.abc import Mapping

THEMES: Mapping[str, tuple[str, ...]] = {
    "encryption at rest": ("SOC 2 CC6.1", "ISO 27001 A.8.24", "PCI DSS 3.5.1", "HIPAA 164.312(a)(2)(iv)"),
    "encryption in transit": ("SOC 2 CC6.7", "ISO 27001 A.8.24", "PCI DSS 4.2.1", "HIPAA 164.312(e)(1)"),
    "network boundary": ("SOC 2 CC6.6", "ISO 27001 A.8.20", "PCI DSS 1.3.1", "HIPAA 164.312(e)(1)"),
    "least privilege": ("SOC 2 CC6.3", "ISO 27001 A.8.2", "PCI DSS 7.2.1", "HIPAA 164.312(a)(1)"),
    "secrets": ("SOC 2 CC6.1", "ISO 27001 A.5.17", "PCI DSS 8.3.2", "HIPAA 164.308(a)(5)(ii)(D)"),
    "audit log": ("SOC 2 CC7.2", "ISO 27001 A.8.15", "PCI DSS 10.2.1", "HIPAA 164.312(b)"),
    "monitoring": ("SOC 2 CC7.2", "ISO 27001 A.8.16", "PCI DSS 10.4.1"),
    "backup": ("SOC 2 A1.2", "ISO 27001 A.8.13", "HIPAA 164.308(a)(7)(ii)(A)"),
    "redundancy": ("SOC 2 A1.2", "ISO 27001 A.8.14"),
    "capacity": ("SOC 2 A1.1", "ISO 27001 A.8.6"),
    "patching": ("SOC 2 CC7.1", "ISO 27001 A.8.8", "PCI DSS 6.3.3"),
    "change control": ("SOC 2 CC8.1", "ISO 27001 A.8.32", "PCI DSS 6.5.1"),
}

# check → its theme; a check has no theme where no framework asks for its answer
_QUESTIONS: Mapping[str, str] = {
    theme_question: theme
    for theme, questions in {
        "encryption at rest": "encrypted_at_rest encryption image_encryption volumes_encrypted",
        "encryption in transit": "encrypted_in_transit encrypts_mounts http_only_redirects oldest_tls origin_protocols "
        "tls_only viewer_protocols listener_protocol connection_scheme certificates issued days_left renews in_date",
        "network boundary": "admits_only_cloudfront assign_public_ip closed_to_internet closed_to_internet_except "
        "closed_to_public in_private_subnets open_ports private_subnets publicly_accessible reachable_only_from "
        "routed_to_internet withholds_public_addresses without_public_address anonymous_actions flow_logs",
        "least privilege": "allows allows_at_most allows_none_of assumable_only_by no_admin no_escalation "
        "no_wildcards root_access_keys root_mfa active_user_keys root_used_within_days"
        " unused_services",
        "secrets": "free_of_access_keys free_of_plain_secrets free_of_sample_credentials master_password_managed "
        "readable_secrets referenced_secrets rotates secret secret_references secret_variables",
        "audit log": "access_logs exec_sessions_logged kept_in_logs logging_trails log_exports "
        "records_configuration retention_days tamper_evident_trails",
        "monitoring": "alarmed_metrics alarms_above alarms_notify alarms_on alarms_on_errors fires metrics tells "
        "threat_detectors",
        "backup": "backup_days backup_plans cloud_backups newest_object_hours point_in_time_recovery "
        "restore_window_days snapshot_days versioned",
        "redundancy": "automatic_failover available_replicas copies_to_another_region mounted_zones multi_az "
        "running_zones zones",
        "capacity": "max_instances min_instances quota scales_from scales_to scaling_in_force scaling_policies "
        "scaling_target uptime_percent",
        "patching": "image_age_days pending_maintenance scanned_on_push upgrades_itself",
        "change control": "approvals circuit_breaker deployment_policy deployment_strategy "
        "replaced_without_downtime rolls_back runs_newest_image",
    }.items()
    for theme_question in questions.split()
}


def requirements(question: str) -> tuple[str, ...]:
    """The requirements that the answer of a check of this name is evidence for; none for a check without a theme."""
    theme = _QUESTIONS.get(question)
    return THEMES[theme] if theme else ()


def themed_questions() -> frozenset[str]:
    """The names of all checks that have a theme."""
    return frozenset(_QUESTIONS)
