"""Questions about what keeps data."""
