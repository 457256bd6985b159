"""Numbers as people read them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from binance_wsapi.cli.shared.text import mean, moment
from binance_wsapi.models.base import MicroTimestamp, Timestamp


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (Decimal("3003.629562575941676792223572"), "3003.62956258"),
        (Decimal("59964.00000000"), "59964"),
        (Decimal("0.00000001"), "0.00000001"),
        (Decimal("1E+40"), "1" + "0" * 40),
    ],
)
def test_an_average_has_eight_decimals(value: Decimal | None, shown: str) -> None:
    assert mean(value) == shown


@pytest.mark.parametrize("kind", [Timestamp, MicroTimestamp])
@pytest.mark.parametrize("beyond", [10**18, -(10**18), 10**40])
def test_a_time_beyond_the_calendar_is_printed_as_it_came(kind: type[Timestamp], beyond: int) -> None:
    assert moment(kind(beyond)) == str(beyond)
    assert moment(kind(0)) == "1970-01-01 00:00:00"
