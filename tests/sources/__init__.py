"""Tests of the sources of evidence."""
