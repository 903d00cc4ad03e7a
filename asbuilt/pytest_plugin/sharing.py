"""What the workers of a distributed run share: the first one reads a deployment, and the others take its snapshot."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path


def shared_folder(run: str) -> Path:
    """Where the workers of a distributed run leave what they read (redacted), for one another."""
    return Path(tempfile.gettempdir()) / f"asbuilt-{run}"


def forget(run: str) -> None:
    """Remove what the workers of a distributed run left."""
    shutil.rmtree(shared_folder(run), ignore_errors=True)
