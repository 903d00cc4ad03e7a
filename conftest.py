"""Load the pytest plugin, so that `pytest specs/<system>` verifies in a checkout."""

pytest_plugins = ["asbuilt.pytest_plugin.plugin"]
