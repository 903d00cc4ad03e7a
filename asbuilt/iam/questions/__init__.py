"""What is asked of policies: who can, who trusts, what exceeds, what escalates."""
