"""Checks of software delivery: builds, pipelines, registries, functions, schedules and stacks."""
