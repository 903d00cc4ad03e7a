"""Load scenarios per documented system."""
