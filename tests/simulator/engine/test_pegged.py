"""Pegged orders take their price from the book when they enter it (faqs/pegged_orders.md)."""

from __future__ import annotations

import pytest

from binance_wsapi.simulator.engine import (
    ExpiryReason,
    Notional,
    PegOffsetType,
    PegPriceType,
    PriceFilter,
    parse,
    show,
)
from tests.simulator.engine.desk import Desk, refused, request

PRIMARY, MARKET = PegPriceType.PRIMARY_PEG, PegPriceType.MARKET_PEG


def desk(**more: object) -> Desk:
    """Bids at 99, 98; asks at 101, 103."""
    new = Desk(**more)  # type: ignore[arg-type]
    new.account(1, BTC="100", USDT="10000")
    new.account(2, BTC="100", USDT="10000")
    for side, price in (("BUY", "99"), ("BUY", "98"), ("SELL", "101"), ("SELL", "103")):
        new.place(2, side, "LIMIT", "1", price)
    return new


@pytest.mark.parametrize(
    ("side", "kind", "peg", "offset", "expected"),
    [
        ("BUY", "LIMIT", PRIMARY, None, "99"),
        ("BUY", "LIMIT", PRIMARY, 1, "98"),
        ("SELL", "LIMIT", PRIMARY, None, "101"),
        ("SELL", "LIMIT_MAKER", PRIMARY, 1, "103"),
        ("BUY", "LIMIT", MARKET, None, "101"),
        ("SELL", "LIMIT", MARKET, 1, "98"),
    ],
)
@pytest.mark.parity("behaviour", "pegged orders take their price when they enter the book")
def test_the_peg_selects_a_level(side: str, kind: str, peg: PegPriceType, offset: int | None, expected: str) -> None:
    kind_of_offset = None if offset is None else PegOffsetType.PRICE_LEVEL
    order = (
        desk()
        .place(1, side, kind, "1", peg_price_type=peg, peg_offset_value=offset, peg_offset_type=kind_of_offset)
        .order
    )
    assert show(order.pegged_price) == show(parse(expected))
    assert order.price == 0


def test_a_primary_peg_queues_behind_the_best() -> None:
    new = desk()
    new.place(1, "BUY", "LIMIT", "2", peg_price_type=PRIMARY)
    assert new.book()[0][0] == ("99.00000000", "3.00000000")
    assert new.locked(1, "USDT") == "198.00000000"


def test_a_market_peg_ioc_takes_the_best_price_and_only_that() -> None:
    result = desk().place(1, "BUY", "LIMIT", "3", peg_price_type=MARKET, tif="IOC")
    assert [show(f.price) for f in result.fills] == ["101.00000000"]
    assert (result.order.status, result.order.expiry_reason) == ("EXPIRED", "UNFILLED_IOC_QUANTITY_EXPIRED")


def test_without_that_level_the_order_is_refused() -> None:
    with refused(-2010, "Order book liquidity is too low for this pegged order."):
        desk().place(1, "BUY", "LIMIT", "1", peg_price_type=PRIMARY, peg_offset_value=2)


@pytest.mark.parametrize(
    ("msg", "kind", "peg", "more"),
    [
        ("This order type may not use pegged price.", "MARKET", MARKET, {}),
        ("This order type may not use pegged price.", "STOP_LOSS", PRIMARY, {"stop_price": "1"}),
        ("This price peg cannot be used with this order type.", "LIMIT_MAKER", MARKET, {}),
        ("This price peg cannot be used with this order type.", "LIMIT", PRIMARY, {"tif": "IOC"}),
    ],
)
def test_not_every_type_takes_every_peg(msg: str, kind: str, peg: PegPriceType, more: dict[str, str]) -> None:
    with refused(-2010, msg):
        desk().place(1, "SELL", kind, "1", peg_price_type=peg, **more)


def test_symbols_may_not_allow_pegs() -> None:
    with refused(-2010, "Pegged orders are not supported for this symbol."):
        desk(peg_instructions_allowed=False).place(1, "BUY", "LIMIT", "1", peg_price_type=PRIMARY)


def test_filters_look_at_the_pegged_price_and_at_the_price() -> None:
    new = desk(filters=[PriceFilter(0, parse("500"), 0), Notional(parse("50"), True, parse("1000"), True)])
    with refused(-1013, "Filter failure: NOTIONAL"):
        new.place(1, "BUY", "LIMIT", "20", peg_price_type=PRIMARY)
    with refused(-1013, "Filter failure: PRICE_FILTER"):
        new.place(1, "BUY", "LIMIT", "1", "501", peg_price_type=PRIMARY)
    order = new.place(1, "BUY", "LIMIT", "1", "60", peg_price_type=PRIMARY).order
    assert (show(order.price), show(order.pegged_price)) == ("60.00000000", "99.00000000")


@pytest.mark.parity("behaviour", "pegged orders take their price when they enter the book")
def test_a_stop_limit_takes_the_price_of_the_trigger() -> None:
    new = desk()
    new.place(2, "SELL", "MARKET", "1")
    order = new.place(1, "SELL", "STOP_LOSS_LIMIT", "1", peg_price_type=PRIMARY, stop_price="98").order
    assert order.pegged_price == 0
    new.place(2, "SELL", "LIMIT", "1", "100")
    new.place(2, "SELL", "MARKET", "1")
    assert (order.is_working, show(order.pegged_price), order.status) == (True, "100.00000000", "NEW")
    assert new.reports(1)[-1].pegged_price == parse("100")


def test_a_stop_limit_whose_level_is_gone_expires_as_rejected() -> None:
    new = desk()
    new.place(2, "SELL", "MARKET", "1")
    order = new.place(1, "BUY", "TAKE_PROFIT_LIMIT", "1", peg_price_type=PRIMARY, stop_price="98").order
    new.place(2, "SELL", "MARKET", "1")
    assert (order.status, order.expiry_reason) == ("EXPIRED", ExpiryReason.REJECTED)
    assert new.locked(1, "USDT") == "0.00000000"


def test_pegs_in_lists_are_taken_when_each_order_is_placed() -> None:
    new = desk()
    result = new.place_list(
        1,
        "OTO",
        request("BUY", "LIMIT", "1", peg_price_type=MARKET),
        request("SELL", "LIMIT", "1", peg_price_type=PRIMARY),
    )
    working, pending = (each.order for each in result.results)
    assert (working.status, show(working.pegged_price)) == ("FILLED", "101.00000000")
    assert (pending.status, pending.pegged_price) == ("PENDING_NEW", 0)
    placed = new.order(1, pending.order_id)
    assert (placed.status, show(placed.pegged_price)) == ("NEW", "103.00000000")


def test_an_oco_leg_may_be_pegged() -> None:
    new = desk()
    new.trade("100")
    result = new.place_list(
        1,
        "OCO",
        request("SELL", "LIMIT_MAKER", "1", peg_price_type=PRIMARY),
        request("SELL", "STOP_LOSS_LIMIT", "1", stop_price="90", peg_price_type=MARKET),
    )
    stop, limit = (each.order for each in result.results)
    assert (show(limit.pegged_price), stop.pegged_price) == ("101.00000000", 0)
