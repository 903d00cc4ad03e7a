"""Runs that check this machine, and the method of measuring."""
