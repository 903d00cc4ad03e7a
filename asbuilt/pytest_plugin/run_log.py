"""Columns for pytest-html's page of a run: claim, section and severity.

The page is the raw log of a run, for developers. Names from an account are escaped in it.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import pytest

# column → the key of a fact's record; the columns come before pytest-html's own duration and links
COLUMNS = {"Claim": "fact", "Section": "section", "Severity": "severity"}
_BEFORE = 2


class RunLog:
    """The hooks of pytest-html, as a plugin to register where pytest-html is active."""

    def pytest_html_report_title(self, report: Any) -> None:
        """Set the title of the page."""
        report.title = "asbuilt run log"

    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Add the columns, sortable like pytest-html's own."""
        cells[_BEFORE:_BEFORE] = [
            f'<th class="sortable" data-column-type="{key}">{title}</th>' for title, key in COLUMNS.items()
        ]

    def pytest_html_results_table_row(self, report: Any, cells: list[str]) -> None:
        """Fill the columns of a fact. They stay empty for any other test."""
        record: Mapping[str, Any] = getattr(report, "asbuilt", {})
        cells[_BEFORE:_BEFORE] = [
            f'<td class="col-{key}">{html.escape(str(record.get(key, "")))}</td>' for key in COLUMNS.values()
        ]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        """Attach the findings of a fact that did not pass, as JSON."""
        import pytest_html

        report = yield
        record = getattr(report, "asbuilt", None)
        if record and record["status"] != "passed":
            kept = {key: record[key] for key in ("status", "expected", "findings", "fix")}
            report.extras = [*getattr(report, "extras", []), pytest_html.extras.json(kept, name="finding")]
        return report
