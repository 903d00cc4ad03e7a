"""Specs: what a document promises, as data."""
