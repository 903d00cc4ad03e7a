"""Locust users whose arrivals follow an open-loop schedule."""
