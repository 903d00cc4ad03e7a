"""The command line's entry point."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line with the arguments of this process. Returns the exit code (see `ExitCode`)."""
    from asbuilt.commands.main import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
