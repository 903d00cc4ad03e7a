"""The run folder of a session: the one that `asbuilt verify` opened, or the session's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from asbuilt.results.exit_codes import ExitCode
from asbuilt.results.run_folder import RunFolder, keep_count, refusal

# attribute of pytest's options → the option
_SELECTING = {
    "keyword": "-k",
    "markexpr": "-m",
    "deselect": "--deselect",
    "lf": "--lf",
    "stepwise": "--stepwise",
    "maxfail": "--maxfail",
    "variant": "--variant",
}


class SessionFolder:
    """Opens, begins and publishes the run folder `run` at the right times.

    `asbuilt verify` opens and publishes its folder itself, because pytest's own reports are written to it, too. Workers
    of a distributed run, and sessions that only list, write nothing. `of_command` says that the command opened it.
    """

    def __init__(self, config: pytest.Config) -> None:
        opened = [plugin for plugin in config.pluginmanager.get_plugins() if isinstance(plugin, RunFolder)]
        self.of_command = bool(opened)
        self._writes = not hasattr(config, "workerinput") and not config.option.collectonly
        self.run: RunFolder = opened[0] if opened else RunFolder(config.option.out)
        try:
            self.run.keep = keep_count(config.option.keep_runs)
        except ValueError as error:
            raise pytest.UsageError(str(error)) from None
        self.run.selected_by = selecting_options(config)
        self._open = False

    def refuse(self, message: str) -> None:
        """Say why the session cannot start."""
        self.run.message = message
        self.begin()
        self.end(ExitCode.USAGE)

    def begin(self) -> None:
        """Say that the session verifies. Raises `pytest.UsageError` where no results can be written."""
        if not self._writes:
            return
        try:
            if not self.of_command:
                self.run.open()
            self.run.begin()
        except OSError as error:
            problem = f"--out {self.run.out}: cannot hold results: {refusal(error)}"
            raise pytest.UsageError(problem) from None
        self._open = True

    def end(self, exit_code: int) -> list[str]:
        """Publish the folder, unless the command does. Returns what to say about it."""
        if not self._open or self.of_command:
            return []
        self._open = False
        return self.run.publish(exit_code)


def selecting_options(config: pytest.Config) -> tuple[str, ...]:
    """The options and arguments of the session that select among facts, as they were given."""
    return tuple(_given(config))


def _given(config: pytest.Config) -> Iterator[str]:
    options = config.option
    of_mock = not (options.account or options.endpoint_url or options.replay)  # an account is built as one variant
    for attribute, option in _SELECTING.items():
        value = getattr(options, attribute, None)
        if value and (attribute != "variant" or of_mock):
            shown = value if isinstance(value, str | int) and value is not True else ""
            yield from (
                [f"{option} {one}" for one in value] if isinstance(value, list) else [f"{option} {shown}".strip()]
            )
    yield from (f"::{fact}" for _, mark, fact in (str(arg).partition("::") for arg in config.args) if mark)
