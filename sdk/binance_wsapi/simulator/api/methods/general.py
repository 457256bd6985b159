"""General requests: ping, time, exchangeInfo, executionRules."""

from __future__ import annotations

from typing import Any

from binance_wsapi.simulator.access.params import Kind, Param, one_of, symbol
from binance_wsapi.simulator.access.refusal import bad
from binance_wsapi.simulator.api.calls import Call, Method
from binance_wsapi.simulator.api.methods.symbols import STATUS, SYMBOLS, chosen
from binance_wsapi.simulator.engine import ExecutionRule, OrderType, StpMode, SymbolSpec, show

__all__ = ["METHODS", "exchange_info"]

_ORDER_TYPES = tuple(OrderType)
_SHOWN = ("SPOT", "MARGIN", "LEVERAGED")
"""Permissions whose symbols are described when the request names no others (exchangeInfo, Notes)."""
_PERMISSIONS = frozenset((*_SHOWN, *(f"TRD_GRP_{number:03}" for number in range(2, 26))))
"""Those of enums.md, "Account and Symbol Permissions"; a listed symbol may have newer ones."""


def ping(_: Call) -> dict[str, Any]:
    return {}


def server_time(call: Call) -> dict[str, Any]:
    return {"serverTime": call.venue.clock.now_us() // call.unit}


def _symbol_row(spec: SymbolSpec, status: str, *, show_permission_sets: bool) -> dict[str, Any]:
    return {
        "symbol": spec.symbol,
        "status": status,
        "baseAsset": spec.base_asset,
        "baseAssetPrecision": spec.base_asset_precision,
        "quoteAsset": spec.quote_asset,
        "quotePrecision": spec.quote_asset_precision,
        "quoteAssetPrecision": spec.quote_asset_precision,
        "baseCommissionPrecision": spec.base_commission_precision,
        "quoteCommissionPrecision": spec.quote_commission_precision,
        "orderTypes": [each for each in _ORDER_TYPES if each in spec.order_types],
        "icebergAllowed": spec.iceberg_allowed,
        "ocoAllowed": spec.oco_allowed,
        "otoAllowed": spec.oto_allowed,
        "opoAllowed": spec.opo_allowed,
        "quoteOrderQtyMarketAllowed": spec.quote_order_qty_market_allowed,
        "allowTrailingStop": spec.allow_trailing_stop,
        "cancelReplaceAllowed": spec.cancel_replace_allowed,
        "amendAllowed": spec.amend_allowed,
        "pegInstructionsAllowed": spec.peg_instructions_allowed,
        "isSpotTradingAllowed": any("SPOT" in each for each in spec.permission_sets),
        "isMarginTradingAllowed": any("MARGIN" in each for each in spec.permission_sets),
        "filters": [each.as_json() for each in spec.filters],
        "permissions": [],
        "permissionSets": [list(each) for each in spec.permission_sets] if show_permission_sets else [],
        "defaultSelfTradePreventionMode": spec.default_stp_mode,
        "allowedSelfTradePreventionModes": [each for each in StpMode if each in spec.allowed_stp_modes],
    }


def exchange_info(call: Call) -> dict[str, Any]:
    asked = call.params
    if len({"symbol", "symbols", "permissions"} & asked.keys()) > 1 or (
        "symbolStatus" in asked and ("symbol" in asked or "symbols" in asked)
    ):
        raise bad(-1128, "Combination of optional parameters invalid.")
    specs = chosen(call)
    if "symbol" not in asked and "symbols" not in asked:
        wanted = set(asked.get("permissions", _SHOWN))
        if not wanted <= _PERMISSIONS.union(*(each for spec in call.engine.symbols for each in spec.permission_sets)):
            raise bad(-1130, "Data sent for parameter 'permissions' is not valid.")
        specs = [spec for spec in specs if any(wanted.intersection(each) for each in spec.permission_sets)]
    engine = call.engine
    info: dict[str, Any] = {
        "timezone": "UTC",
        "serverTime": call.venue.clock.now_us() // call.unit,
        "rateLimits": call.venue.limits.described(rest=call.rest),
        "exchangeFilters": [each.as_json() for each in engine.exchange_filters],
        "symbols": [
            _symbol_row(spec, engine.status(spec.symbol), show_permission_sets=call.get("showPermissionSets", True))
            for spec in specs
        ],
    }
    names = {spec.symbol for spec in specs}
    sors = [sor for sor in engine.sors if names.intersection(sor.symbols)]
    if sors:
        info["sors"] = [{"baseAsset": sor.base_asset, "symbols": list(sor.symbols)} for sor in sors]
    return info


def _rules_of(rule: ExecutionRule) -> list[dict[str, Any]]:
    shown: dict[str, Any] = {"ruleType": "PRICE_RANGE"}
    for field, name in (
        ("bid_limit_mult_up", "bidLimitMultUp"),
        ("bid_limit_mult_down", "bidLimitMultDown"),
        ("ask_limit_mult_up", "askLimitMultUp"),
        ("ask_limit_mult_down", "askLimitMultDown"),
    ):
        value = getattr(rule, field)
        if value is not None:
            shown[name] = show(value, 4)
    return [shown]


def execution_rules(call: Call) -> dict[str, Any]:
    if len({"symbol", "symbols", "symbolStatus"} & call.params.keys()) > 1:
        raise bad(-1128, "Combination of optional parameters invalid.")
    return {
        "symbolRules": [
            {"symbol": spec.symbol, "rules": _rules_of(spec.execution_rule) if spec.execution_rule else []}
            for spec in chosen(call)
            if spec.execution_rule is not None or "symbol" in call.params or "symbols" in call.params
        ]
    }


def _rules_weight(params: Any) -> int:
    if "symbol" in params:
        return 2
    if isinstance(params.get("symbols"), list):
        return min(40, 2 * len(params["symbols"]))
    return 40


METHODS = (
    Method("ping", ping),
    Method("time", server_time),
    Method(
        "exchangeInfo",
        exchange_info,
        (
            symbol(required=False),
            SYMBOLS,
            Param("permissions", Kind.LIST, or_text=True),
            Param("showPermissionSets", Kind.BOOLEAN, default=True),
            one_of("symbolStatus", ("TRADING", "HALT", "BREAK"), error=(-1122, "Invalid symbolStatus.")),
        ),
        weight=20,
    ),
    Method("executionRules", execution_rules, (symbol(required=False), SYMBOLS, STATUS), weight=_rules_weight),
)
