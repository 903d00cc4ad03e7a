"""Tests of reading input files."""
