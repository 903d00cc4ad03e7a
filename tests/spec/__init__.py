"""Tests of reading specs."""
