"""Questions about how software gets there."""
