"""Settings for every test: results do not depend on this machine's speed or configuration, or on chance."""

import os

from hypothesis import HealthCheck, settings

# A slow example is no failure, and each run draws the same examples, so that only a change of the code changes results.
settings.register_profile(
    "asbuilt", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("asbuilt")

# Remove this machine's settings for AWS, Atlas and asbuilt from the tests and the programs that they start.
for _name in [name for name in os.environ if name.startswith(("AWS_", "ATLAS_", "ASBUILT_"))]:
    del os.environ[_name]
