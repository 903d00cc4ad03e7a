"""Questions about logs, metrics, alarms and dashboards."""
