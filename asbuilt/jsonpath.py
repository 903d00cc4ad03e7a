"""JMESPath as the collector table uses it: compiled once, with the few functions that AWS's answers call for."""

from __future__ import annotations

from functools import cache
from typing import Any

import jmespath
import jmespath.functions
from jmespath.parser import ParsedResult


class _Functions(jmespath.functions.Functions):  # type: ignore[misc]  # the library ships no types
    @jmespath.functions.signature(  # type: ignore[untyped-decorator]  # as above
        {"types": ["string"]}, {"types": ["string"]}
    )
    def _func_after(self, text: str, mark: str) -> str:
        """What follows the first `mark`: `after('a:b/c/d', '/')` is `c/d`."""
        return text.partition(mark)[2]

    @jmespath.functions.signature(  # type: ignore[untyped-decorator]  # as above
        {"types": ["string"]}, {"types": ["string"]}
    )
    def _func_until_end(self, text: str, end: str) -> str:
        """The text without `end` where it ends so: `until_end('example.org.', '.')` is `example.org`."""
        return text.removesuffix(end)

    @jmespath.functions.signature(  # type: ignore[untyped-decorator]  # as above
        {"types": ["string", "null"]}, {"types": ["string"]}
    )
    def _func_split(self, text: str | None, mark: str) -> list[str] | None:
        """The parts of a list written as text: `split('t3.small, t3.medium', ',')`; nothing of nothing."""
        return [part.strip() for part in text.split(mark)] if text else None


_OPTIONS = jmespath.Options(custom_functions=_Functions())


@cache
def _compiled(path: str) -> ParsedResult:
    return jmespath.compile(path)


def search(path: str, data: Any) -> Any:
    """What the path finds in the data; None where it finds nothing."""
    if path == "@":
        return data
    if path.isidentifier():
        return data.get(path) if isinstance(data, dict) else None
    return _compiled(path).search(data, options=_OPTIONS)
