"""Runs that check this machine and this method."""
