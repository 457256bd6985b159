"""Self-trade prevention does what stp_faq shows, scenario by scenario."""

from __future__ import annotations

from typing import Any

import pytest

from binance_wsapi.simulator.engine import (
    ExecutionType,
    Order,
    OrderStatus,
    StpMode,
    SymbolSpec,
    TradeEvent,
    parse,
    show,
)
from tests.simulator.engine.desk import Desk, refused, request


def desk() -> Desk:
    new = Desk()
    new.account(1, BTC="100", USDT="1000")
    return new


def state(order: Order) -> tuple[Any, ...]:
    """Status, executed, prevented quantity and prevented match id, as an order query shows them."""
    return str(order.status), show(order.executed_qty), show(order.prevented_qty), order.prevented_match_id


@pytest.mark.parity("self-trade prevention mode", "NONE")
def test_a_none_lets_the_orders_match() -> None:
    new = desk()
    maker = new.place(1, "BUY", "LIMIT", "1", "1", stp="NONE").order
    taker = new.place(1, "SELL", "LIMIT", "1", "1", stp="NONE")
    assert state(maker)[0] == state(taker.order)[0] == "FILLED"
    assert [(show(f.price), show(f.quantity), f.commission_asset) for f in taker.fills] == [
        ("1.00000000", "1.00000000", "USDT")
    ]
    assert taker.prevented == []


def ladder(new: Desk) -> list[Order]:
    return [
        new.place(1, "BUY", "LIMIT", quantity, price, stp="NONE").order
        for quantity, price in (("1.2", "1.2"), ("1.3", "1.1"), ("8.1", "1"))
    ]


@pytest.mark.parity("self-trade prevention mode", "EXPIRE_MAKER")
def test_b_expire_maker_clears_the_way_and_rests() -> None:
    new = desk()
    makers = ladder(new)
    taker = new.place(1, "SELL", "LIMIT", "3", "1", stp="EXPIRE_MAKER")
    assert [state(each) for each in makers] == [
        ("EXPIRED_IN_MATCH", "0.00000000", "1.20000000", 0),
        ("EXPIRED_IN_MATCH", "0.00000000", "1.30000000", 1),
        ("EXPIRED_IN_MATCH", "0.00000000", "8.10000000", 2),
    ]
    assert state(taker.order) == ("NEW", "0.00000000", "0.00000000", None)
    assert [
        (m.prevented_match_id, m.maker_order_id, show(m.price), m.taker_prevented_quantity, m.maker_prevented_quantity)
        for m in taker.prevented
    ] == [
        (0, 1, "1.20000000", None, parse("1.2")),
        (1, 2, "1.10000000", None, parse("1.3")),
        (2, 3, "1.00000000", None, parse("8.1")),
    ]
    assert new.book() == ([], [("1.00000000", "3.00000000")])


@pytest.mark.parity("self-trade prevention mode", "EXPIRE_TAKER")
def test_c_expire_taker_leaves_the_book_alone() -> None:
    new = desk()
    makers = ladder(new)
    taker = new.place(1, "SELL", "LIMIT", "3", "1", stp="EXPIRE_TAKER").order
    assert {state(each)[0] for each in makers} == {"NEW"}
    assert state(taker) == ("EXPIRED_IN_MATCH", "0.00000000", "3.00000000", 0)
    assert new.locked(1, "BTC") == "0.00000000"


