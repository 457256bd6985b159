"""Commissions are those of the worked example in commission_faq."""

from __future__ import annotations

import pytest

from binance_wsapi.simulator.engine import (
    CommissionRates,
    Discount,
    OrderEvent,
    Rates,
    SymbolSpec,
    parse,
    show,
)
from tests.simulator.engine.desk import Desk


def rates(maker: str, taker: str, buyer: str, seller: str) -> Rates:
    return Rates(parse(maker), parse(taker), parse(buyer), parse(seller))


FAQ = CommissionRates(
    standard=rates("0.00000010", "0.00000020", "0.00000030", "0.00000040"),
    special=rates("0.01", "0.02", "0.03", "0.04"),
    tax=rates("0.00000112", "0.00000114", "0.00000118", "0.00000116"),
)
QUARTER = Discount(enabled=True, discount=parse("0.25"))


def desk(bnb: str = "10", *, discount: Discount = QUARTER, enabled_for_symbol: bool = True) -> Desk:
    """A seller of 0.49975 BTC at the FAQ's rates before a bid at 35,000, and BNB at 260."""
    new = Desk(
        SymbolSpec("BTCUSDT", "BTC", "USDT", discount_enabled=enabled_for_symbol), SymbolSpec("BNBUSDT", "BNB", "USDT")
    )
    new.account(1, BTC="1", BNB=bnb, rates=FAQ, discount=discount)
    new.account(2, USDT="100000")
    new.trade("260", symbol="BNBUSDT")
    new.place(2, "BUY", "LIMIT", "0.49975", "35000")
    return new


@pytest.mark.parity("behaviour", "commission: standard, special and tax rates of maker, taker, buyer and seller")
def test_without_the_discount_all_three_kinds_come_off_the_received_amount() -> None:
    new = desk(discount=Discount(enabled=False))
    result = new.place(1, "SELL", "MARKET", "0.49975")
    assert [(show(f.commission), f.commission_asset) for f in result.fills] == [("1049.52572463", "USDT")]
    assert show(parse("0.01049475") + parse("0.04022988") + parse("1049.475")) == "1049.52572463"
    assert new.free(1, "USDT") == show(parse("17491.25") - parse("1049.52572463"))
    assert new.engine.collected() == {"USDT": parse("1049.52572463")}


@pytest.mark.parity("behaviour", "commission in BNB: the discount multiplies the standard part")
def test_in_bnb_only_the_standard_commission_is_multiplied_by_the_discount() -> None:
    """The FAQ's total of 4.036607129 BNB, at eight places."""
    new = desk()
    result = new.place(1, "SELL", "MARKET", "0.49975")
    assert [(show(f.commission), f.commission_asset) for f in result.fills] == [("4.03660713", "BNB")]
    assert new.free(1, "USDT") == "17491.25000000"
    assert new.free(1, "BNB") == "5.96339287"


def test_with_too_little_bnb_the_whole_commission_comes_off_the_received_amount() -> None:
    result = desk(bnb="4.03660712").place(1, "SELL", "MARKET", "0.49975")
    assert [(show(f.commission), f.commission_asset) for f in result.fills] == [("1049.52572463", "USDT")]


def test_exactly_enough_bnb_is_enough() -> None:
    new = desk(bnb="4.03660713")
    assert new.place(1, "SELL", "MARKET", "0.49975").fills[0].commission_asset == "BNB"
    assert new.free(1, "BNB") == "0.00000000"


def test_a_symbol_without_the_discount_charges_the_received_asset() -> None:
    result = desk(enabled_for_symbol=False).place(1, "SELL", "MARKET", "0.49975")
    assert result.fills[0].commission_asset == "USDT"


def test_without_a_price_for_bnb_the_received_asset_pays() -> None:
    new = Desk()
    new.account(1, BTC="1", BNB="10", rates=FAQ, discount=QUARTER)
    new.account(2, USDT="100000")
    new.place(2, "BUY", "LIMIT", "1", "35000")
    assert new.place(1, "SELL", "MARKET", "1").fills[0].commission_asset == "USDT"
    new.engine.set_conversion("USDT", parse("260"))
    new.place(2, "BUY", "LIMIT", "0.1", "35000")
    new.engine.deposit(1, "BTC", parse("1"), new.tick())
    assert new.place(1, "SELL", "MARKET", "0.1").fills[0].commission_asset == "BNB"


@pytest.mark.parametrize(("side", "expected", "asset"), [("BUY", "0.04", "BTC"), ("SELL", "2.00", "USDT")])
def test_a_maker_pays_the_maker_rate_of_its_side(side: str, expected: str, asset: str) -> None:
    """1 % as maker and 1 % as seller or 3 % as buyer, on one coin at 100."""
    new = Desk()
    own = CommissionRates(standard=rates("0.01", "0.5", "0.03", "0.01"))
    new.account(1, BTC="1", USDT="100", rates=own)
    new.account(2, BTC="1", USDT="100")
    new.place(1, side, "LIMIT", "1", "100")
    new.place(2, "SELL" if side == "BUY" else "BUY", "LIMIT", "1", "100")
    (fill,) = new.engine.my_trades(1, "BTCUSDT")
    assert (fill.commission, fill.commission_asset, fill.is_maker) == (parse(expected), asset, True)


