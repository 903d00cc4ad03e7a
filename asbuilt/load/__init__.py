"""Open-loop load: plan, send, measure, judge."""
