"""An error that leaves the library takes no frame of it along, over the socket as over REST, whatever its class."""

from __future__ import annotations

import asyncio
import math
import re
import traceback
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from binance_wsapi import (
    Ed25519Key,
    HmacKey,
    OutcomeUnknown,
    Settings,
    SpotClient,
    UsageError,
    WsapiError,
    blocking,
    endpoints,
)
from binance_wsapi.api.spot.rest_routes import ROUTES
from binance_wsapi.environments import local
from binance_wsapi.limits import RedisStore
from binance_wsapi.link.sockets.proxy import ProxyUrl
from binance_wsapi.rest import RestReader
from binance_wsapi.simulator import Cut, Drop, Garbage, LocalExchange, Refuse
from binance_wsapi.wire.border import bare, bordered
from tests.secrecy import everything_of

API_KEY = "bOrDeRaPiKeY" + "k" * 52
SECRET = "bOrDeRsEcReT" + "s" * 52
PRICE = "50123.45"


class Watched(HmacKey):
    """A key that remembers what it signed."""

    __slots__ = ("made",)

    def __init__(self) -> None:
        super().__init__(API_KEY, SECRET)
        self.made: list[str] = []

    def sign(self, payload: bytes) -> str:
        self.made.append(super().sign(payload))
        return self.made[-1]


def told(error: BaseException) -> str:
    return "\n".join(everything_of(error))


async def failure(make: Callable[[], Awaitable[Any]]) -> BaseException:
    try:
        await make()
    except (WsapiError, asyncio.CancelledError, TimeoutError) as error:
        return error
    raise AssertionError("nothing failed, nothing is proven")


def place(client: SpotClient, **more: Any) -> Awaitable[Any]:
    return client.place_order("BTCUSDT", "BUY", "LIMIT", quantity="0.01", price=PRICE, time_in_force="GTC", **more)


def refusals() -> list[Refuse]:
    rows = (
        (400, -1022), (401, -2015), (400, -1102), (400, -1013), (400, -2010), (400, -2011), (400, -2013), (400, -2038),
        (403, 0), (409, -2021), (429, -1015), (503, -1000), (400, -9999),
    )  # fmt: skip
    return [Refuse(status, code, "no") for status, code in rows]


@pytest.mark.parametrize("fault", [*refusals(), Cut(after_execution=False), Cut(after_execution=True), Drop(),
                                   Garbage("{", then_reply=False)], ids=repr)  # fmt: skip
async def test_no_class_of_error_takes_a_frame_a_parameter_or_a_signature_along(fault: Any) -> None:
    key = Watched()
    async with LocalExchange(market="manual") as exchange:
        exchange.register_key(API_KEY, "hmac", secret=SECRET)
        async with SpotClient.local(key, Settings(timeout=0.5), url=exchange.url) as client:
            exchange.faults.next(fault, "order.place")
            text = told(await failure(lambda: place(client)))
    assert key.made
    for secret in (API_KEY, SECRET, PRICE, *key.made):
        assert secret not in text


