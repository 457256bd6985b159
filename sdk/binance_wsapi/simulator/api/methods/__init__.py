"""Every method of the API, one module per group of the venue's documentation."""

from __future__ import annotations

from binance_wsapi.simulator.api.calls import Method
from binance_wsapi.simulator.api.methods import account, general, market, order_lists, sessions, sor, tickers, trading

__all__ = ["METHODS"]

_GROUPS = (general, market, tickers, sessions, trading, order_lists, sor, account)

METHODS: dict[str, Method] = {method.name: method for group in _GROUPS for method in group.METHODS}
