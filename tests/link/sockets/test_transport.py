"""What an HTTP answer to the handshake says, and whether to try again."""

from __future__ import annotations

import pytest

from binance_wsapi import ConnectFailed, SpotClient
from binance_wsapi.environments import local
from binance_wsapi.link.reconnect import worth_retrying
from binance_wsapi.link.sockets.transport import HandshakeRefused
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.streams import MarketStreams
from tests.link.sockets.both import on_each_transport  # noqa: F401 - every test on both transports

PLACE = "Service unavailable from a restricted location according to 'b. Eligibility'"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", ""),
        (PLACE.encode(), PLACE),
        (b'{"code":0,"msg":"' + PLACE.encode() + b'"}', PLACE),
        (b"<html><head><title>410 Gone</title></head></html>", "410 Gone"),
        (b"<html>blocked</html>", ""),
        (b"\xff\x1b]52;c;x\x07 two\r\n lines", "\ufffd\ufffd]52;c;x\ufffd two lines"),
        (b"x" * 100_000, "x" * 300),
        (b"[" * 5_000, "[" * 300),
    ],
)
def test_the_venue_s_reason_is_read_and_made_printable(body: bytes, reason: str) -> None:
    error = HandshakeRefused(451, None, body)
    assert error.reason == reason
    assert str(error) == "the venue answered the connection with HTTP 451" + (f": {reason}" if reason else "")


@pytest.mark.parametrize("status", [400, 404, 410, 418, 429, 500, 502, 503])
def test_other_statuses_are_tried_again(status: int) -> None:
    assert worth_retrying(HandshakeRefused(status, None))


@pytest.mark.parametrize("status", [403, 451])
async def test_a_refusal_that_lasts_ends_connecting_at_once_with_the_reason(status: int) -> None:
    async with LocalExchange(seed=1, market="manual") as exchange:
        exchange.faults.refuse_connects(status, count=50, body=PLACE)
        with pytest.raises(ConnectFailed, match="restricted location"):
            async with SpotClient.local(url=exchange.url):
                pass
        assert len(exchange.truth.attempts) == 1


async def test_market_streams_end_at_once_too() -> None:
    async with LocalExchange(seed=1, market="manual") as exchange:
        exchange.faults.refuse_connects(451, count=50, body=PLACE)
        async with MarketStreams(local(exchange.url)) as streams:
            with pytest.raises(ConnectFailed, match="restricted location"):
                async with streams.trade("BTCUSDT", timeout=5):
                    pass
