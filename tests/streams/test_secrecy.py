"""Errors of market streams and books, of every class, hold no frame, key or password."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from binance_wsapi import errors
from binance_wsapi.environments import Environment
from binance_wsapi.link.lifecycle import Failed
from binance_wsapi.link.settings import Settings
from binance_wsapi.streams import MarketStreams, OrderBook
from tests.client.test_every_public_call import what_left
from tests.secrecy import everything_of
from tests.simulation.loop import VirtualLoop
from tests.streams.peer import StreamPeer, play, trade

PASSWORD = "CaNaRyOfStReAmS" + "p" * 20
ARGUMENT = "AwRoNgArGuMeNt" + "a" * 20
"""What a caller gives where a number belongs: the message shows it, and nothing else does."""
TEXT = "CaNaRyOfAvEnUe" + "v" * 20
"""What a peer says, and no error repeats."""

Act = Callable[[StreamPeer, MarketStreams], Awaitable[None]]


async def refused_stream(peer: StreamPeer, streams: MarketStreams) -> None:
    peer.unknown.add("a@trade")
    async with streams.trade("A"):
        raise AssertionError


async def unanswered(peer: StreamPeer, streams: MarketStreams) -> None:
    async def silence(*_: Any) -> None:
        return None

    peer.answer = silence
    async with streams.subscribe("a@trade", timeout=3.0):
        raise AssertionError


async def odd_answer(peer: StreamPeer, streams: MarketStreams) -> None:
    async def odd(_: Any, request: dict[str, Any]) -> dict[str, Any]:
        return {"id": request["id"], "error": {"code": [TEXT], "msg": {TEXT: 1}}}

    peer.answer = odd
    async with streams.subscribe("a@trade", timeout=3.0):
        raise AssertionError


async def not_entered(peer: StreamPeer, streams: MarketStreams) -> None:
    await anext(aiter(streams.trade("A")))


async def refused_while_iterated(peer: StreamPeer, streams: MarketStreams) -> None:
    async with streams.trade("A") as trades:
        for odd in ({"p": TEXT}, {}, {"q": {TEXT: 1}}):
            peer.publish("a@trade", trade("A", 1) | odd)
        await anext(trades)
        peer.unknown.add("a@trade")
        peer.live[0].transport.abort()
        while True:
            await anext(trades)


async def wrongly_made(peer: StreamPeer, streams: MarketStreams) -> None:
    streams.subscribe("a@trade", limit=ARGUMENT)  # type: ignore[call-overload]


async def after_closing(peer: StreamPeer, streams: MarketStreams) -> None:
    await streams.close()
    async with streams.trade("A"):
        raise AssertionError


async def book_without_snapshot(peer: StreamPeer, streams: MarketStreams) -> None:
    async def load(symbol: str, limit: int) -> tuple[int, Any, Any]:
        raise errors.VenueFault(503, -1000, TEXT[:6])

    async with OrderBook(streams, load, "A", timeout=5.0):
        raise AssertionError


async def book_of_no_symbol(peer: StreamPeer, streams: MarketStreams) -> None:
    async def load(symbol: str, limit: int) -> tuple[int, Any, Any]:
        raise errors.BadRequest(400, -1121, "Invalid symbol.")

    async with OrderBook(streams, load, "A", timeout=5.0):
        raise AssertionError


async def book_of_odd_levels(peer: StreamPeer, streams: MarketStreams) -> None:
    async def load(symbol: str, limit: int) -> tuple[int, Any, Any]:
        return 1, [(TEXT, "NaN")], []

    book = OrderBook(streams, load, "A", timeout=25.0)
    async with book:
        raise AssertionError


ACTS: dict[Act, type[BaseException]] = {
    refused_stream: errors.VenueError,
    unanswered: errors.NotConnected,
    odd_answer: errors.NotConnected,
    not_entered: errors.UsageError,
    refused_while_iterated: errors.VenueError,
    wrongly_made: errors.UsageError,
    after_closing: errors.NotConnected,
    book_without_snapshot: errors.NotConnected,
    book_of_no_symbol: errors.BadRequest,
    book_of_odd_levels: errors.NotConnected,
}


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_no_class_of_error_takes_anything_along(act: Act) -> None:
    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        with pytest.raises(errors.WsapiError) as caught:
            await act(peer, streams)
        assert isinstance(caught.value, ACTS[act])
        # The iterator's own frame stays, which holds the subscription and its queue: neither prints what came.
        left = what_left(act.__name__, caught.value)
        assert not [each for each in left if not each.endswith("a frame of binance_wsapi.streams.subscription")]
        text = "\n".join(everything_of(caught.value))
        assert ARGUMENT not in text.replace(f"got {ARGUMENT!r}", "")
        assert TEXT not in text

    play(test)


def test_what_is_told_of_a_message_that_cannot_be_read_holds_none_of_it() -> None:
    told: list[Failed] = []

    async def on_error(event: Failed) -> None:
        told.append(event)

    async def test(loop: VirtualLoop, peer: StreamPeer, streams: MarketStreams) -> None:
        async with streams.trade("A") as trades:
            for odd in ({"p": TEXT}, {"p": "NaN", "s": TEXT}, {"q": {TEXT: 1}}, {"t": TEXT}):
                peer.publish("a@trade", trade("A", 1) | odd)
            peer.publish("a@trade", trade("A", 2))
            assert (await anext(trades)).trade_id == 2  # type: ignore[union-attr]
            await asyncio.sleep(1)
        assert len(told) == 4
        for event in told:
            assert not what_left("on_error", event.error)
            assert TEXT not in "\n".join([repr(event), *everything_of(event.error)])

    play(test, on_error=on_error)


async def test_a_proxy_that_is_not_there_is_told_without_its_password() -> None:
    """Over the machine's own network: a virtual one has no proxies."""
    away = Environment("production", (), ("wss://venue.invalid:9443",), "https://venue.invalid")
    settings = Settings(proxy=f"http://user:{PASSWORD}@127.0.0.1:9", connect_timeout=2.0)
    with pytest.raises(errors.WsapiError) as caught:
        async with MarketStreams(away, settings) as streams, streams.subscribe("a@trade", timeout=1.0):
            raise AssertionError
    assert not what_left("proxy", caught.value)
    assert PASSWORD not in "\n".join(everything_of(caught.value))
