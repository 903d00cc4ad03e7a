"""Questions about the account as a whole."""
