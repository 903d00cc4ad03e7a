"""Policies, principals and organizations, read from the evidence of an account."""