@pytest.mark.parity("self-trade prevention mode", "EXPIRE_BOTH")
@pytest.mark.parity("behaviour", "self-trade prevention in trade groups")
def test_d_expire_both_ends_both_in_a_trade_group() -> None:
    new = Desk()
    new.account(1, USDT="10", trade_group_id=1)
    new.account(2, BTC="10", trade_group_id=1)
    maker = new.place(1, "BUY", "LIMIT", "1", "1", stp="NONE").order
    taker = new.place(2, "SELL", "LIMIT", "3", "1", stp="EXPIRE_BOTH")
    assert state(maker) == ("EXPIRED_IN_MATCH", "0.00000000", "1.00000000", 0)
    assert state(taker.order) == ("EXPIRED_IN_MATCH", "0.00000000", "3.00000000", 0)
    (match,) = taker.prevented
    assert (match.taker_prevented_quantity, match.maker_prevented_quantity) == (parse("3"), parse("1"))
    assert match.trade_group_id == 1
    assert new.engine.prevented_matches(1, "BTCUSDT", order_id=maker.order_id) == [match]
    assert new.engine.prevented_matches(2, "BTCUSDT", prevented_match_id=0) == [match]


def test_e_the_mode_of_the_taker_decides() -> None:
    new = desk()
    maker = new.place(1, "BUY", "LIMIT", "1", "1", stp="EXPIRE_MAKER").order
    taker = new.place(1, "SELL", "LIMIT", "1", "1", stp="EXPIRE_TAKER").order
    assert state(maker)[0] == "NEW"
    assert state(taker) == ("EXPIRED_IN_MATCH", "0.00000000", "1.00000000", 0)


def test_f_a_market_order_that_expired_its_makers_ends_for_lack_of_liquidity() -> None:
    new = desk()
    maker = new.place(1, "BUY", "LIMIT", "1", "1", stp="NONE").order
    taker = new.place(1, "SELL", "MARKET", "1", stp="EXPIRE_MAKER")
    assert state(maker) == ("EXPIRED_IN_MATCH", "0.00000000", "1.00000000", 0)
    assert state(taker.order) == ("EXPIRED", "0.00000000", "0.00000000", None)
    assert taker.order.expiry_reason == "INSUFFICIENT_LIQUIDITY"
    assert taker.fills == []


@pytest.mark.parity("self-trade prevention mode", "DECREMENT")
def test_g_decrement_takes_the_match_off_both() -> None:
    new = desk()
    maker = new.place(1, "BUY", "LIMIT", "6", "2", stp="NONE").order
    taker = new.place(1, "SELL", "LIMIT", "2", "2", stp="DECREMENT").order
    assert state(maker) == ("NEW", "0.00000000", "2.00000000", 0)
    assert state(taker) == ("EXPIRED_IN_MATCH", "0.00000000", "2.00000000", 0)
    assert new.book() == ([("2.00000000", "4.00000000")], [])
    assert new.locked(1, "USDT") == "8.00000000"


@pytest.mark.parity("self-trade prevention mode", "TRANSFER")
@pytest.mark.parity("behaviour", "self-trade prevention in trade groups")
def test_h_transfer_moves_the_prevented_amounts_between_the_accounts() -> None:
    new = Desk()
    for account_id in (1, 2):
        new.account(account_id, BTC="20000", USDT="20000", trade_group_id=1)
    maker = new.place(1, "BUY", "LIMIT", "0.6", "0.2", stp="TRANSFER").order
    taker = new.place(2, "SELL", "LIMIT", "0.2", "0.2", stp="TRANSFER").order
    assert state(maker) == ("NEW", "0.00000000", "0.20000000", 0)
    assert state(taker) == ("EXPIRED_IN_MATCH", "0.00000000", "0.20000000", 0)
    assert (new.free(1, "BTC"), new.free(1, "USDT"), new.locked(1, "USDT")) == (
        "20000.20000000",
        "19999.88000000",
        "0.08000000",
    )
    assert (new.free(2, "BTC"), new.free(2, "USDT"), new.locked(2, "BTC")) == (
        "19999.80000000",
        "20000.04000000",
        "0.00000000",
    )
    assert new.of(TradeEvent) == []


