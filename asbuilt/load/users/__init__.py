"""Load users: Locust's users on an open-loop schedule."""
