"""Questions about load balancers."""