@pytest.mark.parametrize("fault", [Refuse(400, -2010, "no"), Cut(after_execution=True)], ids=repr)
async def test_no_call_of_the_blocking_client_takes_its_parameters_along(fault: Any) -> None:
    key = Watched()
    order: dict[str, Any] = {"quantity": "0.01", "price": PRICE, "time_in_force": "GTC"}
    raw = {"symbol": "BTCUSDT", "price": PRICE}
    found: list[str] = []
    async with LocalExchange(market="manual") as exchange:
        exchange.register_key(API_KEY, "hmac", secret=SECRET)

        def trade() -> None:
            with blocking.SpotClient.local(key, Settings(timeout=0.3), url=exchange.url) as client:
                handle = client.submit_order("BTCUSDT", "BUY", "LIMIT", **order)
                calls: list[Callable[[], Any]] = [
                    lambda: client.place_order("BTCUSDT", "BUY", "LIMIT", **order),
                    lambda: client.place_order("BTCUSDT", "BUY", "LIMIT", **{**order, "quantity": 0.01}),
                    lambda: client.submit_order("BTCUSDT", "BUY", "LIMIT", **{**order, "quantity": 0.01}),
                    lambda: client.place_oco("BTCUSDT", "SELL", "0.01", "LIMIT_MAKER", "STOP_LOSS", above_price=PRICE),
                    lambda: client.call("order.place", raw),
                    lambda: client.history.my_trades(PRICE, start=1, end=2),
                    lambda: client.history.my_trades("NOPEUSDT", start="2024-01-01T00:00:00Z").collect(),
                    lambda: next(iter(client.history.my_trades("NOPEUSDT", start="2024-01-01T00:00:00Z"))),
                    lambda: client.user_data(symbols=[PRICE]).next(),
                    lambda: handle.done(0.05),
                    lambda: handle.amend(new_quantity=0.02),  # type: ignore[arg-type]  # only what is wrong is named
                ]
                for call in calls:
                    with pytest.raises((WsapiError, TimeoutError)) as caught:
                        call()
                    found.append(told(caught.value))

        exchange.faults.next(Drop(), "order.place")
        exchange.faults.next(fault, "order.place")
        await asyncio.to_thread(trade)
    assert key.made
    for text in found:
        for secret in (API_KEY, SECRET, PRICE, *key.made):
            assert secret not in text


class Odd:
    """An argument whose text cannot be had."""

    def __repr__(self) -> str:
        raise RuntimeError("odd")

    __str__ = __repr__


WRONG_CALLS: dict[str, tuple[str, dict[str, Any], str]] = {
    "a misspelt name": ("submit_order", {"prise": "1"}, "TypeError: .*unexpected keyword"),
    "a name of another method": ("submit_order", {"on_unknown": 5}, "TypeError: .*unexpected keyword"),
    "endless digits": ("place_order", {"timeout": int("1234567890" * 40)}, "UsageError: timeout must be"),
    "digits beyond writing": ("place_order", {"timeout": 10**9_000}, "UsageError: timeout must be .* cannot be shown"),
    "endless digits, with a handle": (
        "submit_order",
        {"timeout": int("1234567890" * 40)},
        "UsageError: timeout must be",
    ),
    "a side without a text": ("submit_order", {"side": Odd()}, "UsageError: .*side"),
    "an id without a text": ("place_order", {"new_client_order_id": Odd()}, "UsageError: parameter 'newClientOrderId'"),
}


@pytest.mark.parametrize("wrong", WRONG_CALLS)
@pytest.mark.parametrize("kind", ["asynchronous", "blocking"])
async def test_a_wrong_call_takes_no_parameter_along_though_its_error_is_not_of_the_library(
    kind: str, wrong: str
) -> None:
    method, fields, says = WRONG_CALLS[wrong]
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "quantity": "0.01", "price": PRICE}
    order |= {"time_in_force": "GTC"} | fields
    async with LocalExchange(market="manual") as exchange:
        exchange.register_key(API_KEY, "hmac", secret=SECRET)

        def blocks() -> None:
            with blocking.SpotClient.local(HmacKey(API_KEY, SECRET), url=exchange.url) as client:
                getattr(client, method)(**order)

        async def waits() -> None:
            async with SpotClient.local(HmacKey(API_KEY, SECRET), url=exchange.url) as client:
                await getattr(client, method)(**order)

        with pytest.raises((TypeError, UsageError)) as caught:
            await (waits() if kind == "asynchronous" else asyncio.to_thread(blocks))
    assert re.match(says, f"{type(caught.value).__name__}: {caught.value}")
    for secret in (API_KEY, SECRET, PRICE):
        assert secret not in told(caught.value)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (("order.place", PRICE), "params must be a mapping"),
        (("order.place", [PRICE]), "params must be a mapping"),
        (("order.place", {5: PRICE}), "params must be a mapping"),
        ((5, {"price": PRICE}), "method must be a wire name"),
        (("new.method", {"price": PRICE}, "PRIVATE"), "security must be one of"),
    ],
)
async def test_a_call_by_wire_name_says_what_it_takes(given: tuple[Any, ...], says: str) -> None:
    async with LocalExchange(market="manual") as exchange, SpotClient.local(url=exchange.url) as client:
        with pytest.raises(UsageError, match=says) as caught:
            await client.call(given[0], given[1], **({"security": given[2]} if given[2:] else {}))
        assert PRICE not in told(caught.value)


