"""All 55 methods, typed, against the local exchange: with each kind of key, and compared with the exchange's truth."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from binance_wsapi import (
    Ed25519Key,
    FilterFailed,
    OrderNotFound,
    PartialFailure,
    RsaKey,
    Settings,
    SpotClient,
    TimeUnit,
    UsageError,
    endpoints,
)
from binance_wsapi.errors import VenueError
from binance_wsapi.models import ExecutionReport, OrderAck, OrderFull, OrderResult
from binance_wsapi.simulator import LocalExchange
from tests.conformance.catalogue import PYTHON_NAMES
from tests.simulation.house import HMAC, KEY, SYMBOL, environment, exchange_and_client, runtime
from tests.simulation.loop import VirtualLoop, run

RSA = RsaKey.generate(api_key="virtualRsa" + "0" * 54)
LIMIT: dict[str, Any] = {"price": "50000", "quantity": "0.01", "time_in_force": "GTC"}


async def every_method(exchange: LocalExchange, client: SpotClient, called: set[str]) -> None:
    """Call every method with what it needs, and look at what it answers."""

    class Calls:
        """The client, which notes what was called."""

        def __getattr__(self, name: str) -> Any:
            called.add(name)
            return getattr(client, name)

    call: Any = Calls()
    lagged = 0.2  # the views that answer queries lag behind the matching engine

    # General and market
    await call.ping()
    assert abs(int((await call.server_time()).server_time) - client.now_ms() * unit(client)) < 1000 * unit(client)
    assert (await call.exchange_info(symbol=SYMBOL)).symbols[0].symbol == SYMBOL
    assert (await call.execution_rules(symbol=SYMBOL)).symbol_rules is not None
    taken = await call.place_order(SYMBOL, "BUY", "MARKET", quantity="0.01")
    assert isinstance(taken, OrderFull)
    assert taken.fills[0].price == Decimal("60001.00")
    await asyncio.sleep(lagged)
    book = await call.depth(SYMBOL, limit=5)
    assert book.bids[0].price == Decimal("59999.00")
    (trade,) = [each for each in await call.recent_trades(SYMBOL) if each.price == Decimal("60001.00")][-1:]
    assert any(each.id == trade.id for each in await call.historical_trades(SYMBOL))
    await call.historical_block_trades(SYMBOL, from_id=1)
    assert (await call.aggregate_trades(SYMBOL))[-1].price == Decimal("60001.00")
    assert (await call.klines(SYMBOL, "1m"))[-1].close == Decimal("60001.00")
    assert (await call.ui_klines(SYMBOL, "1m"))[-1].close == Decimal("60001.00")
    assert (await call.average_price(SYMBOL)).price > 0
    assert (await call.ticker_24hr(SYMBOL)).last_price == Decimal("60001.00")
    assert len(await call.ticker_24hr(symbols=[SYMBOL, "ETHUSDT"])) == 2
    assert (await call.ticker_trading_day(SYMBOL)).symbol == SYMBOL
    assert (await call.ticker(SYMBOL, window_size="1h")).symbol == SYMBOL
    assert (await call.ticker_price(SYMBOL)).price == Decimal("60001.00")
    assert (await call.ticker_book(SYMBOL)).bid_price == Decimal("59999.00")
    await honest(call.reference_price(SYMBOL))
    await honest(call.reference_price_calculation(SYMBOL))

    # Session
    if isinstance(client._session.credentials.key, Ed25519Key):
        assert (await call.session_status()).api_key is not None
        assert (await call.session_logon()).api_key is not None
        await call.session_logout()
        assert (await call.session_status()).api_key is None
        await client.session_logon()
    else:
        for refused in (call.session_logon,):
            with pytest.raises(UsageError, match="Ed25519"):
                await refused()
        await call.session_status()
        await call.session_logout()

    # Trading
    assert isinstance(await call.place_order(SYMBOL, "BUY", "LIMIT", **LIMIT, new_order_resp_type="ACK"), OrderAck)
    resting = await call.place_order(SYMBOL, "BUY", "LIMIT", **LIMIT, new_order_resp_type="RESULT")
    assert isinstance(resting, OrderResult)
    assert exchange.truth.orders[resting.client_order_id][0].price == Decimal(50000)
    await call.test_order(SYMBOL, "BUY", "LIMIT", **LIMIT)
    commission = await call.test_order(SYMBOL, "BUY", "LIMIT", **LIMIT, compute_commission_rates=True)
    assert commission.standard_commission_for_order.maker is not None
    amended = await call.amend_order(SYMBOL, "0.005", order_id=resting.order_id)
    assert exchange.truth.orders[amended.amended_order.client_order_id][0].quantity == Decimal("0.005")
    replaced = await call.cancel_replace_order(
        SYMBOL, "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_order_id=resting.order_id, **LIMIT
    )
    assert replaced.cancel_result == replaced.new_order_result == "SUCCESS"
    with pytest.raises(PartialFailure) as half:
        await client.cancel_replace_order(
            SYMBOL, "ALLOW_FAILURE", "BUY", "LIMIT", cancel_order_id=resting.order_id, **LIMIT
        )
    assert half.value.data["newOrderResult"] == "SUCCESS"
    new = replaced.new_order_response
    gone = await call.cancel_order(SYMBOL, order_id=new.order_id)
    assert gone.orig_client_order_id == new.client_order_id
    assert len(await call.cancel_open_orders(SYMBOL)) == 2
    assert not [order for order in exchange.truth.all_orders() if order.is_open and order.account == "alice"]

    # Lists
    above = {"above_price": "70000", "above_type": "LIMIT_MAKER"}
    below = {"below_stop_price": "50000", "below_type": "STOP_LOSS"}
    oco = await call.place_oco(SYMBOL, "SELL", "0.01", **above, **below)
    assert len(oco.orders) == 2
    await asyncio.sleep(lagged)
    assert (await call.order_list_status(order_list_id=oco.order_list_id)).list_client_order_id
    assert [each.order_list_id for each in await call.open_order_lists()] == [oco.order_list_id]
    gone = await call.cancel_order_list(SYMBOL, order_list_id=oco.order_list_id)
    assert len(gone.order_reports) == 2
    await call.place_order_list(
        SYMBOL, "SELL", "70000", "0.01", stop_price="50000", stop_limit_price="49000", stop_limit_time_in_force="GTC"
    )
    working = {"working_price": "50000", "working_time_in_force": "GTC"}
    pending = {"pending_price": "70000", "pending_time_in_force": "GTC"}
    both = {
        "pending_above_price": "70000", "pending_below_type": "STOP_LOSS", "pending_below_stop_price": "40000",
    }  # fmt: skip
    await call.place_oto(SYMBOL, "LIMIT", "BUY", "0.01", "LIMIT", "SELL", "0.01", **working, **pending)
    await call.place_otoco(SYMBOL, "LIMIT", "BUY", "0.01", "SELL", "0.01", "LIMIT_MAKER", **working, **both)
    await call.place_opo(SYMBOL, "LIMIT", "BUY", "0.01", "LIMIT", "SELL", **working, **pending)
    await call.place_opoco(SYMBOL, "LIMIT", "BUY", "0.01", "SELL", "LIMIT_MAKER", **working, **both)
    await asyncio.sleep(lagged)
    assert len(await call.all_order_lists()) == 6

    # SOR: a symbol without it refuses, in so many words
    await honest(call.place_sor_order(SYMBOL, "BUY", "LIMIT", "0.01", price="50000", time_in_force="GTC"))
    await honest(call.test_sor_order(SYMBOL, "BUY", "LIMIT", "0.01", price="50000", time_in_force="GTC"))

    # Account
    account = await call.account_status(omit_zero_balances=True)
    true = exchange.truth.balances("alice")
    assert {each.asset: (each.free, each.locked) for each in account.balances} == {
        asset: held for asset, held in true.items() if any(held)
    }
    assert (await call.order_status(SYMBOL, order_id=taken.order_id)).executed_qty == Decimal("0.01")
    open_now = {order.order_id for order in exchange.truth.all_orders() if order.is_open and order.account == "alice"}
    # What waits in a list for its working order is not open yet.
    assert {each.order_id for each in await call.open_orders(SYMBOL)} <= open_now
    assert taken.order_id in {each.order_id for each in await call.all_orders(SYMBOL)}
    assert [each.order_id for each in await call.my_trades(SYMBOL)] == [taken.order_id]
    assert {each.interval for each in await call.order_rate_limits()} == {"SECOND", "DAY"}
    assert await call.my_prevented_matches(SYMBOL, order_id=taken.order_id) == []
    assert await call.my_allocations(SYMBOL) == []
    assert (await call.account_commission(SYMBOL)).symbol == SYMBOL
    assert len(await call.order_amendments(SYMBOL, resting.order_id)) == 1
    assert (await call.my_filters(SYMBOL)) is not None

    # User data, the method itself; events come through `client.user_data()`
    signed = await call.user_data_subscribe_signature()
    assert [each.subscription_id for each in await call.session_subscriptions()] == [signed.subscription_id]
    await call.user_data_unsubscribe(subscription_id=signed.subscription_id)
    assert await client.session_subscriptions() == []
    if isinstance(client._session.credentials.key, Ed25519Key):
        plain = await call.user_data_subscribe()
        with pytest.raises(VenueError, match="already active"):
            await client.user_data_subscribe_signature()
        await client.user_data_unsubscribe(subscription_id=plain.subscription_id)
    else:
        with pytest.raises(UsageError):
            await call.user_data_subscribe()


def unit(client: SpotClient) -> int:
    return 1000 if client._session.settings.time_unit is TimeUnit.MICROSECOND else 1


async def honest(answer: Any) -> None:
    """Accept a result, or a refusal by the venue in so many words."""
    answered: Any = (await asyncio.gather(answer, return_exceptions=True))[0]
    assert not isinstance(answered, BaseException) or (isinstance(answered, VenueError) and answered.code < 0)


@pytest.mark.parametrize("time_unit", list(TimeUnit))
@pytest.mark.parametrize("key", [KEY, HMAC, RSA], ids=["ed25519", "hmac", "rsa"])
def test_every_method_answers_as_its_signature_says(key: Any, time_unit: TimeUnit) -> None:
    called: set[str] = set()

    async def main(loop: VirtualLoop) -> None:
        exchange = LocalExchange(seed=3, market="manual")
        exchange.register_key(RSA.api_key, "rsa", public_pem=RSA.public_pem())
        settings = Settings(time_unit=time_unit)
        async with exchange_and_client(loop, key=key, settings=settings, exchange=exchange) as (running, client):
            await every_method(running, client, called)

    run(main, 5)
    assert called == set(PYTHON_NAMES.values())
    assert len(called) == len(endpoints()) == 55


def test_a_symbol_in_any_script_can_be_traded_with_every_kind_of_key() -> None:
    async def main(loop: VirtualLoop) -> None:
        exchange = LocalExchange(seed=3, market="manual")
        exchange.register_key(RSA.api_key, "rsa", public_pem=RSA.public_pem())
        async with exchange_and_client(loop, exchange=exchange) as (running, client):
            names = [each.symbol for each in (await client.exchange_info()).symbols]
            (symbol,) = [name for name in names if not name.isascii()]
            running.quote(symbol, bids=[("1.99", "500")], asks=[("2.01", "500")])
            for key in (KEY, HMAC, RSA):
                async with (
                    SpotClient(environment(running), key, runtime=runtime(loop)) as other,
                    other.user_data() as events,
                ):
                    order = await other.place_order(symbol, "BUY", "MARKET", quantity="10")
                    assert running.truth.orders[order.client_order_id][0].executed_quantity == 10
                    reports = [await anext(events) for _ in range(2)]
                    assert {each.symbol for each in reports if isinstance(each, ExecutionReport)} == {symbol}

    run(main, 1)


def test_any_other_method_is_signed_limited_and_correlated_like_the_typed_ones() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (exchange, client):
            typed = await client.call("order.place", {
                "symbol": SYMBOL, "side": "BUY", "type": "MARKET", "quantity": "0.01"})  # fmt: skip
            assert isinstance(typed, OrderFull)
            assert len(exchange.truth.orders[typed.client_order_id]) == 1
            with pytest.raises(VenueError) as unknown:
                await client.call("order.teleport", {"symbol": SYMBOL})
            assert unknown.value.code < 0
            with pytest.raises(UsageError, match="public"):
                await client.call("depth", {"symbol": SYMBOL}, key=HMAC)
            account = await client.call("account.status", key=HMAC)
            assert account.balances

    run(main, 1)


def test_a_refusal_says_what_was_refused() -> None:
    async def main(loop: VirtualLoop) -> None:
        async with exchange_and_client(loop) as (_, client):
            with pytest.raises(FilterFailed, match="PRICE_FILTER") as failed:
                await client.place_order(
                    SYMBOL, "BUY", "LIMIT", quantity="0.01", price="50000.001", time_in_force="GTC"
                )
            assert failed.value.method == "order.place"
            assert failed.value.client_order_id is not None
            with pytest.raises(OrderNotFound):
                await client.order_status(SYMBOL, order_id=999_999)
            with pytest.raises(UsageError, match="Decimal"):
                await client.place_order(SYMBOL, "BUY", "MARKET", quantity=0.01)  # type: ignore[arg-type]

    run(main, 1)
