"""What holds for every test: nothing of this machine's speed, luck or set-up decides."""

import os

from hypothesis import HealthCheck, settings

# A busy machine is no counterexample, and each run tries the same cases, so that a change is judged and not a draw.
settings.register_profile(
    "asbuilt", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("asbuilt")

# Whose account this machine looks at otherwise is no concern of the tests, nor of the programs that they start.
for _name in [name for name in os.environ if name.startswith(("AWS_", "ATLAS_", "ASBUILT_"))]:
    del os.environ[_name]
