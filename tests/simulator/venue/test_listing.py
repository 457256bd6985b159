"""Symbols that an exchange lists: what they show of themselves."""

from __future__ import annotations

import inspect

from binance_wsapi.simulator import LocalExchange, listing


def test_a_listing_is_shown_by_its_symbol_and_price() -> None:
    assert repr(listing("SOL", "USDT", "150.50", tick="0.01", step="0.001")) == "<Listing SOLUSDT at 150.5>"


def test_the_signature_of_the_exchange_can_be_read() -> None:
    signature = str(inspect.signature(LocalExchange))
    assert "<Listing BTCUSDT at 60000>" in signature
    assert "SymbolSpec" not in signature
