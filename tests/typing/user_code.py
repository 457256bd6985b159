"""Code as users write it. A type checker has to find every result to be what the signatures say.

Nothing here runs: `test_types` has mypy read it. Where a line must be refused, its error is ignored by name, and an
ignore that is not needed is an error itself (``warn_unused_ignores``).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, assert_type

from binance_wsapi import (
    Ed25519Key,
    Endpoint,
    Gap,
    HandleFill,
    HandleStatus,
    ListHandleStatus,
    OrderHandle,
    OrderListHandle,
    OrderStatus,
    OrderType,
    Overflow,
    PartialFailure,
    Repaired,
    Side,
    SpotClient,
    TimeInForce,
    blocking,
    endpoints,
)
from binance_wsapi.api.arguments import OrderResponseTypeArg, TickerTypeArg
from binance_wsapi.models import (
    Account,
    AccountTrade,
    BalanceUpdate,
    BookTicker,
    CanceledOrder,
    CanceledOrderList,
    CancelReplaceResponse,
    Depth,
    ExchangeInfo,
    ExecutionReport,
    Fill,
    Kline,
    Level,
    LotSize,
    MiniTicker,
    OrderAck,
    OrderAmendResult,
    OrderFull,
    OrderListReports,
    OrderResponseType,
    OrderResult,
    OrderState,
    OrderTestCommission,
    OrderTestResult,
    PriceTicker,
    ReferencePrice,
    SessionInfo,
    SubscriptionInfo,
    Ticker,
    Ticker24hr,
    TickerType,
    Timestamp,
    UnknownEvent,
    UnknownFilter,
)


async def new_orders(client: SpotClient, kind: OrderType, reply: OrderResponseTypeArg) -> None:
    """The reply tells as much as was asked for; LIMIT and MARKET tell all by default."""
    full = await client.place_order(
        "BTCUSDT", Side.BUY, OrderType.LIMIT, quantity="0.01", price=Decimal(60000), time_in_force=TimeInForce.GTC
    )
    assert_type(full, OrderFull)
    assert_type(full.fills, list[Fill])
    assert_type(full.status, OrderStatus)
    assert_type(full.status.is_final, bool)
    assert_type(full.price, Decimal)
    assert_type(full.order_id, int)
    assert_type(full.average_price, Decimal | None)
    assert_type(full.remaining_qty, Decimal | None)
    assert_type(full.transact_time, Timestamp)
    assert_type(full.transact_time.datetime, datetime)
    assert_type(full.commission, dict[str, Decimal])

    assert_type(await client.place_order("BTCUSDT", "SELL", "MARKET", quote_order_qty=100), OrderFull)
    ack = await client.place_order("BTCUSDT", "BUY", "LIMIT", quantity=1, price="1", new_order_resp_type="ACK")
    assert_type(ack, OrderAck)
    print(ack.status)  # type: ignore[attr-defined]
    assert_type(
        await client.place_order("BTCUSDT", "BUY", kind, new_order_resp_type=OrderResponseType.RESULT), OrderResult
    )
    assert_type(await client.place_order("BTCUSDT", "BUY", kind, new_order_resp_type="FULL"), OrderFull)
    either = await client.place_order("BTCUSDT", "BUY", kind, stop_price="1", quantity="1")
    assert_type(either, OrderAck | OrderResult | OrderFull)
    print(either.status)  # type: ignore[union-attr]
    assert_type(
        await client.place_order("BTCUSDT", "BUY", "LIMIT", new_order_resp_type=reply),
        OrderAck | OrderResult | OrderFull,
    )

    assert_type(await client.place_sor_order("BTCUSDT", "BUY", "MARKET", "1"), OrderFull)
    assert_type(await client.place_sor_order("BTCUSDT", "BUY", "LIMIT", 1, new_order_resp_type="ACK"), OrderAck)

    assert_type(await client.test_order("BTCUSDT", "BUY", "MARKET", quantity=1), OrderTestResult)
    rates = await client.test_order("BTCUSDT", "BUY", "MARKET", quantity=1, compute_commission_rates=True)
    assert_type(rates, OrderTestCommission)
    assert_type(rates.standard_commission_for_order.maker, Decimal)
    assert_type(
        await client.test_sor_order("BTCUSDT", "BUY", "MARKET", 1, compute_commission_rates=True), OrderTestCommission
    )


async def what_is_refused(client: SpotClient, price: float) -> None:
    """Amounts are not floats, sides and types are text, and keys and signatures are no arguments.

    The error names the argument also where a method has overloads.
    """
    await client.place_order("BTCUSDT", "BUY", "LIMIT", quantity=0.01, price="60000")  # type: ignore[arg-type]
    await client.place_order("BTCUSDT", "BUY", "LIMIT", quantity="0.01", price=price)  # type: ignore[arg-type]
    await client.place_order("BTCUSDT", 1, "LIMIT", quantity="0.01")  # type: ignore[arg-type]
    await client.place_order("BTCUSDT", "BUY", "LIMIT", new_order_resp_type="FUL")  # type: ignore[arg-type]
    await client.test_order("BTCUSDT", "BUY", "LIMIT", quantity=0.01)  # type: ignore[arg-type]
    await client.place_sor_order("BTCUSDT", "BUY", "LIMIT", price)  # type: ignore[arg-type]
    await client.ticker_24hr("BTCUSDT", type="TINY")  # type: ignore[arg-type]
    await client.place_order("BTCUSDT", None, "LIMIT", quantity="0.01")  # type: ignore[call-overload]
    await client.place_order("BTCUSDT", "BUY", "LIMIT", qty="0.01")  # type: ignore[call-overload]
    await client.place_oco("BTCUSDT", "BUY", 0.1, "LIMIT_MAKER", "STOP_LOSS")  # type: ignore[arg-type]
    await client.place_order("BTCUSDT", "BUY", "LIMIT", "0.01")  # type: ignore[call-overload]
    await client.place_order("BTCUSDT", "BUY", "LIMIT", timestamp=1)  # type: ignore[call-overload]
    await client.cancel_order("BTCUSDT", 5)  # type: ignore[call-arg]
    await client.cancel_order("BTCUSDT", order_id="5")  # type: ignore[arg-type]
    await client.cancel_order("BTCUSDT", order_id=5, signature="")  # type: ignore[call-arg]
    await client.klines("BTCUSDT", "7m")  # type: ignore[arg-type]
    await client.amend_order("BTCUSDT", new_qty=0.5, order_id=5)  # type: ignore[arg-type]
    await client.depth()  # type: ignore[call-arg]
    order = await client.order_status("BTCUSDT", order_id=5)
    order.status = OrderStatus.FILLED  # type: ignore[misc]
    print(order["orderId"])  # type: ignore[index]
    print((await client.account_status())["balances"])  # type: ignore[index]
    client.create_order()  # type: ignore[attr-defined]
    blocking.SpotClient.testnet().get_klines()  # type: ignore[attr-defined]


async def words_that_are_text(client: SpotClient, side: str, kind: str, time_in_force: str) -> None:
    """Sides, types and times in force that a program reads or computes are text, and need no cast."""
    words = "BUY" if kind == "MARKET" else "SELL"
    assert_type(
        await client.place_order("BTCUSDT", side, kind, quantity=1, time_in_force=time_in_force),
        OrderAck | OrderResult | OrderFull,
    )
    assert_type(await client.place_order("BTCUSDT", words, "MARKET", quantity=1), OrderFull)
    assert_type(await client.place_order("BTCUSDT", side, kind, quantity=1, new_order_resp_type="ACK"), OrderAck)
    assert_type(await client.place_sor_order("BTCUSDT", side, "MARKET", "1"), OrderFull)
    assert_type(await client.test_order("BTCUSDT", side, kind, quantity=1), OrderTestResult)
    assert_type(await client.place_oto("BTCUSDT", kind, side, 1, kind, side, 1), OrderListReports)
    assert_type(await client.submit_order("BTCUSDT", side, kind, quantity=1), OrderHandle)


async def changed_orders(client: SpotClient) -> None:
    """A cancel gives an order or its list, a cancel-replace both halves."""
    canceled = await client.cancel_order("BTCUSDT", order_id=5)
    assert_type(canceled, CanceledOrder | CanceledOrderList)
    if isinstance(canceled, CanceledOrder):
        assert_type(canceled.orig_client_order_id, str)
    assert_type(await client.cancel_open_orders("BTCUSDT"), list[CanceledOrder | CanceledOrderList])
    assert_type(await client.cancel_order_list("BTCUSDT", order_list_id=5), CanceledOrderList)
    try:
        replaced = await client.cancel_replace_order(
            "BTCUSDT", "STOP_ON_FAILURE", "BUY", "LIMIT", cancel_order_id=5, quantity=1, price=1, time_in_force="GTC"
        )
    except PartialFailure as error:
        assert_type(error.cancel_result, str)
    else:
        assert_type(replaced, CancelReplaceResponse)
        assert_type(replaced.cancel_response, CanceledOrder | CanceledOrderList)
        assert_type(replaced.new_order_response, OrderAck | OrderResult | OrderFull)
    amended = await client.amend_order("BTCUSDT", "0.5", order_id=5)
    assert_type(amended, OrderAmendResult)
    assert_type(amended.amended_order.qty, Decimal)
    placed = await client.place_oco("BTCUSDT", "SELL", 1, "LIMIT_MAKER", "STOP_LOSS", above_price=3, below_stop_price=1)
    assert_type(placed, OrderListReports)
    for report in placed.order_reports:
        assert_type(report, OrderAck | OrderResult | OrderFull)


async def market(client: SpotClient, kind: TickerTypeArg, names: list[str]) -> None:
    """One symbol gives a ticker, several or none a list; MINI gives less."""
    assert_type(await client.ticker_24hr("BTCUSDT"), Ticker24hr)
    assert_type(await client.ticker_24hr("BTCUSDT", type="MINI"), MiniTicker)
    assert_type(await client.ticker_24hr(), list[Ticker24hr])
    assert_type(await client.ticker_24hr(symbols=names, type=TickerType.MINI), list[MiniTicker])
    assert_type(
        await client.ticker_24hr("BTCUSDT", type=kind), Ticker24hr | MiniTicker | list[Ticker24hr] | list[MiniTicker]
    )
    assert_type(await client.ticker_trading_day("BTCUSDT", type=TickerType.FULL), Ticker)
    assert_type(await client.ticker_trading_day(symbols=names), list[Ticker])
    assert_type(await client.ticker("BTCUSDT", window_size="7d"), Ticker)
    assert_type(await client.ticker(symbols=names, type="MINI"), list[MiniTicker])
    assert_type(await client.ticker_price("BTCUSDT"), PriceTicker)
    assert_type(await client.ticker_price(), list[PriceTicker])
    assert_type(await client.ticker_book("BTCUSDT"), BookTicker)
    assert_type(await client.ticker_book(symbols=names), list[BookTicker])

    book = await client.depth("BTCUSDT", limit=5000)
    assert_type(book, Depth)
    assert_type(book.bids[0], Level)
    assert_type(book.bids[0].price, Decimal)
    for price, quantity in book.asks[:10]:
        assert_type(price * quantity, Decimal)

    candles = await client.klines("BTCUSDT", "1m", start_time=datetime.now(UTC), end_time=1_700_000_000_000)
    assert_type(candles, list[Kline])
    assert_type(candles[0].close, Decimal)
    assert_type(candles[0].open_time, Timestamp)

    reference = await client.reference_price("BTCUSDT")
    assert_type(reference, ReferencePrice)
    assert_type(reference.reference_price, Decimal | None)

    info = await client.exchange_info()
    assert_type(info, ExchangeInfo)
    for rule in info.symbols[0].filters:
        if isinstance(rule, LotSize):
            assert_type(rule.step_size, Decimal)
        elif isinstance(rule, UnknownFilter):
            assert_type(rule.filter_type, str)


async def account(client: SpotClient) -> None:
    """Queries of the account."""
    state = await client.account_status(omit_zero_balances=True)
    assert_type(state, Account)
    assert_type(state.balance("BTC").free, Decimal)
    assert_type(await client.order_status("BTCUSDT", orig_client_order_id="mine"), OrderState)
    assert_type(await client.open_orders(), list[OrderState])
    assert_type(await client.my_trades("BTCUSDT", order_id=5), list[AccountTrade])
    assert_type(await client.session_status(), SessionInfo)
    assert_type(await client.session_subscriptions(), list[SubscriptionInfo])
    key = Ed25519Key.generate("key")
    assert_type(await client.user_data_subscribe_signature(key=key), SubscriptionInfo)


async def user_data(client: SpotClient) -> None:
    """Events are told apart by their class."""
    async with client.user_data() as events:
        async for event in events:
            if isinstance(event, ExecutionReport):
                assert_type(event.order_status, OrderStatus)
                assert_type(event.last_price, Decimal)
                assert_type(event.commission_asset, str | None)
                assert_type(event.event_time.datetime, datetime)
            elif isinstance(event, BalanceUpdate):
                assert_type(event.free_qty_delta, Decimal)
            elif isinstance(event, UnknownEvent):
                assert_type(event.event, str)
            elif isinstance(event, Gap | Repaired | Overflow):
                continue
            else:
                assert_type(event.subscription_id, int | None)


async def handles_and_rules(client: SpotClient) -> None:
    """A live handle and the rules of a symbol."""
    trade = await client.submit_order("BTCUSDT", "BUY", "LIMIT", quantity="0.01", price="60000", time_in_force="GTC")
    assert_type(trade, OrderHandle)
    assert_type(await trade.filled(), OrderHandle)
    bracket = await client.submit_otoco(
        "BTCUSDT", "LIMIT", "BUY", "1", "SELL", "1", "LIMIT_MAKER", pending_below_type="STOP_LOSS", working_price=60000
    )
    assert_type(bracket, OrderListHandle)
    assert_type(bracket.legs["working"], OrderHandle)
    assert_type(bracket.status, ListHandleStatus)
    assert_type(await bracket.done(), OrderListHandle)
    assert_type((await bracket.cancel())["working"], HandleStatus)
    await client.submit_oco("BTCUSDT", "SELL", "1", "LIMIT_MAKER", "STOP_LOSS", above_prise="1")  # type: ignore[call-arg]
    assert_type(trade.status, HandleStatus)
    assert_type(trade.fills, list[HandleFill])
    assert_type(trade.average_price, Decimal | None)
    rules = await client.rules("BTCUSDT")
    assert_type(rules.price("60000.123"), Decimal)
    assert_type(client.balances["USDT"].free, Decimal)


def made(key: Ed25519Key) -> None:
    """Every way to make a client knows the options."""
    assert_type(SpotClient.testnet(key, on_unknown="wait", check_rules=True), SpotClient)
    SpotClient.local(key, url="ws://127.0.0.1:1/ws-api/v3", on_unknown="sometimes")  # type: ignore[arg-type]
    SpotClient.production(key, on_lost="wait")  # type: ignore[call-arg]


def introspection() -> None:
    """An endpoint decodes to what its constant says."""
    assert_type(endpoints(), dict[str, Endpoint[Any]])
    assert_type(SpotClient.DEPTH.decode(b"{}"), Depth)
    assert_type(SpotClient.PLACE_ORDER.decode(b"{}"), OrderAck | OrderResult | OrderFull)
    assert_type(SpotClient.MY_TRADES.decode([]), list[AccountTrade])
