"""Tests of the mock account."""
