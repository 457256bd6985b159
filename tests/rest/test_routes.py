"""Every method that REST serves: its path, its query, its signature. And every other: refused before a byte is sent."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest
import respx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from binance_wsapi.api.spot.rest_routes import ROUTES
from binance_wsapi.errors import NotConnected, UsageError
from binance_wsapi.keys import Ed25519Key, HmacKey, RsaKey
from binance_wsapi.link.settings import Settings
from binance_wsapi.rest import RestReader
from binance_wsapi.wire.caller import Caller, CallOptions
from binance_wsapi.wire.endpoint import Endpoint, Security, TimeUnit
from tests.rest.support import (
    API_KEY,
    ASKED,
    KEY,
    ORDER,
    PING,
    SECRET,
    VENUE_MS,
    World,
    error,
    hmac_of,
    reader,
    split,
)

# Method, path, parameters, the query they become. Paths and parameters from the REST API document, July 2026.
PUBLIC: list[tuple[str, str, dict[str, Any], str]] = [
    ("ping", "ping", {}, ""),
    ("time", "time", {}, ""),
    ("exchangeInfo", "exchangeInfo", {"symbols": ["BNBBTC", "BTCUSDT"]}, "symbols=%5B%22BNBBTC%22%2C%22BTCUSDT%22%5D"),
    ("exchangeInfo", "exchangeInfo", {"permissions": ["MARGIN"], "showPermissionSets": False},
     "permissions=%5B%22MARGIN%22%5D&showPermissionSets=false"),
    ("executionRules", "executionRules", {"symbolStatus": "TRADING"}, "symbolStatus=TRADING"),
    ("depth", "depth", {"symbol": "１２３４５６", "limit": 5},
     "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&limit=5"),
    ("trades.recent", "trades", {"symbol": "BTCUSDT", "limit": 1}, "symbol=BTCUSDT&limit=1"),
    ("trades.historical", "historicalTrades", {"symbol": "BTCUSDT", "fromId": 7}, "symbol=BTCUSDT&fromId=7"),
    ("blockTrades.historical", "historicalBlockTrades", {"symbol": "BTCUSDT", "fromId": 0}, "symbol=BTCUSDT&fromId=0"),
    ("trades.aggregate", "aggTrades", {"symbol": "BTCUSDT", "startTime": 10**11}, "symbol=BTCUSDT&startTime=100000000000"),
    ("klines", "klines", {"symbol": "BTCUSDT", "interval": "1M", "timeZone": "-1:00"},
     "symbol=BTCUSDT&interval=1M&timeZone=-1%3A00"),
    ("uiKlines", "uiKlines", {"symbol": "BTCUSDT", "interval": "1m"}, "symbol=BTCUSDT&interval=1m"),
    ("avgPrice", "avgPrice", {"symbol": "BTCUSDT"}, "symbol=BTCUSDT"),
    ("ticker.24hr", "ticker/24hr", {"symbol": "BTCUSDT", "type": "MINI"}, "symbol=BTCUSDT&type=MINI"),
    ("ticker.tradingDay", "ticker/tradingDay", {"symbols": ["A"]}, "symbols=%5B%22A%22%5D"),
    ("ticker.price", "ticker/price", {}, ""),
    ("ticker.book", "ticker/bookTicker", {"symbol": None}, ""),
    ("ticker", "ticker", {"symbol": "BTCUSDT", "windowSize": "7d"}, "symbol=BTCUSDT&windowSize=7d"),
    ("referencePrice", "referencePrice", {"symbol": "BAZUSD"}, "symbol=BAZUSD"),
    ("referencePrice.calculation", "referencePrice/calculation", {"symbol": "BAZUSD"}, "symbol=BAZUSD"),
]  # fmt: skip
PRIVATE: list[tuple[str, str, dict[str, Any], str]] = [
    ("account.status", "account", {"omitZeroBalances": True}, "omitZeroBalances=true"),
    ("order.status", "order", {"symbol": "LTCBTC", "origClientOrderId": "a:/b_-C"},
     "symbol=LTCBTC&origClientOrderId=a%3A%2Fb_-C"),
    ("openOrders.status", "openOrders", {"symbol": "LTCBTC"}, "symbol=LTCBTC"),
    ("allOrders", "allOrders", {"symbol": "LTCBTC", "limit": 3, "orderId": 1}, "symbol=LTCBTC&limit=3&orderId=1"),
    ("orderList.status", "orderList", {"orderListId": 27}, "orderListId=27"),
    ("openOrderLists.status", "openOrderList", {}, ""),
    ("allOrderLists", "allOrderList", {"fromId": 2}, "fromId=2"),
    ("myTrades", "myTrades", {"symbol": "BNBBTC"}, "symbol=BNBBTC"),
    ("account.rateLimits.orders", "rateLimit/order", {}, ""),
    ("myPreventedMatches", "myPreventedMatches", {"symbol": "A", "orderId": 5}, "symbol=A&orderId=5"),
    ("myAllocations", "myAllocations", {"symbol": "A"}, "symbol=A"),
    ("account.commission", "account/commission", {"symbol": "A"}, "symbol=A"),
    ("order.amendments", "order/amendments", {"symbol": "A", "orderId": 9}, "symbol=A&orderId=9"),
    ("myFilters", "myFilters", {"symbol": "A", "recvWindow": 1234}, "symbol=A&recvWindow=1234"),
]  # fmt: skip
# The rest of the catalogue of 55: what changes something, and what is about a WebSocket connection.
REFUSED = [
    "session.logon", "session.status", "session.logout",
    "order.place", "order.test", "order.cancel", "order.cancelReplace", "order.amend.keepPriority",
    "openOrders.cancelAll", "orderList.place", "orderList.place.oco", "orderList.place.oto", "orderList.place.otoco",
    "orderList.place.opo", "orderList.place.opoco", "orderList.cancel", "sor.order.place", "sor.order.test",
    "userDataStream.subscribe", "userDataStream.unsubscribe", "session.subscriptions",
    "userDataStream.subscribe.signature",
]  # fmt: skip


def endpoint(method: str, security: Security = Security.NONE) -> Endpoint[Any]:
    return Endpoint(method, Any, security=security)


def with_time(router: respx.Router) -> None:
    router.get("/api/v3/time").respond(json={"serverTime": VENUE_MS})


def test_the_tables_of_this_test_are_the_whole_catalogue() -> None:
    served = {row[0] for row in PUBLIC + PRIVATE}
    assert served == set(ROUTES)
    assert len(served) + len(REFUSED) == 55
    assert served.isdisjoint(REFUSED)


@pytest.mark.parametrize(("method", "path", "params", "query"), PUBLIC, ids=[row[0] for row in PUBLIC])
async def test_a_public_method_is_an_unsigned_get(method: str, path: str, params: Any, query: str) -> None:
    with respx.mock(base_url="https://venue.test") as router:
        route = router.get(f"/api/v3/{path}").respond(json={"rateLimits": [], "x": 1})
        async with reader() as rest:
            assert await rest.call(endpoint(method), params) == {"rateLimits": [], "x": 1}
    request = route.calls.last.request
    assert request.url.raw_path.decode() == f"/api/v3/{path}" + (f"?{query}" if query else "")
    assert request.method == "GET"
    assert "x-mbx-apikey" not in request.headers
    assert request.read() == b""


@pytest.mark.parametrize(("method", "path", "params", "query"), PRIVATE, ids=[row[0] for row in PRIVATE])
async def test_a_private_method_signs_exactly_the_encoded_query_it_sends(
    method: str, path: str, params: Any, query: str
) -> None:
    with respx.mock(base_url="https://venue.test") as router:
        with_time(router)
        route = router.get(f"/api/v3/{path}").respond(json=[1, "two"])
        async with reader() as rest:
            assert await rest.call(endpoint(method, Security.USER_DATA), params) == [1, "two"]
    request = route.calls.last.request
    raw_path, _, raw_query = request.url.raw_path.decode().partition("?")
    payload, signature = split(raw_query)
    assert raw_path == f"/api/v3/{path}"
    assert signature == hmac_of(payload)
    head, _, stamp = payload.rpartition("timestamp=")
    assert head == (f"{query}&" if query else "")
    assert 0 <= int(stamp) - VENUE_MS < 60_000, "the timestamp is the venue's time, not this machine's"
    assert request.headers["x-mbx-apikey"] == API_KEY
    assert API_KEY not in raw_query
    assert request.method == "GET"


@pytest.mark.parametrize("method", [*REFUSED, "order", "v3/order.status", "ping ", "", "../order"])
async def test_every_other_method_is_refused_before_anything_is_sent(method: str) -> None:
    with respx.mock(base_url="https://venue.test", assert_all_called=False) as router:
        everything = router.route().respond(json={})
        async with reader() as rest:
            for security in (Security.NONE, Security.TRADE, Security.USER_DATA):
                with pytest.raises(UsageError, match="only reads"):
                    await rest.call(endpoint(method, security), {"symbol": "BTCUSDT"})
        assert not everything.called


async def test_an_ed25519_signature_holds_for_what_was_sent() -> None:
    key = Ed25519Key.generate(api_key=API_KEY)
    payload, signature = await signed_with(key)
    assert "+" in signature or "/" in signature or "=" in signature, "percent-encoding was not needed"
    public = key._private_key.public_key()
    assert isinstance(public, Ed25519PublicKey)
    public.verify(base64.b64decode(signature, validate=True), payload.encode())


async def test_an_rsa_signature_holds_for_what_was_sent() -> None:
    key = RsaKey.generate(api_key=API_KEY)
    payload, signature = await signed_with(key)
    public = key._private_key.public_key()
    assert isinstance(public, RSAPublicKey)
    public.verify(base64.b64decode(signature, validate=True), payload.encode(), padding.PKCS1v15(), hashes.SHA256())


async def test_a_key_that_has_to_be_waited_for_is_awaited() -> None:
    asked: list[bytes] = []

    class Remote:
        api_key = API_KEY
        can_log_on = False

        async def sign_async(self, payload: bytes) -> str:
            asked.append(payload)
            return "a+b/c="

        def sign(self, payload: bytes) -> str:
            raise AssertionError("a key that is both is awaited")

    payload, signature = await signed_with(Remote())
    assert asked == [payload.encode()]
    assert signature == "a+b/c="


async def signed_with(key: Any) -> tuple[str, str]:
    with respx.mock(base_url="https://venue.test") as router:
        with_time(router)
        route = router.get("/api/v3/order").respond(json={})
        async with reader(key) as rest:
            await rest.call(ORDER, ASKED)
    return split(route.calls.last.request.url.query.decode())


async def test_one_call_can_be_signed_with_another_key() -> None:
    with respx.mock(base_url="https://venue.test") as router:
        with_time(router)
        route = router.get("/api/v3/order").respond(json={})
        async with reader(HmacKey("z" * 64, "other")) as rest:
            await rest.call(ORDER, ASKED, CallOptions(key=KEY))
    request = route.calls.last.request
    payload, signature = split(request.url.query.decode())
    assert request.headers["x-mbx-apikey"] == API_KEY
    assert signature == hmac_of(payload)


async def test_the_receive_window_of_the_settings_is_signed_unless_the_call_has_its_own() -> None:
    with respx.mock(base_url="https://venue.test") as router:
        with_time(router)
        route = router.get("/api/v3/order").respond(json={})
        async with reader(settings=Settings(recv_window=2500)) as rest:
            await rest.call(ORDER, {"symbol": "A", "orderId": 1})
            await rest.call(ORDER, {"symbol": "A", "recvWindow": 40, "orderId": 1})
    first, second = (split(call.request.url.query.decode())[0] for call in route.calls)
    assert first.startswith("symbol=A&orderId=1&recvWindow=2500&timestamp=")
    assert second.startswith("symbol=A&recvWindow=40&orderId=1&timestamp=")


async def test_microseconds_are_asked_for_in_a_header_and_understood() -> None:
    with respx.mock(base_url="https://venue.test") as router:
        time = router.get("/api/v3/time").respond(json={"serverTime": VENUE_MS * 1000})
        route = router.get("/api/v3/order").respond(json={})
        async with reader(settings=Settings(time_unit=TimeUnit.MICROSECOND)) as rest:
            await rest.call(ORDER, ASKED)
            assert 0 <= rest.now_ms() - VENUE_MS < 60_000
    for made in (time, route):
        assert made.calls.last.request.headers["x-mbx-time-unit"] == "microsecond"
    stamp = int(split(route.calls.last.request.url.query.decode())[0].rpartition("=")[2])
    assert 0 <= stamp - VENUE_MS < 60_000


async def test_milliseconds_need_no_header() -> None:
    with respx.mock(base_url="https://venue.test") as router:
        route = router.get("/api/v3/ping").respond(json={})
        async with reader() as rest:
            await rest.call(PING, {})
    assert "x-mbx-time-unit" not in route.calls.last.request.headers
    assert route.calls.last.request.headers["accept"] == "application/json"


@pytest.mark.parametrize("name", ["apiKey", "signature", "timestamp"])
async def test_what_the_library_adds_is_not_taken_from_the_caller(name: str) -> None:
    with respx.mock(base_url="https://venue.test", assert_all_called=False) as router:
        everything = router.route().respond(json={})
        async with reader() as rest:
            for each in (ORDER, PING):
                with pytest.raises(UsageError, match=name):
                    await rest.call(each, {name: SECRET})
        assert not everything.called


async def test_bad_calls_are_refused_before_anything_is_sent_not_even_the_question_for_the_time() -> None:
    class BadKey:
        can_log_on = False

        def __init__(self, api_key: str) -> None:
            self.api_key = api_key

        def sign(self, payload: bytes) -> str:
            return ""

    with respx.mock(base_url="https://venue.test", assert_all_called=False) as router:
        everything = router.route().respond(json={})
        async with reader(key=None) as rest:
            with pytest.raises(UsageError, match="needs a key"):
                await rest.call(ORDER, ASKED)
            with pytest.raises(UsageError, match="float"):
                await rest.call(PING, {"x": 0.1})
            for timeout in (0.0, -1.0, float("nan")):
                with pytest.raises(UsageError, match="timeout"):
                    await rest.call(PING, {}, CallOptions(timeout=timeout))
            for api_key in ("", "a b", "a\r\nX: y", "ä"):
                with pytest.raises(UsageError, match="header"):
                    await rest.call(ORDER, ASKED, CallOptions(key=BadKey(api_key)))
        assert not everything.called


async def test_outside_its_context_a_reader_says_that_it_is_not_open() -> None:
    rest = reader()
    with pytest.raises(NotConnected, match="not open"):
        await rest.call(PING, {})
    with pytest.raises(UsageError, match="async with"):
        rest.now_ms()
    async with rest:
        pass
    with pytest.raises(NotConnected, match="closed"):
        await rest.call(PING, {})
    with pytest.raises(UsageError, match="once"):
        await rest.__aenter__()
    await rest.close()


async def test_a_result_is_decoded_by_its_endpoint() -> None:
    typed: Endpoint[list[tuple[int, str]]] = Endpoint("klines", list[tuple[int, str]])
    with respx.mock(base_url="https://venue.test") as router:
        router.get("/api/v3/klines").respond(json=[[1, "0.5"], [2, "0.6"]])
        async with reader() as rest:
            assert await rest.call(typed, {}) == [(1, "0.5"), (2, "0.6")]


async def test_the_caller_is_told_when_a_request_left_and_with_which_timestamp() -> None:
    told: list[tuple[str, int | None]] = []
    with respx.mock(base_url="https://venue.test") as router:
        with_time(router)
        route = router.get("/api/v3/order").respond(json={})
        router.get("/api/v3/ping").respond(status_code=400, json=error(-1100))
        async with reader() as rest:
            await rest.call(ORDER, ASKED, CallOptions(sent=lambda *facts: told.append(facts)))
            with pytest.raises(Exception, match="-1100") as caught:
                await rest.call(PING, {}, CallOptions(sent=lambda *facts: told.append(facts)))
    stamp = int(split(route.calls.last.request.url.query.decode())[0].rpartition("=")[2])
    assert [facts[1] for facts in told] == [stamp, None]
    assert caught.value.request_id == told[1][0] != told[0][0]  # type: ignore[attr-defined]


def test_the_reader_is_a_caller() -> None:
    caller: Caller = reader(world=World())
    assert isinstance(caller, RestReader)


async def test_a_transport_of_one_s_own_takes_the_place_of_the_network() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"path": request.url.path}))
    async with reader(transport=transport) as rest:
        assert await rest.call(PING, {}) == {"path": "/api/v3/ping"}
