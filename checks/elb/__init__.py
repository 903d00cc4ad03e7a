"""Checks of load balancers: listeners, routing and target groups."""
