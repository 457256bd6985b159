"""Price, time, time in force and icebergs; the events of a trade; depth."""

from __future__ import annotations

import pytest

from binance_wsapi.simulator.engine import (
    AccountPosition,
    LevelChange,
    OrderEvent,
    TradeEvent,
    parse,
    show,
)
from tests.simulator.engine.desk import Desk, rebuilt, refused, request


def desk(**more: object) -> Desk:
    new = Desk(**more)  # type: ignore[arg-type]
    for account_id in (1, 2, 3):
        new.account(account_id, BTC="100", USDT="10000")
    return new


@pytest.mark.parity("behaviour", "price-time priority")
@pytest.mark.parity("order type", "LIMIT")
@pytest.mark.parity("execution type", "TRADE")
def test_better_prices_first_then_earlier_orders() -> None:
    new = desk()
    for account_id, price in ((1, "102"), (2, "101"), (3, "101"), (1, "100")):
        new.place(account_id, "SELL", "LIMIT", "1", price)
    result = new.place(2, "BUY", "LIMIT", "3.5", "102", stp="NONE")
    assert [show(f.price, 0) for f in result.fills] == ["100", "101", "101", "102"]
    assert [e.seller_order_id for e in new.of(TradeEvent)] == [4, 2, 3, 1]
    assert new.book() == ([], [("102.00000000", "0.50000000")])


def test_a_trade_has_the_makers_price_and_both_parties() -> None:
    new = desk()
    new.place(1, "BUY", "LIMIT", "1", "100")
    new.place(2, "SELL", "LIMIT", "1", "90")
    (trade,) = new.of(TradeEvent)
    assert (show(trade.price), show(trade.quote_quantity)) == ("100.00000000", "100.00000000")
    assert (trade.buyer_order_id, trade.seller_order_id, trade.is_buyer_maker) == (1, 2, True)
    assert (trade.buyer_account_id, trade.seller_account_id) == (1, 2)


def test_the_price_difference_is_free_again() -> None:
    new = desk()
    new.place(1, "SELL", "LIMIT", "1", "90")
    new.place(2, "BUY", "LIMIT", "2", "100")
    assert (new.free(2, "USDT"), new.locked(2, "USDT")) == ("9810.00000000", "100.00000000")


@pytest.mark.parametrize(
    ("tif", "quantity", "status", "executed", "reason"),
    [
        ("GTC", "3", "PARTIALLY_FILLED", "2", None),
        ("IOC", "3", "EXPIRED", "2", "UNFILLED_IOC_QUANTITY_EXPIRED"),
        ("IOC", "2", "FILLED", "2", None),
        ("FOK", "3", "EXPIRED", "0", "UNFILLED_FOK_ORDER_EXPIRED"),
        ("FOK", "2", "FILLED", "2", None),
    ],
)
@pytest.mark.parity("time in force", "GTC", "IOC", "FOK")
@pytest.mark.parity("expiry reason", "UNFILLED_IOC_QUANTITY_EXPIRED", "UNFILLED_FOK_ORDER_EXPIRED")
def test_time_in_force(tif: str, quantity: str, status: str, executed: str, reason: str | None) -> None:
    new = desk()
    new.place(1, "SELL", "LIMIT", "1", "100")
    new.place(1, "SELL", "LIMIT", "1", "101")
    new.place(1, "SELL", "LIMIT", "5", "102")
    order = new.place(2, "BUY", "LIMIT", quantity, "101", tif=tif).order
    assert (order.status, order.executed_qty, order.expiry_reason) == (status, parse(executed), reason)


@pytest.mark.parity("order type", "LIMIT_MAKER")
def test_a_limit_maker_never_takes() -> None:
    new = desk()
    new.place(1, "SELL", "LIMIT", "1", "100")
    with refused(-2010, "Order would immediately match and take."):
        new.place(2, "BUY", "LIMIT_MAKER", "1", "100")
    assert new.place(2, "BUY", "LIMIT_MAKER", "1", "99.99").order.status == "NEW"


@pytest.mark.parity("behaviour", "iceberg orders show a part at a time and queue anew")
def test_an_iceberg_shows_one_part_at_a_time_and_queues_again() -> None:
    new = desk()
    iceberg = new.place(1, "SELL", "LIMIT", "5", "100", iceberg_qty="2").order
    plain = new.place(2, "SELL", "LIMIT", "1", "100").order
    assert new.book()[1] == [("100.00000000", "3.00000000")]
    new.place(3, "BUY", "LIMIT", "2.5", "100")
    assert (show(iceberg.executed_qty), show(plain.executed_qty)) == ("2.00000000", "0.50000000")
    assert new.book()[1] == [("100.00000000", "2.50000000")]
    new.place(3, "BUY", "LIMIT", "3", "100")
    assert (iceberg.visible, iceberg.remaining) == (parse("0.5"), parse("0.5"))


