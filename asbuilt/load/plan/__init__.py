"""The plan of a load run: its arrivals, scenario, settings and limits."""
