"""Tests of the command line and of the pages that describe it."""