def test_a_level_that_looks_the_same_says_nothing() -> None:
    """One part of an iceberg is taken and the next shows the same quantity."""
    new = desk()
    new.place(1, "SELL", "LIMIT", "5", "100", iceberg_qty="2")
    new.forget()
    new.place(2, "BUY", "LIMIT", "2", "100")
    assert new.of(LevelChange) == []


def test_hidden_quantity_is_not_taken_for_shown() -> None:
    """Two shown of five; three more make five shown, which is a change."""
    new = desk()
    new.place(1, "SELL", "LIMIT", "5", "100", iceberg_qty="2")
    new.place(2, "SELL", "LIMIT", "3", "100")
    assert [show(e.quantity, 0) for e in new.of(LevelChange)] == ["2", "5"]


def test_changes_rebuild_the_book() -> None:
    new = desk()
    for price in ("100", "101", "101", "103"):
        new.place(1, "SELL", "LIMIT", "1", price)
    new.place(2, "BUY", "LIMIT", "2.5", "101")
    new.place(2, "BUY", "LIMIT", "2", "99")
    new.cancel(1, order_id=4)
    update_id, bids, asks = new.engine.depth("BTCUSDT")
    assert rebuilt(new.events, "BTCUSDT") == (dict(bids), dict(asks))
    assert update_id == len(new.of(LevelChange))
    assert new.engine.depth("BTCUSDT", 0)[1:] == ([], [])


def test_depth_is_cut_at_the_best_levels() -> None:
    new = desk()
    for price in ("100", "101", "102"):
        new.place(1, "SELL", "LIMIT", "1", price)
    assert [show(p, 0) for p, _ in new.engine.depth("BTCUSDT", 2)[2]] == ["100", "101"]


def test_every_command_ends_with_the_balances_it_touched() -> None:
    new = desk()
    new.place(1, "BUY", "LIMIT", "1", "100")
    (position,) = new.of(AccountPosition)
    assert position.balances == [("USDT", parse("9900"), parse("100"))]
    new.forget()
    new.place(2, "SELL", "LIMIT", "1", "100")
    kinds = [type(event) for event in new.events]
    assert kinds == [OrderEvent, OrderEvent, OrderEvent, TradeEvent, LevelChange, AccountPosition, AccountPosition]
    assert {asset for asset, *_ in new.of(AccountPosition)[0].balances} == {"BTC", "USDT"}


def test_first_fills_can_be_told_from_later_ones() -> None:
    """The unfilled order count needs to know: first fill, as taker or maker."""
    new = desk()
    new.place(1, "BUY", "LIMIT", "2", "100")
    for _ in range(2):
        new.place(2, "SELL", "LIMIT", "1", "100")
    fills = [e for e in new.reports() if e.execution_type == "TRADE"]
    assert [(e.executed_qty == e.last_qty, e.is_maker) for e in fills] == [
        (True, False),
        (True, True),
        (True, False),
        (False, True),
    ]


def test_the_same_commands_give_the_same_events() -> None:
    def life() -> list[str]:
        new = desk()
        new.place(1, "BUY", "LIMIT", "2", "100")
        new.place(2, "SELL", "MARKET", "3")
        new.place_list(1, "OTO", request("BUY", "LIMIT", "1", "50"), request("BUY", "LIMIT", "1", "50"))
        return [f"{type(e).__name__} {e.client_order_id if isinstance(e, OrderEvent) else e.time}" for e in new.events]

    assert life() == life()


def test_time_does_not_go_backwards() -> None:
    new = desk()
    new.place(1, "BUY", "LIMIT", "1", "100")
    with pytest.raises(ValueError, match="backwards"):
        new.engine.place(1, request("BUY", "LIMIT", "1", "100"), new.now - 1)


def test_a_level_shows_no_more_than_sixty_three_bits() -> None:
    new = Desk()
    new.account(1, BTC="200000000000")
    for _ in range(2):
        new.place(1, "SELL", "LIMIT", "92233720368", "100")
    assert new.engine.depth("BTCUSDT")[2] == [(parse("100"), 2**63 - 1)]
    assert [each.quantity for each in new.of(LevelChange)] == [parse("92233720368"), 2**63 - 1]
    new.cancel(1, order_id=1)
    new.place(1, "SELL", "LIMIT", "0.5", "100")
    assert [each.quantity for each in new.of(LevelChange)][2:] == [parse("92233720368"), parse("92233720368.5")]
