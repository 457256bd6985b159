"""Answers that have not the documented shape: what can be read of them counts, and nothing else."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from binance_wsapi import Outcome, SpotClient
from binance_wsapi.api.spot.bindings import SPOT_ORDERS
from binance_wsapi.orders.fate.lookups import Lookups
from binance_wsapi.orders.fate.questions import UNREAD, Answer, Questions
from binance_wsapi.orders.ids.history import IdHistory
from binance_wsapi.orders.ids.identity import Reading
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.wire.endpoint import Endpoint, Params, TimeUnit
from binance_wsapi.wire.order_calls import Act
from tests.adversary.scripted import SYMBOL, Row, Venue, in_doubt, limit, lose, play, swallow

SENT = 1_000_000
BROKEN = {"symbol": "BTCUSDT", "orderId": 7, "clientOrderId": "bcdf", "status": "NEW", "time": SENT, "price": None}
ALL = Token("all", "BTCUSDT", TokenKind.SYMBOL, Act.CANCEL, before_ms=SENT - 30_000, after_ms=SENT + 30_000)


def about(token: Token, result: Any, unit: TimeUnit = TimeUnit.MILLISECOND, history: IdHistory | None = None) -> Answer:
    """Ask a venue that answers each question with this."""

    async def ask(endpoint: Endpoint[Any], _params: Params) -> Any:
        return endpoint.decode(json.dumps(result).encode(), unit)

    return asyncio.run(
        Questions(Lookups(SPOT_ORDERS, ask, SENT, lambda: SENT, unit, history or IdHistory())).about(token)
    )


def test_an_order_whose_answer_cannot_be_read_is_there() -> None:
    assert about(Token("bcdf", "BTCUSDT"), BROKEN).reading is Reading.YES
    assert about(Token("other", "BTCUSDT"), BROKEN).reading is Reading.NOTHING
    assert about(Token("bcdf", "BTCUSDT"), {"price": None}).reading is Reading.NOTHING
    assert about(Token("bcdf", "BTCUSDT"), "nonsense").reading is Reading.NOTHING


@pytest.mark.parametrize("number", ["7", 1.0, None])
def test_an_order_that_bears_the_id_and_no_number_may_be_the_one_asked_about(number: Any) -> None:
    shown = {**BROKEN, "orderId": number}
    assert about(Token("bcdf", "BTCUSDT"), shown).reading is Reading.MAYBE
    assert about(Token("other", "BTCUSDT"), shown).reading is Reading.NOTHING
    assert about(Token("bcdf", "ETHUSDT"), shown).reading is Reading.NOTHING


@pytest.mark.parametrize("shown", [{}, "nonsense", None, [], {"price": None}])
def test_an_answer_of_which_nothing_can_be_read_is_told_as_that(shown: Any) -> None:
    answer = about(Token("bcdf", "BTCUSDT"), shown)
    assert (answer.reading, answer.useless) == (Reading.NOTHING, UNREAD)


@pytest.mark.parametrize("shown", [{}, {"orderId": "7"}], ids=["nothing", "a number that is a text"])
@pytest.mark.parametrize("executed", [True, False])
def test_a_doubt_ends_where_no_answer_about_it_can_ever_be_read(executed: bool, shown: dict[str, Any]) -> None:
    async def odd(_: Venue, connection: ServerConnection, request: Row) -> bool:
        names = {"clientOrderId": request["params"].get("origClientOrderId"), "symbol": SYMBOL}
        await venue.reply(connection, request, {**names, **shown} if shown else {})
        return True

    async def scene(client: SpotClient) -> None:
        doubt = await in_doubt(limit(client))
        verdict = await asyncio.wait_for(doubt.resolve(), 60)
        assert verdict.outcome is Outcome.UNDECIDED
        assert shown or "can be read" in str(verdict.error)

    venue = Venue(order__place=lose if executed else swallow, order__status=odd)
    venue.events = False
    play(venue, scene)


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
