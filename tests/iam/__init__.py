"""Tests of the IAM policy engine."""
