"""Every public call, failing in every way: the error says which call it was of, and shows no key, signature or parameter."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any

import pytest

from binance_wsapi import Ed25519Key, HmacKey, Settings, SpotClient, endpoints
from binance_wsapi.environments import local
from binance_wsapi.errors import NotSent, OutcomeUnknown, UsageError, VenueError, WsapiError
from tests.conformance.catalogue import PYTHON_NAMES
from tests.simulation.house import runtime
from tests.simulation.loop import VirtualLoop, run
from tests.simulation.peer import Peer

API_KEY = "canaryApiKey" + "7" * 52
SECRET = "canarySecret" + "8" * 52
KEYS: dict[str, Ed25519Key | HmacKey] = {
    "ed25519": Ed25519Key.generate(api_key=API_KEY),
    "hmac": HmacKey(API_KEY, SECRET),
}
PRICE = "50123.45678"

ARGUMENTS: dict[str, Any] = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "interval": "1m", "from_id": 1, "order_id": 1,
    "new_qty": "0.7654321", "quantity": "0.7654321", "price": PRICE, "cancel_replace_mode": "ALLOW_FAILURE",
    "above_type": "LIMIT_MAKER", "below_type": "STOP_LOSS", "working_type": "LIMIT", "working_side": "BUY",
    "working_quantity": "0.7654321", "pending_type": "LIMIT", "pending_side": "SELL", "pending_above_type": "LIMIT_MAKER",
    "pending_quantity": "0.7654321", "working_price": PRICE, "time_in_force": "GTC", "working_time_in_force": "GTC",
    "pending_time_in_force": "GTC", "stop_price": PRICE, "above_price": PRICE, "below_stop_price": PRICE,
    "pending_price": PRICE, "pending_above_price": PRICE, "cancel_order_id": 1, "order_list_id": 1,
    "prevented_match_id": 1,
}  # fmt: skip
SHOWN_NOWHERE = (API_KEY, SECRET, PRICE, "0.7654321", "signature=")

WAYS = {
    "refused": (VenueError,),
    "limited": (VenueError,),
    "after that": (NotSent,),
    "broken inside": (OutcomeUnknown,),
    "cut off": (OutcomeUnknown, NotSent),
    "not answered": (OutcomeUnknown,),
    "answered with nonsense": (WsapiError,),
    "closed": (NotSent,),
    "no time": (UsageError,),
}


def arguments(name: str, **more: Any) -> dict[str, Any]:
    """Return what a method cannot do without, and what an order cannot, a price above all."""
    known = inspect.signature(getattr(SpotClient, name)).parameters
    needed = {each.name for each in list(known.values())[1:] if each.default is each.empty}
    return {each: ARGUMENTS[each] for each in needed | (set(ARGUMENTS) & set(known))} | more


async def fail(peer: Peer, client: SpotClient, way: str, method: str, call: Any) -> Exception | None:
    """Make a call that goes wrong in this way; return what it raised."""

    async def answer(peer: Peer, connection: Any, request: dict[str, Any]) -> Any:
        if way == "refused":
            await peer.refuse(connection, request["id"], 400, -1101, "Too many parameters sent for this endpoint.")
        elif way in ("limited", "after that"):
            await peer.refuse(connection, request["id"], 429, -1003, "Too much request weight used; ...")
        elif way == "broken inside":
            await peer.refuse(connection, request["id"], 503, -1000, "An unknown error occurred ...")
        elif way == "cut off":
            connection.transport.abort()
        elif way == "answered with nonsense":
            return 5
        return None

    peer.answers[method] = answer
    try:
        await call
    except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at
        return error
    finally:
        del peer.answers[method]
    return None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("key", KEYS)
def test_an_error_says_which_call_it_was_of_and_shows_nothing_else(key: str, way: str) -> None:
    async def main(loop: VirtualLoop) -> None:
        failed = set()
        for method, name in sorted(PYTHON_NAMES.items()):
            async with Peer() as peer:
                where = replace(local(peer.url), rest="")
                async with SpotClient(
                    where, KEYS[key], Settings(limit_policy="raise"), runtime=runtime(loop)
                ) as client:
                    if way == "closed":
                        await client.close()
                    more: dict[str, Any] = {"timeout": 0 if way == "no time" else 1}
                    if way == "after that":
                        await fail(peer, client, way, method, getattr(client, name)(**arguments(name, **more)))
                    error = await fail(peer, client, way, method, getattr(client, name)(**arguments(name, **more)))
                    client._tracked._fresh.clear()
            if error is None:
                continue
            failed.add(method)
            assert isinstance(error, WsapiError), (method, error)
            assert isinstance(error, (*WAYS[way], UsageError)), (method, error)
            assert error.method == method
            if endpoints()[method].client_ids:
                assert error.client_order_id, (method, error)
            if isinstance(error, VenueError | OutcomeUnknown) or way == "answered with nonsense":
                assert error.request_id or isinstance(error, UsageError | NotSent), (method, error)
            told = " ".join((str(error), repr(error), repr(error.args), repr(vars(error)), repr(error.__cause__)))
            assert not [each for each in SHOWN_NOWHERE if each in told], (method, told)
        assert len(failed) >= len(PYTHON_NAMES) - 3

    run(main)
