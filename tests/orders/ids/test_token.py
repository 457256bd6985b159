"""What is known of a request's own id."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from binance_wsapi.orders.ids.token import ALWAYS, Token, TokenKind
from binance_wsapi.wire.order_calls import Act

MET: dict[str, Any] = {"met_again": True}
GIVES: dict[str, Any] = {"gives_former": True, "fresh": False}
CONTESTED: dict[str, Any] = {"contested_ms": ALWAYS, "fresh": False}


@pytest.mark.parametrize(
    ("known", "may"),
    [
        ({}, False),
        (MET, False),
        ({**MET, "fresh": False}, True),
        ({**MET, "act": Act.AMEND}, True),
        ({**MET, "kind": TokenKind.LIST}, True),
        ({**MET, "act": Act.PLACE, "fresh": False}, False),
        (GIVES, True),
        ({**GIVES, "number": 7}, False),
        ({**GIVES, "fresh": True}, False),
        (CONTESTED, False),
        ({**CONTESTED, "former": "mine"}, True),
        ({"former": "mine", "fresh": False}, False),
    ],
    ids=[
        "nothing",
        "used again, and the id of the cancel tells",
        "used again",
        "used again, an amendment",
        "used again, a list",
        "an order names nothing",
        "it gives the id it names to another itself",
        "named by number",
        "an id made for the cancel tells",
        "contested, another is named",
        "contested, and named",
        "named, and no other request contests it",
    ],
)
def test_a_change_may_have_met_another_order_where_the_id_it_names_was_used_again(
    known: dict[str, Any], may: bool
) -> None:
    token = Token("mine", "BTCUSDT", act=Act.CANCEL, former="first")
    assert replace(token, **known).may_have_met_another is may
