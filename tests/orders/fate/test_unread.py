"""Answers that have not the documented shape: what can be read of them counts, and nothing else."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.orders.fate.questions import Answer, Questions
from binance_wsapi.orders.ids.history import IdHistory
from binance_wsapi.orders.ids.identity import Reading, Token, TokenKind
from binance_wsapi.wire.endpoint import Endpoint, Params, TimeUnit
from binance_wsapi.wire.order_calls import Act

SENT = 1_000_000
BROKEN = {"symbol": "BTCUSDT", "orderId": 7, "clientOrderId": "bcdf", "status": "NEW", "time": SENT, "price": None}
ALL = Token("all", "BTCUSDT", TokenKind.SYMBOL, Act.CANCEL, before_ms=SENT - 30_000, after_ms=SENT + 30_000)


def about(token: Token, result: Any, unit: TimeUnit = TimeUnit.MILLISECOND, history: IdHistory | None = None) -> Answer:
    """Ask a venue that answers each question with this."""

    async def ask(endpoint: Endpoint[Any], _params: Params) -> Any:
        return endpoint.decode(json.dumps(result).encode(), unit)

    return asyncio.run(Questions(SPOT_ORDERS, ask, SENT, lambda: SENT, unit, history or IdHistory()).about(token))


def test_an_order_whose_answer_cannot_be_read_is_there() -> None:
    assert about(Token("bcdf", "BTCUSDT"), BROKEN).reading is Reading.YES
    assert about(Token("other", "BTCUSDT"), BROKEN).reading is Reading.NOTHING
    assert about(Token("bcdf", "BTCUSDT"), {"price": None}).reading is Reading.NOTHING
    assert about(Token("bcdf", "BTCUSDT"), "nonsense").reading is Reading.NOTHING


@pytest.mark.parametrize(
    ("rows", "reading"),
    [
        ([{**BROKEN, "time": SENT - 60_000}], Reading.NO),
        ([BROKEN], Reading.MAYBE),
        ([{**BROKEN, "time": SENT + 60_000}], Reading.YES),
        ([{**BROKEN, "time": "then"}], Reading.MAYBE),
        ([{**BROKEN, "time": SENT + 60_000}, {"price": None}], Reading.MAYBE),
        ([{**BROKEN, "time": SENT + 60_000}, 7], Reading.MAYBE),
        ({"rows": None}, Reading.MAYBE),
    ],
)
@pytest.mark.parametrize("unit", list(TimeUnit))
def test_an_open_order_that_cannot_be_read_counts_in_a_cancel_of_everything(
    rows: Any, reading: Reading, unit: TimeUnit
) -> None:
    if unit is TimeUnit.MICROSECOND and isinstance(rows, list):
        rows = [
            {**row, "time": row["time"] * 1000} if isinstance(row, dict) and type(row.get("time")) is int else row
            for row in rows
        ]
    assert about(ALL, rows, unit).reading is reading