@pytest.mark.parametrize("maker_mode", [mode for mode in StpMode if mode is not StpMode.TRANSFER])
def test_transfer_needs_both_orders_else_it_is_a_decrement(maker_mode: StpMode) -> None:
    new = Desk()
    new.account(1, USDT="10", trade_group_id=1)
    new.account(2, BTC="10", trade_group_id=1)
    new.place(1, "BUY", "LIMIT", "1", "1", stp=maker_mode)
    (match,) = new.place(2, "SELL", "LIMIT", "1", "1", stp="TRANSFER").prevented
    assert match.stp_mode is StpMode.DECREMENT
    assert new.free(1, "BTC") == "0.00000000"


def test_accounts_without_a_group_are_strangers() -> None:
    new = Desk()
    new.account(1, USDT="10")
    new.account(2, BTC="10")
    new.place(1, "BUY", "LIMIT", "1", "1", stp="EXPIRE_BOTH")
    assert new.place(2, "SELL", "LIMIT", "1", "1", stp="EXPIRE_BOTH").order.status is OrderStatus.FILLED


@pytest.mark.parity("execution type", "TRADE_PREVENTION")
def test_a_report_shows_what_would_have_traded_and_no_fill() -> None:
    """CHANGELOG: with TRADE_PREVENTION l, L and Y are 0; pl, pL and pY describe the prevented execution."""
    new = desk()
    new.place(1, "BUY", "LIMIT", "6", "2", stp="NONE")
    new.forget()
    new.place(1, "SELL", "LIMIT", "2", "2", stp="DECREMENT")
    taker, maker = (e for e in new.reports() if e.execution_type is ExecutionType.TRADE_PREVENTION)
    for event, counter in ((taker, 1), (maker, 2)):
        assert (event.last_qty, event.last_price, event.last_quote_qty, event.trade_id) == (0, 0, 0, -1)
        assert (event.prevented_qty, event.last_prevented_qty) == (parse("2"), parse("2"))
        assert (
            event.prevented_execution_qty,
            event.prevented_execution_price,
            event.prevented_execution_quote_qty,
        ) == (
            parse("2"),
            parse("2"),
            parse("4"),
        )
        assert (event.counter_order_id, event.counter_symbol) == (counter, "BTCUSDT")
        assert event.prevented_match is not None
    assert (taker.status, maker.status) == ("EXPIRED_IN_MATCH", "NEW")
    assert (taker.is_maker, maker.is_maker) == (False, True)


def test_a_symbol_refuses_modes_it_does_not_allow_and_has_a_default() -> None:
    allowed = frozenset({StpMode.NONE, StpMode.EXPIRE_TAKER, StpMode.EXPIRE_BOTH})
    new = Desk(SymbolSpec("BTCUSDT", "BTC", "USDT", allowed_stp_modes=allowed, default_stp_mode=StpMode.EXPIRE_TAKER))
    new.account(1, BTC="1")
    with refused(-1013, "This symbol does not allow the specified self-trade prevention mode."):
        new.place(1, "SELL", "LIMIT", "1", "1", stp="EXPIRE_MAKER")
    assert new.place(1, "SELL", "LIMIT", "1", "1").order.stp_mode is StpMode.EXPIRE_TAKER
    assert new.engine.stp_mode(request("SELL", "LIMIT", "1", "1")) is StpMode.EXPIRE_TAKER


def test_fill_or_kill_does_not_count_its_own_orders() -> None:
    new = desk()
    new.account(2, USDT="10")
    new.place(2, "BUY", "LIMIT", "1", "2")
    new.place(1, "BUY", "LIMIT", "1", "1")
    taker = new.place(1, "SELL", "LIMIT", "2", "1", tif="FOK", stp="DECREMENT").order
    assert (taker.status, taker.expiry_reason) == ("EXPIRED", "UNFILLED_FOK_ORDER_EXPIRED")
    assert taker.prevented_qty == 0
    new.place(2, "BUY", "LIMIT", "1", "0.5")
    assert new.place(1, "SELL", "LIMIT", "2", "0.5", tif="FOK", stp="EXPIRE_MAKER").order.status == "FILLED"


