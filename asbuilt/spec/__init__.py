"""Specs: the promises of an architecture document, as data."""
