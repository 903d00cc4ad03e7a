"""Questions about IAM."""