def test_rates_of_a_symbol_replace_those_of_the_account() -> None:
    new = Desk(SymbolSpec("BTCUSDT", "BTC", "USDT"), SymbolSpec("ETHUSDT", "ETH", "USDT"))
    special = CommissionRates(standard=rates("0", "0.002", "0", "0"))
    new.account(1, USDT="1000", rates=CommissionRates(), symbol_rates={"ETHUSDT": special})
    new.account(2, BTC="1", ETH="1")
    for symbol in ("BTCUSDT", "ETHUSDT"):
        new.place(2, "SELL", "LIMIT", "1", "100", symbol=symbol)
    assert new.place(1, "BUY", "MARKET", "1").fills[0].commission == 0
    assert new.place(1, "BUY", "MARKET", "1", symbol="ETHUSDT").fills[0].commission == parse("0.002")
    assert new.engine.commission_rates(1, "ETHUSDT")[0] is special


def test_buying_bnb_pays_the_discounted_commission_out_of_it() -> None:
    new = Desk(SymbolSpec("BNBUSDT", "BNB", "USDT"))
    new.account(1, USDT="1000", rates=CommissionRates(standard=rates("0", "0.01", "0", "0")), discount=Discount(True))
    new.account(2, BNB="1")
    new.place(2, "SELL", "LIMIT", "1", "260", symbol="BNBUSDT")
    fill = new.place(1, "BUY", "MARKET", "1", symbol="BNBUSDT").fills[0]
    assert (show(fill.commission), fill.commission_asset) == ("0.00750000", "BNB")
    assert new.free(1, "BNB") == "0.99250000"


def test_commission_is_rounded_to_the_precision_of_its_asset() -> None:
    new = Desk(SymbolSpec("BTCUSDT", "BTC", "USDT", quote_commission_precision=2))
    new.account(1, BTC="1", rates=CommissionRates(standard=rates("0", "0.001", "0", "0")))
    new.account(2, USDT="1000")
    new.place(2, "BUY", "LIMIT", "1", "125.5")
    assert show(new.place(1, "SELL", "MARKET", "1").fills[0].commission) == "0.13000000"


def test_reports_show_commission_and_asset() -> None:
    new = desk()
    new.forget()
    new.place(1, "SELL", "MARKET", "0.49975")
    shown = [
        (e.execution_type, show(e.commission), e.commission_asset)
        for e in new.of(OrderEvent)
        if e.order.account_id == 1
    ]
    assert shown == [("NEW", "0.00000000", None), ("TRADE", "4.03660713", "BNB")]


@pytest.mark.parametrize(
    ("symbol", "side", "commission"),
    [
        ("BTCUSDT", "BUY", "0.07500000"),  # 0.001 BTC at 100 BNB
        ("BTCUSDT", "SELL", "0.07500000"),  # 60 USDT at 1/600 BNB
        ("ETHBTC", "BUY", "0.00375000"),  # 0.001 ETH, in BTC, in USDT
        ("ETHBTC", "SELL", "0.00375000"),
        ("LTCDAI", "BUY", "0.00100000"),  # no way from LTC to BNB: the asset received pays
    ],
)
def test_the_discount_asset_has_a_price_wherever_there_is_a_way_to_it(symbol: str, side: str, commission: str) -> None:
    """What is received is worth BNB by the opening prices before anything was traded, and over a third asset."""
    listed = {"BTCUSDT": "60000", "BNBUSDT": "600", "ETHBTC": "0.05", "LTCDAI": "0"}
    new = Desk(*(SymbolSpec(name, name[:3], name[3:]) for name in listed))
    for name, price in listed.items():
        new.engine.set_opening_price(name, parse(price))
    rates_ = CommissionRates(standard=rates("0.001", "0.001", "0", "0"))
    money = {"BTC": "10", "ETH": "10", "USDT": "100000", "DAI": "100000", "LTC": "10", "BNB": "10"}
    new.account(1, **money, rates=rates_, discount=Discount(True))
    new.account(2, **money)
    price = {"BTCUSDT": "60000", "ETHBTC": "0.05"}.get(symbol, "3000")
    new.place(2, "SELL" if side == "BUY" else "BUY", "LIMIT", "1", price, symbol=symbol)
    fill = new.place(1, side, "MARKET", "1", symbol=symbol).fills[0]
    expected = "LTC" if symbol == "LTCDAI" else "BNB"
    assert (show(fill.commission), fill.commission_asset) == (commission, expected)
