"""The past events of a mock account are in a reader's window at any time of day."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from asbuilt_content.fixtures.history import past_month

MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1))


@given(MOMENTS, st.timedeltas(timedelta(minutes=-30), timedelta(hours=20)))
def test_thirty_days_are_seen_around_the_hour_and_around_midnight(built, read_after):
    """Each day of the window that ends on the reader's last full hour (`asbuilt/sources/reader.py`) has one event."""
    end = (built + read_after).replace(minute=0, second=0, microsecond=0)
    days = [(moment - (end - timedelta(days=30))) // timedelta(days=1) for moment in past_month(built)]
    assert sorted(days) == list(range(30))


@given(MOMENTS)
def test_the_newest_is_recent(built):
    """CloudWatch lists a metric as recently active for three hours."""
    assert built - timedelta(hours=3) < past_month(built)[0] < built
