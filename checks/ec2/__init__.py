"""Questions about networks, instances and file systems."""
