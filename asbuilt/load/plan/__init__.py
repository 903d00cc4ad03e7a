"""What a load run is to do: its arrivals, scenario, settings and limits."""
