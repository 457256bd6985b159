"""What an account has, has open and has done, for people at 80 columns and for programs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import Terminal


def test_the_account_and_its_balances_are_those_of_the_exchange(terminal: Terminal) -> None:
    terminal.served.do(lambda exchange: exchange.deposit("alice", "BTC", "1.5"))
    assert "may withdraw" in terminal.run("account").stdout
    assert terminal.json("account")["accountType"] == "SPOT"
    held = {each["asset"]: each["free"] for each in terminal.json("balances")}
    true = terminal.served.do(lambda exchange: exchange.truth.balances("alice"))
    assert {asset: f"{free:.8f}" for asset, (free, _) in true.items() if free} == held
    assert {each["locked"] for each in terminal.json("balances --all")} == {"0.00000000"}
    shown = terminal.run("balances btc").stdout
    assert "101.5" in shown
    assert "USDT" not in shown


def test_an_asset_that_is_not_there_is_named(terminal: Terminal) -> None:
    assert "NOPE" in terminal.run("balances NOPE", code=2).stderr


def test_orders_are_shown_open_or_all_and_trades_beside_them(terminal: Terminal) -> None:
    terminal.run("order place BTCUSDT BUY LIMIT -q 0.01 -p 59000 --id resting-1")
    terminal.run("order place BTCUSDT BUY MARKET -q 0.02")
    (resting,) = terminal.json("orders")
    assert resting["clientOrderId"] == "resting-1"
    assert [each["status"] for each in terminal.json("orders BTCUSDT --all")] == ["NEW", "FILLED"]
    (trade,) = terminal.json("trades BTCUSDT")
    assert trade["qty"] == "0.02000000"
    for line in ("orders", "orders BTCUSDT --all", "trades BTCUSDT", "account", "balances"):
        assert max(len(each) for each in terminal.run(line).stdout.splitlines()) <= 80, line
    assert "resting-1" in terminal.run("orders", COLUMNS="140").stdout


def test_all_orders_need_a_symbol(terminal: Terminal) -> None:
    assert "needs a symbol" in terminal.run("orders --all", code=2).stderr


@pytest.mark.parametrize("line", ["account", "balances", "orders", "trades BTCUSDT", "fills", "fate x"])
def test_what_needs_a_key_says_so_before_it_connects(line: str, terminal: Terminal) -> None:
    none = {"BINANCE_API_KEY": "", "BINANCE_PRIVATE_KEY_FILE": "", "BINANCE_ENVIRONMENT": "ws://127.0.0.1:9/ws-api/v3"}
    assert "needs a key" in terminal.run(line, code=2, **none).stderr


@pytest.mark.parametrize("width", ["20", "40", "80", "140"])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_every_number_is_whole_in_a_terminal_of_any_width(width: str, encoding: str, terminal: Terminal) -> None:
    """A number in two lines is read as another, and a column that is left out is missed."""
    terminal.served.do(lambda exchange: exchange.deposit("alice", "BTC", "123456.12345678"))
    terminal.run("order place BTCUSDT BUY LIMIT -q 0.01234 -p 58123.45 --id narrow-1")
    wide: Any = {"COLUMNS": width, "PYTHONIOENCODING": encoding}
    held = terminal.run("balances", **wide).stdout.split()
    (row,) = [each for each in terminal.json("balances BTC") if each["asset"] == "BTC"]
    assert row["free"].rstrip("0") in held
    shown = terminal.run("orders", **wide).stdout.split()
    assert {"0.01234", "58123.45", "NEW", "BTCUSDT"} <= set(shown)
    assert "narrow-1" in terminal.run("order status BTCUSDT --id narrow-1", COLUMNS="140").stdout
    facts = terminal.run("account", **wide).stdout
    assert "commission" in facts


def test_limits_are_whole_in_a_narrow_terminal(terminal: Terminal) -> None:
    words = terminal.run("limits", COLUMNS="40").stdout
    assert "REQUEST_WEIGHT 1 minute" in words
    assert {"6000", "160000"} <= set(words.split())
    assert max(map(len, words.splitlines())) <= 40
