"""Whether an answer is of what was asked for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from binance_wsapi.wire.answers import shows_another

ROW: dict[str, Any] = {"symbol": "BTCUSDT", "order_id": 7, "order_list_id": 3}


@pytest.mark.parametrize(
    ("question", "another"),
    [
        ({"symbol": "BTCUSDT", "orderId": 7}, False),
        ({"symbol": "BTCUSDT", "orderId": "7"}, False),
        ({"symbol": "BTCUSDT", "origClientOrderId": "mine", "orderId": None}, False),
        ({"orderListId": 3}, False),
        ({"symbol": "ETHUSDT", "orderId": 7}, True),
        ({"symbol": "ETHUSDT", "origClientOrderId": "mine"}, True),
        ({"symbol": "BTCUSDT", "orderId": 8}, True),
        ({"orderListId": 4}, True),
    ],
)
def test_an_answer_is_of_the_symbol_and_the_number_that_were_asked_for(question: Any, another: bool) -> None:
    assert shows_another(question, SimpleNamespace(**ROW)) is another
    assert shows_another(question, [SimpleNamespace(), SimpleNamespace(**ROW)]) is another
    assert not shows_another(question, [])
