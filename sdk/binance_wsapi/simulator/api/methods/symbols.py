"""Which symbols a request is about: `symbol`, `symbols` and `symbolStatus`."""

from __future__ import annotations

from binance_wsapi.simulator.access.params import Kind, Param, one_of
from binance_wsapi.simulator.access.refusal import bad
from binance_wsapi.simulator.api.calls import Call
from binance_wsapi.simulator.engine import SymbolSpec, SymbolStatus

__all__ = ["STATUS", "SYMBOLS", "check_status", "chosen"]

SYMBOLS = Param("symbols", Kind.LIST)
STATUS = one_of(
    "symbolStatus",
    (SymbolStatus.TRADING, SymbolStatus.HALT, SymbolStatus.BREAK),
    error=(-1122, "Invalid symbolStatus."),
)


def check_status(call: Call, symbol: str) -> None:
    """Check that a symbol has the status the request asks for (-1220)."""
    wanted = call.get("symbolStatus")
    if wanted is not None and call.engine.status(symbol) != wanted:
        raise bad(-1220, "The symbol's status does not match the requested symbolStatus.")


def chosen(call: Call) -> list[SymbolSpec]:
    """Return the symbols asked for in listing order, all if none is named.

    One symbol in another status than asked for is an error; of several, those are left out (-1220).
    """
    engine = call.engine
    if "symbol" in call.params:
        spec = engine.spec(call.params["symbol"])
        check_status(call, spec.symbol)
        return [spec]
    if "symbols" in call.params:
        names = call.params["symbols"]
        if len(set(names)) != len(names):
            raise bad(-1151, "Symbol is present multiple times in the list.")
        specs = [engine.spec(name) for name in names]
    else:
        specs = engine.symbols
    wanted = call.get("symbolStatus")
    return [spec for spec in specs if wanted is None or engine.status(spec.symbol) == wanted]
