"""What several tests of load verdicts start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from asbuilt.spec.model import Spec
from tests.load.measured import spec_in


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    """A spec of load promises, loaded."""
    return spec_in(tmp_path)
