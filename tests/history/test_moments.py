"""Times as users write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from binance_wsapi import UsageError
from binance_wsapi.history.moments import read_moment

NEW_YEAR = 1_704_067_200_000_000


@pytest.mark.parametrize(
    "value",
    [
        "2024-01-01",
        "2024-01-01T00:00",
        "2024-01-01T00:00:00Z",
        "2024-01-01 01:00:00+01:00",
        datetime(2024, 1, 1, tzinfo=UTC),
        datetime(2023, 12, 31, 19, tzinfo=timezone(timedelta(hours=-5))),
        NEW_YEAR // 1000,
        NEW_YEAR,
    ],
)
def test_a_moment_is_the_same_in_every_spelling(value: Any) -> None:
    assert read_moment("start", value) == NEW_YEAR


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (datetime(2024, 1, 1, tzinfo=UTC).replace(tzinfo=None), "time zone"),
        ("1 day ago UTC", "ISO text"),
        ("", "ISO text"),
        (1_704_067_200, "multiplied by 1000"),
        (1_704_067_200_000_000_000, "nanoseconds are divided by 1000000"),
        (-1, "multiplied by 1000"),
        (1_704_067_200_000.0, "got float"),
        (True, "got bool"),
        (None, "got NoneType"),
    ],
)
def test_what_is_no_moment_is_refused_with_the_remedy(value: Any, told: str) -> None:
    with pytest.raises(UsageError, match=told) as refused:
        read_moment("start", value)
    assert str(refused.value).startswith("start must be")


def test_microseconds_are_kept() -> None:
    assert read_moment("end", datetime(2024, 1, 1, 0, 0, 0, 7, tzinfo=UTC)) == NEW_YEAR + 7
