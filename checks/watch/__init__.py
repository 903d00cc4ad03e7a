"""Checks of logs, metrics, alarms and dashboards."""
