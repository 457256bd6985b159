"""Running the exchange: funds, accounts, symbols."""

from __future__ import annotations

import pytest

from binance_wsapi.simulator.engine import (
    BalanceUpdate,
    Engine,
    ExternalLockUpdate,
    SorSpec,
    SymbolSpec,
    SymbolStatus,
    SymbolStatusEvent,
    parse,
    show,
)
from tests.simulator.engine.desk import Desk, refused, request


def desk(**more: object) -> Desk:
    new = Desk(**more)  # type: ignore[arg-type]
    for account_id in (1, 2, 3):
        new.account(account_id, BTC="100", USDT="10000")
    return new


def test_deposits_and_withdrawals() -> None:
    new = desk()
    new.engine.deposit(1, "ETH", parse("2"), new.tick())
    new.engine.withdraw(1, "ETH", parse("0.5"), new.tick())
    assert [(e.asset, show(e.delta)) for e in new.of(BalanceUpdate)] == [("ETH", "2.00000000"), ("ETH", "-0.50000000")]
    assert new.free(1, "ETH") == "1.50000000"
    for amount in (0, -1, parse("1.6")):
        with pytest.raises(ValueError, match="withdrawal"):
            new.engine.withdraw(1, "ETH", amount, new.tick())
    with pytest.raises(ValueError, match="deposit"):
        new.engine.deposit(1, "ETH", 0, new.tick())


def test_external_locks_are_locked_and_come_back() -> None:
    new = desk()
    new.engine.external_lock(1, "BTC", parse("40"), new.tick())
    assert (new.free(1, "BTC"), new.locked(1, "BTC")) == ("60.00000000", "40.00000000")
    for delta in (parse("61"), -parse("41"), 0):
        with pytest.raises(ValueError, match="lock"):
            new.engine.external_lock(1, "BTC", delta, new.tick())
    new.engine.external_lock(1, "BTC", -parse("40"), new.tick())
    assert [show(e.delta, 0) for e in new.of(ExternalLockUpdate)] == ["40", "-40"]
    assert new.free(1, "BTC") == "100.00000000"


def test_accounts_are_opened_once_with_money_that_exists() -> None:
    new = desk()
    with pytest.raises(ValueError, match="open already"):
        new.account(1)
    with pytest.raises(ValueError, match="negative"):
        new.engine.open_account(8, {"BTC": -1})
    with pytest.raises(KeyError):
        new.place(99, "BUY", "LIMIT", "1", "1")


def test_symbols_can_be_listed_later_and_closed() -> None:
    new = desk()
    with pytest.raises(ValueError, match="listed already"):
        new.engine.add_symbol(SymbolSpec("BTCUSDT", "BTC", "USDT"))
    new.engine.add_symbol(SymbolSpec("ETHBTC", "ETH", "BTC"))
    assert new.place(1, "BUY", "LIMIT", "1", "1", symbol="ETHBTC").order.status == "NEW"
    for status in SymbolStatus:
        new.engine.set_status("ETHBTC", status, new.tick())
        assert new.engine.status("ETHBTC") is status
        if status is not SymbolStatus.TRADING:
            with refused(-2010, "Market is closed."):
                new.place(1, "BUY", "LIMIT", "1", "1", symbol="ETHBTC")
    assert len(new.of(SymbolStatusEvent)) == len(SymbolStatus) - 1


def test_smart_order_routing_joins_listed_books_of_one_base_asset() -> None:
    spec = SymbolSpec("BTCUSDT", "BTC", "USDT")
    for sor in (SorSpec("BTC", ("BTCUSDT", "BTCUSDC")), SorSpec("ETH", ("BTCUSDT",))):
        with pytest.raises(ValueError, match="smart order routing"):
            Engine([spec], sors=[sor])


def test_a_conversion_price_can_be_set_and_taken_back() -> None:
    new = desk()
    with pytest.raises(ValueError, match="positive"):
        new.engine.set_conversion("USDT", 0)
    new.engine.set_conversion("USDT", 1)
    new.engine.set_conversion("USDT", None)
    new.engine.set_conversion("USDT", None)


@pytest.mark.parametrize(
    "name", ["quantity", "price", "stop_price", "quote_order_qty", "iceberg_qty", "trailing_delta"]
)
def test_negative_amounts_are_the_callers_mistake(name: str) -> None:
    new = desk()
    order = request("BUY", "LIMIT", "1", "1")
    setattr(order, name, -1)
    with pytest.raises(ValueError, match="negative"):
        new.engine.place(1, order, new.tick())
