"""Least privilege, decided: the policy language as sets of requests."""
