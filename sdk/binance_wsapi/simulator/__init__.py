"""A spot exchange on your own machine, for tests and rehearsals: `LocalExchange`.

It speaks the venue's WebSocket API over a real socket, matches orders for real, and can be made to fail on purpose.
What it does not do is import anything of the client: a mistake shared by both sides would go unseen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_wsapi.simulator.access.limits import LimitRules
from binance_wsapi.simulator.clock import Clock
from binance_wsapi.simulator.engine import (
    CommissionRates,
    Discount,
    ExchangeFilter,
    ExchangeMaxNumAlgoOrders,
    ExchangeMaxNumIcebergOrders,
    ExchangeMaxNumOrderLists,
    ExchangeMaxNumOrders,
    ExecutionRule,
    Filter,
    IcebergParts,
    LotSize,
    MarketLotSize,
    MaxAsset,
    MaxNumAlgoOrders,
    MaxNumIcebergOrders,
    MaxNumOrderAmends,
    MaxNumOrderLists,
    MaxNumOrders,
    MaxPosition,
    MinNotional,
    Notional,
    PercentPrice,
    PercentPriceBySide,
    PriceFilter,
    Rates,
    ReferencePriceSetup,
    SorSpec,
    SymbolFilter,
    SymbolSpec,
    TrailingDelta,
    filter_from_json,
)
from binance_wsapi.simulator.exchange import LocalExchange
from binance_wsapi.simulator.faults.actions import (
    Action,
    Break,
    Cut,
    Delay,
    Double,
    Drop,
    Fragment,
    Garbage,
    Raw,
    Refuse,
)
from binance_wsapi.simulator.faults.faults import Faults, Upgrade
from binance_wsapi.simulator.faults.names import FaultError
from binance_wsapi.simulator.faults.scenario import Scenario, ScenarioError
from binance_wsapi.simulator.market.dump import DumpError
from binance_wsapi.simulator.market.tape_market import Tape
from binance_wsapi.simulator.record.replay import Replay
from binance_wsapi.simulator.record.truth import Frame, OrderTruth, TradeTruth, Truth
from binance_wsapi.simulator.settings import SETTINGS, SettingError
from binance_wsapi.simulator.venue.listing import EXCHANGE_FILTERS, LISTINGS, SORS, Listing, listing

if TYPE_CHECKING:
    from binance_wsapi.simulator.net.tls import Tls

__all__ = [
    "LocalExchange",
    "Clock",
    "LimitRules",
    "Tls",
    # what is traded, and by whom
    "EXCHANGE_FILTERS",
    "LISTINGS",
    "SETTINGS",
    "SORS",
    "DumpError",
    "Listing",
    "SettingError",
    "Tape",
    "listing",
    # how a symbol and an account are described; their numbers are whole multiples of 1/10**8
    "CommissionRates",
    "Discount",
    "ExecutionRule",
    "Rates",
    "ReferencePriceSetup",
    "SorSpec",
    "SymbolSpec",
    "ExchangeFilter",
    "ExchangeMaxNumAlgoOrders",
    "ExchangeMaxNumIcebergOrders",
    "ExchangeMaxNumOrderLists",
    "ExchangeMaxNumOrders",
    "Filter",
    "IcebergParts",
    "LotSize",
    "MarketLotSize",
    "MaxAsset",
    "MaxNumAlgoOrders",
    "MaxNumIcebergOrders",
    "MaxNumOrderAmends",
    "MaxNumOrderLists",
    "MaxNumOrders",
    "MaxPosition",
    "MinNotional",
    "Notional",
    "PercentPrice",
    "PercentPriceBySide",
    "PriceFilter",
    "SymbolFilter",
    "TrailingDelta",
    "filter_from_json",
    # what can go wrong
    "Faults",
    "Action",
    "Break",
    "Cut",
    "Delay",
    "Double",
    "Drop",
    "Fragment",
    "Garbage",
    "Raw",
    "Refuse",
    "FaultError",
    "Scenario",
    "ScenarioError",
    "Upgrade",
    # what really happened
    "Truth",
    "Frame",
    "OrderTruth",
    "TradeTruth",
    # a venue that answers as a recording does
    "Replay",
]


def __getattr__(name: str) -> object:
    """Import `Tls` when it is first asked for: few exchanges speak TLS, and what makes certificates takes long to import."""
    if name != "Tls":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from binance_wsapi.simulator.net.tls import Tls

    globals()[name] = Tls
    return Tls
