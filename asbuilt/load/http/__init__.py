"""HTTP connections of load users."""
