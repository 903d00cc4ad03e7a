"""Questions about policies: excess and missing grants, trust, public access, privilege escalation."""
