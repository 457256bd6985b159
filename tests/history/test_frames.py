"""Results as tables with numeric columns."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import polars as pl
import pytest

from binance_wsapi import UsageError, to_pandas, to_polars
from binance_wsapi.models import AccountTrade, Kline, Timestamp

KLINE = Kline(
    Timestamp(1_704_067_200_000), Decimal("1.5"), Decimal(2), Decimal(1), Decimal("1.7"), Decimal(10),
    Timestamp(1_704_070_799_999), Decimal(17), 3, Decimal(4), Decimal(7), "0",
)  # fmt: skip
TRADE = AccountTrade.model_validate(
    {
        "symbol": "BTCUSDT", "id": 9_007_199_254_740_993, "orderId": 7, "orderListId": -1, "price": "60000.00000001",
        "qty": "0.1", "quoteQty": "6000", "commission": "0", "commissionAsset": "BNB", "time": 1_704_067_200_000,
        "isBuyer": True, "isMaker": False, "isBestMatch": True,
    }
)  # fmt: skip


def test_candles_are_a_table_of_numbers_and_times() -> None:
    frame = to_pandas([KLINE, KLINE])
    assert list(frame.columns) == [name for name in Kline._fields if name != "unused"]
    assert frame["close"].dtype == "float64"
    assert frame["close"].mean() == pytest.approx(1.7)
    assert frame["trades"].sum() == 6
    assert frame["open_time"].dt.tz is not None
    assert frame["open_time"].iloc[0] == pd.Timestamp("2024-01-01T00:00:00Z")
    assert frame["close_time"].iloc[0] == pd.Timestamp("2024-01-01T00:59:59.999Z")

    table = to_polars([KLINE, KLINE])
    assert table.columns == list(frame.columns)
    assert table.schema["close"] == pl.Float64
    assert table["open_time"][0] == datetime(2024, 1, 1, tzinfo=UTC)


def test_ids_keep_every_digit_and_words_are_words() -> None:
    frame = to_pandas([TRADE])
    assert frame["id"].iloc[0] == 9_007_199_254_740_993
    assert frame["commission_asset"].iloc[0] == "BNB"
    assert frame["is_buyer"].dtype == bool
    assert to_polars([TRADE])["id"][0] == 9_007_199_254_740_993


def test_exact_keeps_the_decimals() -> None:
    assert to_pandas([TRADE], exact=True)["price"].iloc[0] == Decimal("60000.00000001")
    assert to_polars([TRADE], exact=True)["price"][0] == Decimal("60000.00000001")


@pytest.mark.parametrize("table", [to_pandas, to_polars])
def test_a_table_without_rows_has_its_columns(table: Any) -> None:
    assert list(table([], kind=Kline).columns) == [name for name in Kline._fields if name != "unused"]
    assert list(table([]).columns) == []


@pytest.mark.parametrize(("kind", "row"), [(Kline, KLINE), (AccountTrade, TRADE)])
def test_the_columns_of_a_table_without_rows_are_of_the_types_they_will_have(kind: type, row: Any) -> None:
    full, empty = to_pandas([row]), to_pandas([], kind=kind)
    for name, dtype in full.dtypes.items():
        assert empty[name].dtype == dtype, name
    table, none = to_polars([row]), to_polars([], kind=kind)
    for name, kept in table.schema.items():
        assert none.schema[name] == kept, name


def test_numbers_with_holes_stay_numbers() -> None:
    frame = to_pandas([TRADE, TRADE.model_copy(update={"order_list_id": None, "price": None})])
    assert frame["order_list_id"].dtype == "Int64"
    assert frame["price"].dtype == "float64"


def test_what_is_no_result_is_refused() -> None:
    with pytest.raises(UsageError, match="results of this library, got dict"):
        to_pandas([{"a": 1}])


@pytest.mark.parametrize(("name", "table"), [("pandas", to_pandas), ("polars", to_polars)])
def test_a_table_without_its_package_says_what_to_install(
    name: str, table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError, match=rf'pip install "binance-wsapi\[{name}\]"'):
        table([KLINE])


@pytest.mark.parametrize("number", [10**18, -(10**18), 253_402_300_800_000, 10**60, 2**63])
def test_a_time_that_no_calendar_has_is_missing_in_a_table_whose_other_cells_stay(number: int) -> None:
    absurd = KLINE._replace(open_time=Timestamp(number))
    for rows in ([absurd, KLINE], [KLINE, absurd]):
        frame, table = to_pandas(rows), to_polars(rows)
        at = rows.index(absurd)
        assert frame["open_time"].dtype == "datetime64[us, UTC]"
        assert list(frame["open_time"].isna()) == [row is absurd for row in rows]
        assert table["open_time"][at] is None
        assert table["open_time"][1 - at] == datetime(2024, 1, 1, tzinfo=UTC)
        assert list(frame["close"]) == list(table["close"]) == [1.7, 1.7]
    assert list(to_pandas([absurd])["open_time"].isna()) == [True]
    assert to_polars([absurd])["open_time"][0] is None


def test_an_id_beyond_the_integers_of_a_table_keeps_its_digits() -> None:
    rows = [TRADE, AccountTrade.model_validate({**TRADE.to_dict(wire_names=True), "id": 2**70})]
    assert to_pandas(rows)["id"].iloc[1] == 2**70
    assert int(to_polars(rows)["id"][1]) == 2**70