async def test_a_mistake_of_the_library_names_its_place_and_holds_none_of_its_variables() -> None:
    class Placing:
        async def call(self, *_: Any) -> Any:
            raise KeyError("a mistake")

    async with LocalExchange(market="manual") as exchange:
        exchange.register_key(API_KEY, "hmac", secret=SECRET)
        async with SpotClient.local(HmacKey(API_KEY, SECRET), url=exchange.url, around=lambda _: Placing()) as client:
            with pytest.raises(KeyError) as caught:
                await place(client)
    assert [entry.name for entry in caught.traceback][1:] == ["border", "call"], "this test's frames, and no other"
    (note,) = caught.value.__notes__
    assert re.match(r"came by binance_wsapi\.api\.spot\.trading:\d+ place_order", note)
    assert PRICE not in told(caught.value).replace(__file__, "")


async def test_what_a_hook_raises_is_logged_with_its_own_frames_and_none_of_the_library(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def hook(_: object) -> None:
        raise KeyError("of the hook")

    async with (
        LocalExchange(market="manual") as exchange,
        SpotClient.local(url=exchange.url, on_message=hook) as client,
    ):
        await client.ping()
    (record, *_) = [each for each in caplog.records if each.message == "a hook raised"]
    assert record.exc_info is not None
    names = [frame.f_code.co_name for frame, _ in traceback.walk_tb(record.exc_info[2])]
    assert names == ["hook"]


async def test_neither_does_a_call_that_is_cancelled_or_that_a_timeout_of_the_user_ends() -> None:
    key = Watched()
    async with LocalExchange(market="manual") as exchange:
        exchange.register_key(API_KEY, "hmac", secret=SECRET)
        async with SpotClient.local(key, url=exchange.url) as client:
            exchange.faults.next(Drop(), "order.place", count=2)

            async def bounded() -> None:
                async with asyncio.timeout(0.1):
                    await place(client)

            text = told(await failure(bounded))
            task = asyncio.ensure_future(place(client))
            await asyncio.sleep(0.05)
            task.cancel()
            text += told(await failure(lambda: task))
    for secret in (API_KEY, SECRET, PRICE, *key.made):
        assert secret not in text


async def test_nor_a_logon_that_fails_nor_a_handle_nor_a_question_over_rest() -> None:
    signer = Ed25519Key.generate(API_KEY)
    key = Watched()
    text = ""
    async with LocalExchange(market="manual") as exchange:
        exchange.register_key(API_KEY, "ed25519", public_pem=signer.public_pem())
        exchange.faults.next(Drop(), "session.logon", count=9)
        async with asyncio.timeout(5):
            text += told(
                await failure(
                    SpotClient.local(signer, Settings(timeout=0.2, connect_timeout=0.5), url=exchange.url).__aenter__
                )
            )
        exchange.faults.clear()
        exchange.register_key(API_KEY, "hmac", secret=SECRET)
        async with SpotClient.local(key, Settings(timeout=0.5), url=exchange.url) as client:
            exchange.faults.next(Refuse(400, -2010, "no"), "order.place")
            trade = await client.submit_order(
                "BTCUSDT", "BUY", "LIMIT", quantity="0.01", price=PRICE, time_in_force="GTC"
            )
            text += told(await failure(trade.filled))
        async with RestReader(local(exchange.url), key, Settings(timeout=0.5), routes=ROUTES) as rest:
            for fault in (Refuse(401, -2015, "no"), Drop()):
                exchange.faults.next(fault, "account.status", rest=True)
                text += told(await failure(lambda: rest.call(endpoints()["account.status"], {})))
    for secret in (API_KEY, SECRET, PRICE, *key.made):
        assert secret not in text


async def test_the_verdict_of_a_lost_order_tells_no_more() -> None:
    key = Watched()
    async with LocalExchange(market="manual") as exchange:
        exchange.register_key(API_KEY, "hmac", secret=SECRET)
        async with SpotClient.local(key, url=exchange.url) as client:
            exchange.faults.next(Cut(after_execution=True), "order.place")
            lost = await failure(lambda: place(client))
            assert isinstance(lost, OutcomeUnknown)
            text = repr(await lost.resolve())
    assert API_KEY not in text
    assert not any(signature in text for signature in key.made)


@pytest.mark.parametrize("signs", [0, 1], ids=["at entering", "at an order"])
async def test_a_signer_of_the_users_that_raises_keeps_its_own_frames_and_none_of_ours_with_the_key(signs: int) -> None:
    made = 0

    class Broken(HmacKey):
        __slots__ = ()

        def sign(self, payload: bytes) -> str:
            nonlocal made
            if made == signs:
                raise RuntimeError("the module is locked")
            made += 1
            return super().sign(payload)

    async with LocalExchange(market="manual") as exchange:
        exchange.register_key(API_KEY, "hmac", secret=SECRET)

        async def enter_and_place() -> None:
            async with SpotClient.local(Broken(API_KEY, SECRET), url=exchange.url) as client:
                assert signs, "entering asks one signed question with a key that does not log on"
                await place(client)

        with pytest.raises(RuntimeError, match="locked") as caught:
            await enter_and_place()
    assert made == signs
    assert any(entry.name == "sign" for entry in caught.traceback)
    assert API_KEY not in told(caught.value)


@pytest.mark.parametrize("client", [SpotClient, blocking.SpotClient])
def test_a_secret_where_a_key_or_an_address_belongs_is_in_no_variable_of_the_error(client: Any) -> None:
    secret = "PlantedSecret" + "s" * 51
    wrong: list[Callable[[], object]] = [
        lambda: client.testnet(secret),
        lambda: client.production(key=secret),
        lambda: client.demo(None, secret),
        lambda: client.local(url=f"ws://user:{secret}@127.0.0.1:1/ws-api/v3"),
        lambda: client.local(url=f"http://{secret}"),
        lambda: client.from_env(secret),
        lambda: client.testnet(None, journal=secret),
        lambda: client(secret),
    ]
    for make in wrong:
        with pytest.raises(UsageError) as caught:
            make()
        said = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
        said.stack[:] = [each for each in said.stack if each.filename != __file__]
        assert secret not in "".join(said.format()) + repr(vars(caught.value))


class Ours(SpotClient):
    """A client of a user, in whose frames a half-made object stands."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


class OursBlocking(blocking.SpotClient):
    """The same, of the blocking client."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


PROXY = f"http://user:{SECRET}@127.0.0.1:3128"
REDIS = f"redis://:{SECRET}@127.0.0.1"
MAKERS: dict[str, tuple[Callable[..., object], dict[str, Any]]] = {
    "Settings": (Settings, {"proxy": PROXY}),
    "RedisStore": (partial(RedisStore, REDIS), {}),
    "client": (SpotClient.production, {"rest_url": PROXY}),
    "blocking client": (blocking.SpotClient.production, {"rest_url": PROXY}),
    "subclass": (Ours.production, {"rest_url": PROXY}),
    "blocking subclass": (OursBlocking.testnet, {"rest_url": PROXY}),
}


def reported(error: BaseException) -> str:
    """What a reporter says that captures variables, but for the frames of the tests."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    told, queue = "", [report]
    while queue:
        each = queue.pop()
        each.stack[:] = [frame for frame in each.stack if "/tests/" not in frame.filename]
        told += "".join(each.format())
        queue += [cause for cause in (each.__cause__, each.__context__) if cause is not None]
    return told + repr(error)


@pytest.mark.parametrize("name", MAKERS)
def test_a_misspelt_name_beside_a_password_leaves_without_it(name: str) -> None:
    make, beside = MAKERS[name]
    with pytest.raises(TypeError, match="unexpected keyword") as caught:
        make(**beside, timout=5)
    assert SECRET not in reported(caught.value)


NO_PATHS: list[Any] = [5, [1], {}, b"x", 1j]
NO_COUNTS: list[Any] = ["x", None, 1.5, [], True]
NO_SECONDS: list[Any] = ["x", None, math.inf, math.nan, 7**400, True]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        *[("Settings", {"ca_file": value}) for value in NO_PATHS],
        *[("Settings", {"connections": value}) for value in NO_COUNTS],
        *[("RedisStore", {name: value}) for name in ("timeout", "forget_after", "far") for value in NO_SECONDS],
        *[("RedisStore", {"processes": value}) for value in NO_COUNTS],
        *[("RedisStore", {name: 5}) for name in ("account", "ip", "environment", "label", "token")],
    ],
    ids=lambda each: str(each)[:40],
)  # fmt: skip
def test_an_argument_of_a_wrong_kind_is_told_by_its_name_and_its_neighbours_stay_secret(
    name: str, wrong: dict[str, Any]
) -> None:
    make, beside = MAKERS[name]
    with pytest.raises(UsageError, match=f"^{next(iter(wrong))} must be") as caught:
        make(**beside, **wrong)
    assert SECRET not in reported(caught.value)


@pytest.mark.parametrize("client", [SpotClient, blocking.SpotClient])
@pytest.mark.parametrize("wrong", ["fate", "recorder", "around", "on_unknown"])
def test_an_option_of_a_client_of_a_wrong_kind_is_told_by_its_name(client: Any, wrong: str) -> None:
    with pytest.raises(UsageError, match=f"^{wrong} must be ") as caught:
        client.testnet(None, Settings(proxy=PROXY), **{wrong: [5]})
    assert SECRET not in reported(caught.value)


def test_a_function_of_the_user_that_raises_at_a_making_keeps_its_frames_and_brings_none_of_ours() -> None:
    def token(length: int) -> str:
        return str(length / 0)

    def around(caller: Any) -> Any:
        raise KeyError("of the user's")

    makers: list[tuple[str, Callable[[], object]]] = [
        ("token", lambda: RedisStore(REDIS, token=token)),
        ("around", lambda: SpotClient.production(HmacKey(API_KEY, SECRET), around=around)),
    ]
    for name, make in makers:
        with pytest.raises((ZeroDivisionError, KeyError)) as caught:
            make()
        assert SECRET not in reported(caught.value)
        assert caught.traceback[-1].name == name
        ours = {entry.name for entry in caught.traceback if "/tests/" not in str(entry.path)}
        assert ours == {"border"}, "which holds nothing"


def test_what_was_not_made_prints_itself_without_what_was_not_checked() -> None:
    half: list[Any] = [kind.__new__(kind) for kind in (Settings, blocking.SpotClient, ProxyUrl)]
    assert [repr(each) for each in half] == ["Settings()", "<blocking client that was not made>", "ProxyUrl('?')"]
    for name, value in {"proxy": PROXY, "limit_store": REDIS, "ca_file": "x"}.items():
        object.__setattr__(half[0], name, value)
    assert repr(half[0]) == "Settings(limit_store=***, ca_file='x', proxy=***)"
    whole = repr(Settings(proxy=PROXY))
    assert whole.startswith("Settings(timeout=10.0, recv_window=None, connections=1, time_unit=<TimeUnit.MILLISECOND")
    assert "proxy=ProxyUrl('http://***@127.0.0.1:3128')" in whole
    assert "not_now" not in whole


def test_every_cause_and_every_member_of_a_group_is_bare() -> None:
    def raised(error: BaseException) -> BaseException:
        try:
            raise error
        except BaseException as caught:  # noqa: BLE001
            return caught

    cause, member = raised(OSError()), raised(ValueError())
    group = BaseExceptionGroup("both", [member])
    group.__cause__ = cause
    cause.__context__ = group  # a ring
    bare(raised(group))
    assert cause.__traceback__ is member.__traceback__ is group.__traceback__ is None


async def test_the_border_changes_neither_what_is_returned_nor_what_is_raised() -> None:
    @bordered
    async def work(number: int, *, fail: BaseException | None = None) -> int:
        """Work."""
        if fail is not None:
            raise fail
        return number

    assert await work(3) == 3
    assert work.__name__ == "work"
    assert work.__doc__ == "Work."
    for error in (UsageError("x"), KeyError("y")):
        with pytest.raises(type(error)) as caught:
            await work(1, fail=error)
        assert caught.value is error
        assert ("work" in [entry.name for entry in caught.traceback]) is isinstance(error, KeyError)
