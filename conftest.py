"""Makes `pytest specs/<system>` verify: the plugin does all the work."""

pytest_plugins = ["asbuilt.pytest_plugin.plugin"]
