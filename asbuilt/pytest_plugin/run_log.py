"""pytest-html's run log, with what a document's reader looks for: claim, section and severity.

It is the raw log of a run, for developers; names from an account reach it escaped.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import pytest

# column → the key of a fact's record; they stand before pytest-html's own duration and links
COLUMNS = {"Claim": "fact", "Section": "section", "Severity": "severity"}
_BEFORE = 2


class RunLog:
    """The hooks of pytest-html, as a plugin to register where pytest-html is at work."""

    def pytest_html_report_title(self, report: Any) -> None:
        """Name the page after what it is."""
        report.title = "asbuilt run log"

    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Add the columns, sortable as pytest-html's own are."""
        cells[_BEFORE:_BEFORE] = [
            f'<th class="sortable" data-column-type="{key}">{title}</th>' for title, key in COLUMNS.items()
        ]

    def pytest_html_results_table_row(self, report: Any, cells: list[str]) -> None:
        """Fill the columns of a fact; any other test leaves them empty."""
        record: Mapping[str, Any] = getattr(report, "asbuilt", {})
        cells[_BEFORE:_BEFORE] = [
            f'<td class="col-{key}">{html.escape(str(record.get(key, "")))}</td>' for key in COLUMNS.values()
        ]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        """Attach the finding of whatever is not passed, as JSON."""
        import pytest_html

        report = yield
        record = getattr(report, "asbuilt", None)
        if record and record["status"] != "passed":
            kept = {key: record[key] for key in ("status", "expected", "findings", "fix")}
            report.extras = [*getattr(report, "extras", []), pytest_html.extras.json(kept, name="finding")]
        return report
