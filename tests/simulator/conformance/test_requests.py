"""Every example request of the documentation is accepted over a real socket, or refused as the documentation says."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.simulator.conformance.facts import METHODS, REQUESTS
from tests.simulator.conformance.stage import Stage, stage
from tests.simulator.desk import add_ed25519_key, log_on

Setting = Callable[[Stage], Awaitable[dict[str, Any]]]

ID = "4d96324ff9d44481926157"
LIST_ID = "08985fedd9ea2cf6b28996"
OCO = {
    "symbol": "BTCUSDT",
    "side": "SELL",
    "quantity": "0.1",
    "aboveType": "LIMIT_MAKER",
    "abovePrice": "70000",
    "belowType": "STOP_LOSS",
    "belowStopPrice": "50000",
}


async def _resting(raw: Stage) -> dict[str, Any]:
    await raw.place(newClientOrderId=ID)
    return {}


async def _order(raw: Stage) -> dict[str, Any]:
    return {"orderId": (await raw.place())["orderId"]}


async def _amendable(raw: Stage) -> dict[str, Any]:
    await raw.place(newClientOrderId="my_test_order1", quantity="7")
    return {}


async def _list(raw: Stage) -> dict[str, Any]:
    return {"orderListId": (await raw.must("orderList.place.oco", **OCO))["orderListId"]}


async def _named_list(raw: Stage) -> dict[str, Any]:
    await raw.must("orderList.place.oco", **OCO, listClientOrderId=LIST_ID)
    return {}


async def _text_id(raw: Stage) -> dict[str, Any]:
    return {"orderId": str((await raw.place())["orderId"])}


async def _low_market(raw: Stage) -> dict[str, Any]:
    """The market of the sample is at 23415; sells above it must be possible there."""
    raw.exchange.quote("BTCUSDT", bids=[("23412", "5")], asks=[("23415", "5")])
    raw.exchange.quote("BTCUSDC", bids=[("23412", "5")], asks=[("23415", "5")])
    await raw.place(side="BUY", price="23415")
    return {}


async def _low_and_resting(raw: Stage) -> dict[str, Any]:
    await _low_market(raw)
    return await _resting(raw)


async def _high_market(raw: Stage) -> dict[str, Any]:
    raw.exchange.quote("BTCUSDT", bids=[("102500", "5")], asks=[("102600", "5")])
    await raw.place(side="BUY", price="102600")
    return {}


SETTINGS: dict[int, Setting] = {
    3515: _low_market,
    3986: _low_market,
    4090: _resting,
    4335: _low_and_resting,
    5162: _amendable,
    5312: _resting,
    5456: _low_market,
    6221: _high_market,
    6359: _high_market,
    6536: _list,
    7002: _order,
    7334: _named_list,
    7802: _order,
    7882: _order,
    8043: _text_id,
}
"""What must be there before an example can be sent, and which of its ids are other ones here, by line."""

SIGNING_SAMPLES = frozenset({717, 738, 839, 860, 895, 916, 1016, 1038, 1075, 1096, 1194, 1216})
"""Their point is the signature; the venue's notional and balance of the day are not told."""
REFUSED = {
    # A bitcoin for a tenth of a dollar, and that twice: no filter of today lets it pass (filters.md).
    136: (-1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
    6815: (-1013, "Filter failure: PERCENT_PRICE_BY_SIDE"),
    # In a pair that sells the stop loss must be below (error -1197), and here it is above.
    6002: (-1197, "A stop loss order in a sell OCO must be below."),
}
"""Examples that break a rule that is documented elsewhere."""


@pytest.mark.parametrize("line", sorted(REQUESTS))
@pytest.mark.parity("behaviour", "every example request of the documentation")
async def test_an_example_request_is_accepted_or_refused_as_documented(line: int) -> None:
    request = REQUESTS[line]
    async with stage() as raw:
        if request["method"] == "session.logon":
            key = add_ed25519_key(raw.exchange, api_key="another")
            answer = await log_on(raw, key, "another")
        else:
            changes = await SETTINGS[line](raw) if line in SETTINGS else {}
            answer = await raw.example(request, **changes)
    if line in REFUSED:
        assert (answer["error"]["code"], answer["error"]["msg"]) == REFUSED[line], answer
        assert answer["status"] == 400
    else:
        assert answer["status"] == 200, answer
    if isinstance(request.get("params"), dict) and request["params"].get("returnRateLimits") is False:
        assert "rateLimits" not in answer
    else:
        assert answer["rateLimits"]


@pytest.mark.parametrize("line", sorted(SIGNING_SAMPLES))
async def test_one_wrong_character_in_a_signed_example_is_seen(line: int) -> None:
    request = REQUESTS[line]
    async with stage() as raw:
        params = raw.sign_ahead(request["params"])
        answer = await raw.ask("order.place", {**params, "quantity": params["quantity"] + "0"})
        assert (answer["status"], answer["error"]["code"]) == (400, -1022)
        assert answer["error"]["msg"] == "Signature for this request is not valid."


def test_every_method_has_an_example() -> None:
    assert {each["method"] for each in REQUESTS.values()} == METHODS.keys()


@pytest.mark.parametrize("line", sorted(REQUESTS))
@pytest.mark.parity("behaviour", "method names with v3/ in front")
async def test_a_method_may_be_asked_by_its_version(line: int) -> None:
    """`v3/` in front of the method is the same method ("Request format")."""
    request = REQUESTS[line]
    async with stage(quoted=False) as raw:
        if request["method"].startswith(("session.log", "userDataStream")):
            answer = await raw.ask(f"v3/{request['method']}", {"no": "such"})
            assert answer["error"]["code"] in (-1101, -1104, -1102)
            return
        plain = await raw.example(request)
        versioned = await raw.example({**request, "method": f"v3/{request['method']}"})
        assert versioned["status"] == plain["status"]
        assert versioned.get("error", {}).get("code") == plain.get("error", {}).get("code")
