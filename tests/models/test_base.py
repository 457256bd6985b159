"""What results that are not read often have in common."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from pydantic import ValidationError

from binance_wsapi import ProtocolViolation, UnreadableReply
from binance_wsapi.cli.shared.run import to_json
from binance_wsapi.cli.shared.text import number
from binance_wsapi.models import Timestamp
from binance_wsapi.models.base import MicroTimestamp
from binance_wsapi.models.spot.account import Balance
from binance_wsapi.models.spot.general import ExchangeInfo

ENDLESS = ["1E+999999999", "-1e41", "1E-999999999", "0E+999999999", "9" * 100, "1." + "0" * 10_000]


@pytest.mark.parametrize("free", ENDLESS)
def test_a_number_that_no_venue_means_is_refused(free: str) -> None:
    """Two of them added were an error of `decimal`, one printed a billion digits."""
    with pytest.raises(ValidationError, match="more digits"):
        Balance.from_dict({"asset": "BTC", "free": free, "locked": "1"})


def test_numbers_of_the_venue_are_taken() -> None:
    held = Balance.from_dict({"asset": "BTC", "free": "0.00000000", "locked": "92233720368547758.07000000"})
    assert held.total == held.locked


def test_the_command_line_prints_no_number_without_end() -> None:
    for text in ENDLESS[:4]:
        assert len(number(Decimal(text))) < 60
        assert len(to_json({"price": Decimal(text)})) < 80


def test_a_symbol_that_cannot_be_read_is_an_error_of_the_library_when_it_is_looked_at() -> None:
    reply = {
        "timezone": "UTC",
        "serverTime": 1,
        "rateLimits": [],
        "exchangeFilters": [],
        "symbols": [{"symbol": "BTCUSDT"}],
    }
    info = ExchangeInfo.reader()(json.dumps(reply).encode(), False)
    with pytest.raises(UnreadableReply, match="a symbol in the result of exchangeInfo") as caught:
        info.symbols.get("BTCUSDT")
    assert caught.value.__cause__ is caught.value.__context__ is None
    for look in (info.to_dict, info.to_json):
        with pytest.raises(UnreadableReply, match="a symbol in the result of exchangeInfo"):
            look()


@pytest.mark.parametrize(
    ("kind", "number", "unit"),
    [
        (Timestamp, 253_402_300_800_000, "milliseconds"),
        (Timestamp, -62_135_596_800_001, "milliseconds"),
        (Timestamp, 10**5000, "milliseconds"),
        (MicroTimestamp, 253_402_300_800_000_000, "microseconds"),
        (MicroTimestamp, -(2**63), "microseconds"),
    ],
    ids=["after", "before", "of no text", "micro", "micro before"],
)
def test_a_time_that_no_calendar_has_is_told_with_its_number_when_it_is_asked_for_as_one(
    kind: type[Timestamp], number: int, unit: str
) -> None:
    with pytest.raises(ProtocolViolation, match=r"^a time must lie in the years 1 to 9999, got ") as told:
        _ = kind(number).datetime
    assert f" {unit} since 1970: " in str(told.value)
    assert len(str(told.value)) < 400
    assert str(told.value).endswith("int(time) is its number")
    assert told.value.__context__ is None


def test_the_first_and_the_last_moment_of_the_calendar_are_read() -> None:
    assert Timestamp(253_402_300_799_999).datetime.year == 9999
    assert Timestamp(-62_135_596_800_000).datetime.year == 1
    assert Timestamp(-1).datetime.isoformat() == "1969-12-31T23:59:59.999000+00:00"
    assert MicroTimestamp(253_402_300_799_999_999).datetime.microsecond == 999_999