def test_an_iceberg_is_decremented_part_by_part() -> None:
    """The match that is prevented is the one with the visible part; others in the queue get their turn."""
    new = desk()
    new.account(2, BTC="10")
    iceberg = new.place(1, "SELL", "LIMIT", "5", "1", iceberg_qty="2").order
    new.place(2, "SELL", "LIMIT", "1", "1")
    taker = new.place(1, "BUY", "LIMIT", "4", "1", stp="DECREMENT")
    assert [show(m.maker_prevented_quantity or 0, 0) for m in taker.prevented] == ["2", "1"]
    assert [show(f.quantity, 0) for f in taker.fills] == ["1"]
    assert (show(iceberg.remaining, 0), show(iceberg.visible, 0)) == ("2", "1")
    assert new.book() == ([], [("1.00000000", "1.00000000")])
    assert new.locked(1, "BTC") == "2.00000000"


def test_fill_or_kill_counts_the_hidden_parts_of_others() -> None:
    new = desk()
    new.account(2, USDT="10")
    new.place(2, "BUY", "LIMIT", "5", "1", iceberg_qty="1")
    assert new.place(1, "SELL", "LIMIT", "5", "1", tif="FOK", stp="EXPIRE_BOTH").order.status == "FILLED"


def test_fill_or_kill_meets_its_own_order_between_the_parts_of_an_iceberg() -> None:
    """Only the first part stands before the own order, which would stop the taker."""
    new = desk()
    new.account(2, USDT="10")
    new.place(2, "BUY", "LIMIT", "5", "1", iceberg_qty="1")
    new.place(1, "BUY", "LIMIT", "1", "1")
    assert new.place(1, "SELL", "LIMIT", "2", "1", tif="FOK", stp="EXPIRE_TAKER").order.status == "EXPIRED"
    assert new.place(1, "SELL", "LIMIT", "1", "1", tif="FOK", stp="EXPIRE_TAKER").order.status == "FILLED"


def test_a_market_buy_must_afford_what_will_be_transferred() -> None:
    new = Desk()
    new.account(1, BTC="2", trade_group_id=1)
    new.account(2, USDT="99", trade_group_id=1)
    new.place(1, "SELL", "LIMIT", "2", "50", stp="TRANSFER")
    with refused(-2010, "Account has insufficient balance for requested action."):
        new.place(2, "BUY", "MARKET", "2", stp="TRANSFER")
    new.engine.deposit(2, "USDT", parse("1"), new.tick())
    new.place(2, "BUY", "MARKET", "2", stp="TRANSFER")
    assert (new.free(1, "USDT"), new.free(2, "BTC"), new.free(2, "USDT")) == (
        "100.00000000",
        "2.00000000",
        "0.00000000",
    )


@pytest.mark.parametrize(
    ("mode", "status"),
    [("EXPIRE_TAKER", "EXPIRED_IN_MATCH"), ("EXPIRE_MAKER", "EXPIRED"), ("DECREMENT", "EXPIRED_IN_MATCH")],
)
def test_a_quote_quantity_that_meets_only_its_owner(mode: str, status: str) -> None:
    new = desk()
    new.place(1, "SELL", "LIMIT", "3", "10")
    order = new.place(1, "BUY", "MARKET", quote_order_qty="20", stp=mode).order
    assert (order.status, order.executed_qty, new.locked(1, "USDT")) == (status, 0, "0.00000000")


def test_a_quote_quantity_never_spends_more_even_if_it_expires_makers() -> None:
    """The owner's cheap orders go away, and the rest is bought at dearer prices for the same money."""
    new = desk()
    new.account(2, BTC="10")
    new.place(1, "SELL", "LIMIT", "1", "10")
    new.place(2, "SELL", "LIMIT", "5", "20")
    order = new.place(1, "BUY", "MARKET", quote_order_qty="40", stp="EXPIRE_MAKER").order
    assert (order.status, show(order.executed_qty), show(order.cumulative_quote_qty)) == (
        "FILLED",
        "2.00000000",
        "40.00000000",
    )
