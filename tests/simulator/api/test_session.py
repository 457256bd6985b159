"""Sessions: envelope, log-on, signatures, time, subscriptions, keeping alive."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK

from binance_wsapi.simulator import Clock, LocalExchange
from binance_wsapi.simulator.access.auth import KeyRing, payload
from tests.simulation.loop import VirtualLoop, run
from tests.simulator.desk import SECRET, Raw, add_ed25519_key, add_hmac_key, log_on

ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "5"}


@pytest.mark.parametrize("identity", [1, "x", "", None, -7, 2**70])
@pytest.mark.parity("behaviour", "request ids are echoed in their type")
async def test_an_id_comes_back_as_it_was_sent(identity: Any) -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        await raw.socket.send(json.dumps({"id": identity, "method": "v3/ping"}))
        answer = await raw.receive()
        assert (answer["id"], answer["status"], answer["result"]) == (identity, 200, {})
        assert type(answer["id"]) is type(identity)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", -1135),
        ("[]", -1135),
        ('"ping"', -1135),
        (b"{}", -1135),
        ("[" * 100_000, -1135),
        ('{"id": 1, "method": NaN}', -1135),
        ('{"id": 1}', -1102),
        ('{"id": 1, "method": 5}', -1102),
        ('{"id": 1.5, "method": "ping"}', -1130),
        ('{"id": true, "method": "ping"}', -1130),
        ('{"id": 1, "method": "ping", "params": []}', -1135),
        ('{"id": 1, "method": "ping", "more": 1}', -1104),
        ('{"id": 1, "id": 2, "method": "ping"}', -1101),
    ],
)
@pytest.mark.parity("behaviour", "broken JSON and wrong frames get an error and the connection lives")
async def test_a_malformed_request_is_refused_and_the_connection_lives(frame: str | bytes, code: int) -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        await raw.socket.send(frame)
        answer = await raw.receive()
        assert (answer["status"], answer["error"]["code"]) == (400, code)
        assert await raw.get("ping") == {}


@pytest.mark.parity("behaviour", "signatures: Ed25519, HMAC and RSA")
def test_the_documented_hmac_signature_is_accepted() -> None:
    """The keys and the signature are those of "SIGNED request example (HMAC)"."""
    ring = KeyRing()
    name = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A"
    ring.register(name, "hmac", "alice", secret="NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j")
    params = {
        "symbol": "BTCUSDT",
        "side": "SELL",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.01000000",
        "price": "52000.00",
        "recvWindow": 100,
        "timestamp": 1645423376532,
        "apiKey": name,
        "signature": "aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24",
    }
    assert ring.authenticate(params).account == "alice"
    assert ring.authenticate({**params, "signature": str(params["signature"]).upper()}).account == "alice"


def test_the_signed_text_is_sorted_unescaped_and_keeps_numbers_as_written() -> None:
    params = {"symbol": "这是测试币USDT", "b": True, "a": 5, "Z": "x=&y", "signature": "no"}
    assert payload(params) == "Z=x=&y&a=5&b=true&symbol=这是测试币USDT".encode()


@pytest.mark.parity("behaviour", "signatures: Ed25519, HMAC and RSA")
async def test_an_rsa_key_signs_requests_but_does_not_log_on() -> None:
    key = rsa.generate_private_key(65537, 2048)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        exchange.register_key("rsa", "rsa", public_pem=pem)

        def sign(params: dict[str, Any]) -> dict[str, Any]:
            full = {**params, "apiKey": "rsa", "timestamp": exchange.clock.now_ms()}
            signature = key.sign(payload(full), padding.PKCS1v15(), SHA256())
            return {**full, "signature": base64.b64encode(signature).decode()}

        assert (await raw.ask("account.status", sign({})))["status"] == 200
        assert (await raw.ask("session.logon", sign({})))["status"] == 400
        assert (await raw.get("session.status"))["apiKey"] is None


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"signature": "0" * 64}, 400, -1022),
        ({"signature": ""}, 400, -1102),
        ({"apiKey": "nobody"}, 401, -2015),
        ({"apiKey": "not a key"}, 400, -2014),
        ({"omitZeroBalances": "true"}, 400, -1022),
    ],
)
async def test_a_request_that_was_not_signed_like_this_is_refused(
    change: dict[str, Any], status: int, code: int
) -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        answer = await raw.ask("account.status", {**raw.sign({}), **change})
        assert (answer["status"], answer["error"]["code"]) == (status, code)


@pytest.mark.parity("behaviour", "permissions of keys")
async def test_a_key_only_does_what_it_is_permitted() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        exchange.register_key("reader", "hmac", secret=SECRET, permissions=["USER_DATA"])
        assert (await raw.signed("account.status", api_key="reader"))["status"] == 200
        answer = await raw.signed("order.place", api_key="reader", **ORDER)
        assert (answer["status"], answer["error"]["code"]) == (401, -2015)
        assert (await raw.signed("userDataStream.subscribe.signature", api_key="reader"))["status"] == 401


@pytest.mark.parametrize(
    ("offset_ms", "window", "msg"),
    [
        (0, None, None),
        (900, None, None),
        (1100, None, "Timestamp for this request was 1000ms ahead of the server's time."),
        (-4500, None, None),
        (-5100, None, "Timestamp for this request is outside of the recvWindow."),
        (-5100, 6000, None),
        (-600, "500.5", "Timestamp for this request is outside of the recvWindow."),
    ],
)
@pytest.mark.parity("behaviour", "recvWindow is checked on arrival and in front of the engine")
async def test_a_request_is_valid_for_its_window(offset_ms: int, window: Any, msg: str | None) -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        params: dict[str, Any] = {"timestamp": exchange.clock.now_ms() + offset_ms}
        if window is not None:
            params["recvWindow"] = window
        answer = await raw.ask("account.status", raw.sign(params))
        assert (answer["error"]["msg"] if msg else answer["status"]) == (msg or 200)
        if msg:
            assert answer["error"]["code"] == -1021


@pytest.mark.parity("behaviour", "a timestamp in milliseconds or microseconds")
async def test_a_timestamp_may_be_in_microseconds() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        assert (await raw.ask("account.status", raw.sign({"timestamp": exchange.clock.now_us()})))["status"] == 200


async def test_a_stepping_clock_makes_requests_wrong_and_right_again() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        good = exchange.clock.now_ms()
        for step, status in ((3600, 400), (-3600, 200), (-10, 400)):
            exchange.clock.step(step)
            assert (await raw.ask("account.status", raw.sign({"timestamp": good})))["status"] == status


@pytest.mark.parity("behaviour", "logon, second logon, logout, explicit keys on a logged-on session")
async def test_a_logged_on_session_needs_no_signature_but_obeys_a_sent_signature() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        await log_on(raw, add_ed25519_key(exchange))
        add_hmac_key(exchange, api_key="bob", account="bob")
        now = exchange.clock.now_ms()
        mine = await raw.get("account.status", {"timestamp": now})
        assert {row["asset"]: row["free"] for row in mine["balances"]}["BTC"] == "100.00000000"
        other = (await raw.signed("account.status", api_key="bob"))["result"]
        assert {row["asset"]: row["free"] for row in other["balances"]}["BTC"] == "0.00000000"
        status = await raw.get("session.logout")
        assert (status["apiKey"], status["authorizedSince"]) == (None, None)
        assert (await raw.ask("account.status", {"timestamp": now}))["error"]["code"] == -1102


@pytest.mark.parity("behaviour", "subscriptions by logon and by signature, and their end")
@pytest.mark.parity("behaviour", "logon, second logon, logout, explicit keys on a logged-on session")
@pytest.mark.parity("user data event", "eventStreamTerminated")
async def test_logout_ends_the_subscription_of_the_logon_and_leaves_the_signed_one() -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        await log_on(raw, add_ed25519_key(exchange))
        add_hmac_key(exchange, api_key="bob", account="bob")
        assert await raw.get("userDataStream.subscribe") == {"subscriptionId": 0}
        answer = await raw.ask("userDataStream.subscribe", {})
        assert answer["error"]["code"] == -2035
        assert (await raw.signed("userDataStream.subscribe.signature", api_key="bob"))["result"] == {
            "subscriptionId": 1
        }
        assert (await raw.get("session.logout"))["userDataStream"] is True
        assert (await raw.event("eventStreamTerminated"))["e"] == "eventStreamTerminated"
        assert await raw.get("session.subscriptions") == [{"subscriptionId": 1}]
        exchange.deposit("bob", "BTC", "1")
        assert (await raw.event("balanceUpdate"))["d"] == "1.00000000"
        exchange.withdraw("bob", "BTC", "1")
        assert (await raw.event("balanceUpdate"))["d"] == "-1.00000000"


@pytest.mark.parity("behaviour", "events come before or after the answer they belong to")
async def test_events_come_before_or_after_their_answer_but_always_in_order() -> None:
    seen = set()
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        add_hmac_key(exchange)
        await raw.signed("userDataStream.subscribe.signature")
        exchange.quote("BTCUSDT", asks=[("5", "100")])
        for _ in range(20):
            identity = await raw.send("order.place", raw.sign(ORDER))
            frames = [await raw.receive() for _ in range(4)]
            seen.add([frame.get("id") for frame in frames].index(identity))
            events = [frame["event"] for frame in frames if "event" in frame]
            assert [event.get("x") for event in events] == ["NEW", "TRADE", None]
    assert seen >= {0, 3}


@pytest.mark.parity("behaviour", "timeUnit in the URL")
async def test_microseconds_are_an_option_of_the_url() -> None:
    async with LocalExchange(market="manual", clock=Clock(1_767_225_600_000)) as exchange:
        async with Raw(exchange, url=exchange.url + "?timeUnit=MICROSECOND") as raw:
            assert len(str((await raw.get("time"))["serverTime"])) == 16
        async with Raw(exchange) as raw:
            assert len(str((await raw.get("time"))["serverTime"])) == 13


@pytest.mark.parity("behaviour", "pings every 20 seconds, cut after a minute, closed after a day")
def test_a_ping_comes_every_twenty_seconds_and_who_does_not_answer_is_cut_after_a_minute() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual") as exchange, Raw(exchange) as good, Raw(exchange) as bad:
            bad.socket.transport.pause_reading()
            start = loop.time()
            await asyncio.sleep(59)
            assert await good.get("ping") == {}
            assert not loop.network.links[1].down.lost
            await asyncio.sleep(2)
            assert loop.network.links[1].down.lost
            await asyncio.sleep(300)
            assert await good.get("ping") == {}
            assert loop.time() - start > 360
            bad.socket.transport.resume_reading()
            with pytest.raises(ConnectionClosedError):
                await bad.receive()

    run(life)


@pytest.mark.parity("behaviour", "pings every 20 seconds, cut after a minute, closed after a day")
def test_a_connection_ends_after_a_day(no_log: None) -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual", lifetime=86_400) as exchange, Raw(exchange) as raw:
            await asyncio.sleep(86_399)
            assert await raw.get("ping") == {}
            await asyncio.sleep(2)
            with pytest.raises(ConnectionClosedOK):
                await raw.receive()

    run(life)


@pytest.mark.parity("behaviour", "recvWindow is checked on arrival and in front of the engine")
def test_a_request_that_waits_too_long_for_the_engine_is_refused() -> None:
    async def life(loop: VirtualLoop) -> None:
        async with LocalExchange(market="manual", queue_delay=(0.2, 0.4)) as exchange, Raw(exchange) as raw:
            add_hmac_key(exchange)
            assert (await raw.signed("order.place", **ORDER, newClientOrderId="a"))["status"] == 200
            answer = await raw.signed("order.place", **ORDER, newClientOrderId="b", recvWindow=150)
            assert answer["error"]["code"] == -1021
            assert exchange.truth.orders["b"] == []
            rows = (await raw.signed("account.rateLimits.orders"))["result"]
            assert rows[0]["count"] == 2, "a late refusal costs an unfilled order"

    run(life)


def test_the_same_seed_gives_the_same_frames() -> None:
    def frames(seed: int) -> list[Any]:
        async def life(loop: VirtualLoop) -> list[Any]:
            async with LocalExchange(seed=seed, market="live", queue_delay=(0, 0.1)) as exchange, Raw(exchange) as raw:
                add_hmac_key(exchange)
                await raw.signed("userDataStream.subscribe.signature")
                for _ in range(5):
                    await raw.signed("order.place", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01")
                    await asyncio.sleep(1)
                return [(frame.direction, frame.time, frame.data) for frame in exchange.truth.frames]

        return run(life, seed=9)

    assert frames(3) == frames(3)
    assert frames(3) != frames(4)


@pytest.mark.parity("behaviour", "1,000 active subscriptions and 65,535 ever on one connection")
async def test_a_connection_has_a_thousand_subscriptions_at_a_time_and_65535_ever(no_log: None) -> None:
    async with LocalExchange(market="manual") as exchange, Raw(exchange) as raw:
        for number in range(1001):
            add_hmac_key(exchange, api_key=f"key{number}", account=f"account{number}")

        async def subscribe(number: int) -> dict[str, Any]:
            return await raw.signed("userDataStream.subscribe.signature", api_key=f"key{number}")

        for number in range(1000):
            assert (await subscribe(number))["result"] == {"subscriptionId": number}
        refused = await subscribe(1000)
        assert (refused["status"], refused["error"]["code"]) == (400, -2035)
        assert len(await raw.get("session.subscriptions")) == 1000
        exchange.deposit("account999", "BTC", "1")
        assert (await raw.event("balanceUpdate"))["d"] == "1.00000000"

        await raw.get("userDataStream.unsubscribe", {"subscriptionId": 7})
        assert (await subscribe(1000))["result"] == {"subscriptionId": 1000}
        await raw.get("userDataStream.unsubscribe", {"subscriptionId": 1000})
        exchange.set_limits({"subscriptions_ever": 1002})
        assert (await subscribe(1000))["result"] == {"subscriptionId": 1001}
        await raw.get("userDataStream.unsubscribe", {"subscriptionId": 1001})
        assert (await subscribe(1000))["error"]["code"] == -2042
        async with Raw(exchange) as other:
            answer = await other.signed("userDataStream.subscribe.signature", api_key="key1000")
            assert answer["result"] == {"subscriptionId": 0}
