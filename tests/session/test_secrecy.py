"""No secret shows itself: not in a log at any level, not in a repr, not in an exception, whatever goes wrong."""

from __future__ import annotations

import asyncio
import gc
import logging
from traceback import TracebackException
from typing import Any

import pytest

from binance_wsapi.errors import WsapiError
from binance_wsapi.keys import Ed25519Key, HmacKey
from binance_wsapi.keys.base import Key
from binance_wsapi.link.lifecycle import Message
from binance_wsapi.link.settings import Settings
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.wire.endpoint import Auth, Endpoint, Security
from tests.secrecy import everything_of
from tests.session.test_faults_in_virtual_time import NONSENSE, ORDER, PARAMS, READ, make, silence
from tests.simulation.house import exchange_and_client
from tests.simulation.loop import VirtualLoop, run
from tests.simulation.peer import Peer

CANARY = "cAnArYsEcReT" + "q" * 52
API_KEY = "cAnArYaPiKeY" + "z" * 52
SUBSCRIBE: Endpoint[Any] = Endpoint(
    "userDataStream.subscribe.signature", dict[str, Any], security=Security.USER_STREAM, auth=Auth.SIGNATURE,
    replay_safe=False,
)  # fmt: skip


def keys() -> list[Any]:
    return [HmacKey(API_KEY, CANARY), Ed25519Key.generate(api_key=API_KEY)]


def listen(caplog: pytest.LogCaptureFixture) -> None:
    """Hear everything the client may say, but not its peer, which is a server of the same library."""
    caplog.set_level(logging.INFO, "websockets.server")
    caplog.set_level(logging.DEBUG)


@pytest.mark.parametrize("key", keys(), ids=["hmac", "ed25519"])
def test_a_life_full_of_faults_leaks_nothing(
    key: Any, caplog: pytest.LogCaptureFixture, objects_of_the_test: None
) -> None:
    listen(caplog)
    seen: list[str] = []
    signatures: set[str] = set()

    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:
            session = make(loop, peer, Settings(recv_window=2500), key)
            await session.start()

            async def watch() -> None:
                async for event in session.events():
                    seen.append(repr(event))

            watcher = asyncio.ensure_future(watch())

            async def attempt(endpoint: Endpoint[Any], params: dict[str, Any]) -> None:
                try:
                    await session.call(endpoint, params)
                except WsapiError as error:
                    seen.extend(everything_of(error))

            async def refuse(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
                await peer.refuse(connection, request["id"], 400, -1022, "Signature for this request is not valid.")

            async def nonsense(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
                for frame in NONSENSE[:8]:
                    await connection.send(frame)
                connection.transport.abort()

            async def garbled(peer: Peer, connection: Any, request: dict[str, Any]) -> str:
                return "not an object"

            async def revoke(peer: Peer, connection: Any, request: dict[str, Any]) -> None:
                await peer.refuse(connection, None, 401, -2015, "Invalid API-key, IP, or permissions for action.")

            for handler in (refuse, nonsense, silence, garbled, revoke):
                peer.answers["order.place"] = peer.answers["userDataStream.subscribe.signature"] = handler
                await attempt(ORDER, PARAMS)
                await attempt(SUBSCRIBE, {})
                await attempt(ORDER, {"symbol": "A&B=C"})
                await attempt(ORDER, {"quantity": 0.1})
            await attempt(READ, {})
            for frame in peer.frames:
                signature = frame[1].get("params", {}).get("signature")
                if signature:
                    signatures.add(signature)
            for thing in gc.get_objects():
                if str(type(thing).__module__).startswith("binance_wsapi") and not isinstance(thing, Key):
                    seen.append(repr(thing))
                    if hasattr(thing, "__dict__"):
                        seen.append(repr(vars(thing)))
            seen.append(repr(session.settings))
            await session.close()
            await watcher

    run(main)
    assert signatures, "nothing was signed: the test proves nothing"
    text = "\n".join((*seen, caplog.text, *(repr(vars(record)) for record in caplog.records)))
    assert CANARY not in text
    assert API_KEY not in text
    for signature in signatures:
        assert signature not in text


def test_a_hook_that_raises_is_logged_without_the_text_it_was_given(caplog: pytest.LogCaptureFixture) -> None:
    """The reply to a logon names the API key, and an error reporter prints the variables of the hook's frame."""
    listen(caplog)
    given: list[Message] = []

    async def hook(event: Message) -> None:
        given.append(event)
        raise KeyError("of the user's")

    async def main(loop: VirtualLoop) -> None:
        key = Ed25519Key.generate(api_key=API_KEY)
        exchange = LocalExchange(market="manual")
        exchange.register_key(API_KEY, "ed25519", public_pem=key.public_pem())
        async with exchange_and_client(loop, key=key, exchange=exchange, on_message=hook) as (_, client):
            await client.ping()

    run(main)
    assert any(API_KEY.encode() in each.data for each in given)
    told = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert told
    for error in told:
        assert error is not None
        assert API_KEY not in "".join(TracebackException.from_exception(error, capture_locals=True).format())


def test_frames_are_not_logged_at_any_level_of_the_application(caplog: pytest.LogCaptureFixture) -> None:
    """`websockets` prints frames at DEBUG; the library gives it a logger that does not."""
    listen(caplog)

    async def main(loop: VirtualLoop) -> None:
        async with Peer() as peer:
            session = make(loop, peer, key=HmacKey(API_KEY, CANARY))
            await session.start()
            await session.call(ORDER, {"symbol": "B"})
            await session.close()
            assert peer.sent("order.place")[0]["params"]["apiKey"] == API_KEY

    run(main)
    assert "TEXT" not in caplog.text
    assert API_KEY not in caplog.text
