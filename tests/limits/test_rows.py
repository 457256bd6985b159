"""Which rows of the venue are limits that can be kept to."""

from __future__ import annotations

import pytest

from binance_wsapi.limits.rows import CONNECT_WEIGHT, GREATEST_LIMIT, is_usable
from binance_wsapi.wire.ratelimit import RateLimit


@pytest.mark.parametrize(
    ("kind", "interval", "num", "limit", "usable"),
    [
        ("ORDERS", "SECOND", 10, 1, True),
        ("ORDERS", "SECOND", 10, 0, False),
        ("ORDERS", "DAY", 400, GREATEST_LIMIT, True),
        ("ORDERS", "DAY", 401, GREATEST_LIMIT, False),
        ("ORDERS", "DAY", 1, GREATEST_LIMIT + 1, False),
        ("ORDERS", "WEEK", 1, 100, False),
        ("CONNECTIONS", "MINUTE", 5, 1, True),
        ("REQUEST_WEIGHT", "MINUTE", 1, CONNECT_WEIGHT, True),
        ("REQUEST_WEIGHT", "MINUTE", 1, CONNECT_WEIGHT - 1, False),
        ("RAW_REQUESTS", "MINUTE", 5, 6_000, False),
    ],
)
def test_a_limit_is_kept_to_where_a_connection_has_room_and_the_venue_can_mean_it(
    kind: str, interval: str, num: int, limit: int, usable: bool
) -> None:
    assert is_usable(RateLimit(kind, interval, num, limit)) is usable
