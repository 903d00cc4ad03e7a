"""Checks of the account as a whole."""
