"""The pytest plugin: every fact is one test item."""
