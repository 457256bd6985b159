"""The price range execution rule and the reference price it stands on (price_range_execution_rules)."""

from __future__ import annotations

import pytest

from binance_wsapi.simulator.engine import (
    ExecutionRule,
    PercentPrice,
    ReferencePriceEvent,
    ReferencePriceSetup,
    Refused,
    SymbolSpec,
    parse,
    show,
)
from binance_wsapi.simulator.engine.model.prices import AveragePrice, ReferencePrice
from tests.simulator.engine.desk import Desk, refused

FAQ_RULE = ExecutionRule(parse("2"), parse("0.5"), parse("2"), parse("0.5"))
EXTERNAL = ReferencePriceSetup(external_calculation_id=0)
EXCEEDED = "EXECUTION_RULE_PRICE_RANGE_EXCEEDED"


def desk(rule: ExecutionRule | None = FAQ_RULE, setup: ReferencePriceSetup | None = EXTERNAL) -> Desk:
    """BAZUSD; the reference price is 10 if it is set from outside."""
    new = Desk(SymbolSpec("BTCUSDT", "BTC", "USDT", execution_rule=rule, reference_price=setup))
    new.account(1, BTC="1000", USDT="100000")
    new.account(2, BTC="1000", USDT="100000")
    if setup is not None and setup.external_calculation_id is not None:
        new.engine.set_reference_price("BTCUSDT", parse("10"), new.tick())
    return new


@pytest.mark.parametrize(
    ("maker", "taker", "edge", "beyond"), [("SELL", "BUY", "20", "20.01"), ("BUY", "SELL", "5", "4.99")]
)
@pytest.mark.parity("behaviour", "price range execution rule")
@pytest.mark.parity("expiry reason", "EXECUTION_RULE_PRICE_RANGE_EXCEEDED")
def test_a_taker_trades_up_to_the_limit_and_expires_beyond(maker: str, taker: str, edge: str, beyond: str) -> None:
    new = desk()
    new.place(2, maker, "LIMIT", "1", edge)
    new.place(2, maker, "LIMIT", "1", beyond)
    result = new.place(1, taker, "LIMIT", "5", "100" if taker == "BUY" else "1")
    assert [show(f.price) for f in result.fills] == [show(parse(edge))]
    assert (result.order.status, result.order.expiry_reason) == ("EXPIRED", EXCEEDED)
    assert new.reports(1)[-1].expiry_reason == EXCEEDED
    assert new.locked(1, "USDT") == new.locked(1, "BTC") == "0.00000000"


def test_the_other_direction_is_limited_too() -> None:
    new = desk()
    new.place(2, "SELL", "LIMIT", "1", "4.99")
    assert new.place(1, "BUY", "MARKET", "1").order.expiry_reason == EXCEEDED


def test_orders_that_do_not_take_may_have_any_price() -> None:
    assert desk().place(1, "BUY", "LIMIT", "1", "0.01").order.status == "NEW"


@pytest.mark.parametrize(
    ("rule", "setup"),
    [(None, EXTERNAL), (FAQ_RULE, None), (ExecutionRule(bid_limit_mult_down=parse("0.5")), EXTERNAL)],
)
def test_without_rule_reference_or_multiplier_nothing_is_enforced(
    rule: ExecutionRule | None, setup: ReferencePriceSetup | None
) -> None:
    new = desk(rule, setup)
    new.place(2, "SELL", "LIMIT", "1", "1000")
    assert new.place(1, "BUY", "MARKET", "1").order.status == "FILLED"


def test_a_null_reference_price_enforces_nothing() -> None:
    new = desk()
    new.engine.set_reference_price("BTCUSDT", None, new.tick())
    new.place(2, "SELL", "LIMIT", "1", "1000")
    assert new.place(1, "BUY", "MARKET", "1").order.status == "FILLED"
    assert new.engine.reference_price("BTCUSDT", new.now)[0] is None


def test_fill_or_kill_beyond_the_range_expires_whole() -> None:
    new = desk()
    new.place(2, "SELL", "LIMIT", "1", "20")
    new.place(2, "SELL", "LIMIT", "1", "21")
    order = new.place(1, "BUY", "LIMIT", "2", "30", tif="FOK").order
    assert (order.expiry_reason, order.executed_qty) == (EXCEEDED, 0)


