"""Questions about certificates, distributions and names."""
