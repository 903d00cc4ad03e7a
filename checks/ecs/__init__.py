"""Checks of ECS clusters, services, task definitions and tasks."""