def test_a_quote_quantity_beyond_the_range_trades_up_to_it_and_expires() -> None:
    new = desk()
    new.place(2, "SELL", "LIMIT", "1", "20")
    new.place(2, "SELL", "LIMIT", "1", "21")
    order = new.place(1, "BUY", "MARKET", quote_order_qty="41").order
    assert (order.expiry_reason, show(order.executed_qty), show(order.quantity)) == (
        EXCEEDED,
        "1.00000000",
        "2.00000000",
    )
    again = new.place(1, "BUY", "MARKET", quote_order_qty="21").order
    assert (again.expiry_reason, again.executed_qty) == (EXCEEDED, 0)
    assert new.locked(1, "USDT") == "0.00000000"


def test_limits_are_fixed_for_the_whole_taker_phase() -> None:
    """Its own trades move the mean; a taker is held to the limits with which it began."""
    new = desk(FAQ_RULE, ReferencePriceSetup(bucket_count=10, bucket_width_ms=1000))
    new.trade("10")
    for price in ("19", "20", "25"):
        new.place(2, "SELL", "LIMIT", "1", price)
    result = new.place(1, "BUY", "MARKET", "3")
    assert [show(f.price) for f in result.fills] == ["19.00000000", "20.00000000"]
    assert result.order.expiry_reason == EXCEEDED
    assert new.place(1, "BUY", "MARKET", "1").order.status == "FILLED"


@pytest.mark.parity("behaviour", "reference price: mean of buckets, or set from outside")
def test_the_mean_of_the_window() -> None:
    price = ReferencePrice(bucket_count=3, bucket_width_ms=1000)
    assert price.at(0) is None
    price.trade(100, 200_000)
    price.trade(200, 900_000)
    price.trade(400, 1_500_000)
    assert price.at(1_500_000) == 233  # (100 + 200 + 400) / 3, cut off
    assert price.at(3_000_000) == 233


def test_the_oldest_bucket_is_prorated_and_then_dropped() -> None:
    price = ReferencePrice(bucket_count=2, bucket_width_ms=1000)
    price.trade(100, 0)
    price.trade(100, 1)
    price.trade(400, 1_000_000)
    assert price.at(2_000_000) == 200
    assert price.at(2_500_000) == 250  # half of the two trades at 100 is left: (100 + 400) / 2
    assert price.at(2_750_000) == 300  # a quarter: (50 + 400) / 1.5
    assert price.at(3_000_000) == 400
    assert price.at(4_000_000) is None


def test_queries_and_changes_of_the_reference_price() -> None:
    new = desk(None, ReferencePriceSetup(bucket_count=1, bucket_width_ms=1000))
    assert new.engine.reference_price("BTCUSDT", new.now) == (None, new.now)
    new.trade("10")
    new.engine.advance(new.tick())
    new.engine.advance(new.tick())
    new.engine.advance(new.tick(5_000_000))
    assert [event.price for event in new.of(ReferencePriceEvent)] == [parse("10"), None]
    with refused(-2043, "This symbol doesn't have a reference price."):
        new.engine.set_reference_price("BTCUSDT", 1, new.now)


def test_a_symbol_that_never_had_one() -> None:
    new = Desk()
    with refused(-2043, "This symbol doesn't have a reference price."):
        new.engine.reference_price("BTCUSDT", new.now)


def test_an_external_price_keeps_the_time_at_which_it_was_set() -> None:
    new = desk()
    set_at = new.now
    new.tick()
    assert new.engine.reference_price("BTCUSDT", new.now) == (parse("10"), set_at)


@pytest.mark.parity("behaviour", "average price filters use the reference price")
def test_filters_prefer_the_reference_price_to_the_average() -> None:
    spec = SymbolSpec(
        "BTCUSDT", "BTC", "USDT", reference_price=EXTERNAL, filters=(PercentPrice(parse("1.1"), parse("0.9"), 5),)
    )
    new = Desk(spec)
    new.account(1, USDT="1000")
    new.trade("100")
    new.engine.set_reference_price("BTCUSDT", parse("10"), new.tick())
    new.place(1, "BUY", "LIMIT", "1", "11")
    with pytest.raises(Refused, match="PERCENT_PRICE"):
        new.place(1, "BUY", "LIMIT", "1", "100")
    new.engine.set_reference_price("BTCUSDT", None, new.tick())
    new.place(1, "BUY", "LIMIT", "1", "100")


def test_the_weighted_average_forgets_what_is_older_than_its_minutes() -> None:
    average = AveragePrice(1)
    second = 1_000_000
    assert average.at(0) is None
    average.trade(100, 1, 0)
    average.trade(200, 3, 10 * second)
    assert average.at(59 * second) == 175
    assert average.at(60 * second) == 200
    assert average.at(70 * second) is None


def test_a_reference_price_needs_buckets() -> None:
    with pytest.raises(ValueError, match="bucket"):
        ReferencePrice(0, 1000)
