"""Settings for every test: results do not depend on this machine's speed or configuration, or on chance."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

LONGEST = ("test_drifts.py", "test_mutation.py", "test_verify_over_http.py")

# A slow example is no failure, and each run draws the same examples, so that only a change of the code changes results.
settings.register_profile(
    "asbuilt", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("asbuilt")

# Remove this machine's settings for AWS, Atlas and asbuilt from the tests and the programs that they start.
for _name in [name for name in os.environ if name.startswith(("AWS_", "ATLAS_", "ASBUILT_"))]:
    del os.environ[_name]
# The programs under test keep prepared service models here, and not in the user's own cache folder.
os.environ["XDG_CACHE_HOME"] = str(Path(__file__).parents[1] / ".pytest_cache" / "user-cache")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the longest tests first, so that at the end no worker runs alone."""
    items.sort(key=lambda item: item.path.name not in LONGEST)
