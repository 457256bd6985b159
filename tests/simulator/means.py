"""The table in docs/exchange-means.md: every setting and every fault, and each way in which it is brought about.

    python -m tests.simulator.means             # write the table
    python -m tests.simulator.means --check     # fail if it is not the table that would be written

The rows are `SETTINGS` and `NAMES` of the exchange, the words its docstrings, the buttons those of its page; only the samples
stand here. `test_means.py` runs each sample in every way.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from binance_wsapi.simulator.clock import Clock
from binance_wsapi.simulator.faults.actions import Raw
from binance_wsapi.simulator.faults.faults import Faults
from binance_wsapi.simulator.faults.names import NAMES, REQUESTS
from binance_wsapi.simulator.page.buttons import BUTTONS, Button
from binance_wsapi.simulator.settings import SETTINGS

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "exchange-means.md"

Described = Mapping[str, Any]

SAMPLES: dict[str, dict[str, Any]] = {
    "deposit": {"account": "bob", "asset": "BTC", "amount": "1.5"},
    "withdraw": {"account": "alice", "asset": "BTC", "amount": 2},
    "lock": {"account": "alice", "asset": "BTC", "amount": "0.25"},
    "account": {"trade_group": 3, "max_assets": {"BTC": "150"}, "restricted": ["BTCUSDT"],
                "permissions": ["SPOT", "TRD_GRP_004"]},
    "commission": {"symbol": "BTCUSDT", "standard": {"maker": "0.002"}, "tax": {"seller": "0.01"}},
    "discount": {"discount": "0.5"},
    "expire_order": {"account": "alice", "symbol": "BTCUSDT", "order_id": 2},
    "quote": {"symbol": "BTCUSDT", "bids": [["50000", "1"]], "asks": [["50001", "2"]]},
    "block_trade": {"symbol": "BTCUSDT", "price": "50000", "quantity": "3"},
    "status": {"symbol": "BTCUSDT", "status": "HALT"},
    "reference_price": {"symbol": "EXTUSDT", "price": "10.5"},
    "conversion": {"currency": "BTC", "price": "0.01"},
    "symbol": {"described": {"symbol": "XYZUSDT", "baseAsset": "XYZ", "quoteAsset": "USDT", "price": "10",
               "filters": [{"filterType": "PRICE_FILTER", "minPrice": "0.1", "maxPrice": "99", "tickSize": "0.1"}],
               "referencePrice": {"calculationType": "EXTERNAL", "externalCalculationId": 42}}},
    "sor": {"base": "ETH", "symbols": ["ETHUSDT", "ETHBTC"]},
    "exchange_filters": {"filters": [{"filterType": "EXCHANGE_MAX_NUM_ORDERS", "maxNumOrders": 7}]},
    "limits": {"figures": {"weight_per_minute": 30, "orders_per_10_seconds": 1}},
    "former_ids": {"findable": False},
    "pace": {"queue_delay": [3, 3], "ping_every": 5, "pong_patience": 60, "lifetime": 600},
}  # fmt: skip
"""A sample of every setting."""
FAULTS: dict[str, dict[str, Any]] = {
    "cut": {"after_execution": True, "method": "order.place"},
    "delay": {"seconds": 6, "at": "queue", "method": "order.place"},
    "drop": {"executed": True, "method": "order.place"},
    "double": {"method": "order.place"},
    "refuse": {"status": 503, "code": -1008, "msg": "Server is currently overloaded.", "method": "order.place"},
    "garbage": {"frame": "{", "method": "order.place"},
    "break": {"kind": "no id", "method": "order.place"},
    "fragment": {"pieces": 3, "method": "order.place"},
    **{name: {"method": "order.place"} for name in
       ("invalid_utf8", "masked", "reserved_bits", "unknown_opcode", "oversized", "unfinished")},
    "close": {"code": 1012, "reason": "restart"},
    "shutdown": {"lead": 2},
    "silence": {"way": "out"},
    "dribble": {"piece": 200, "pause": 1},
    "say": {"frame": '{"event":{"e":"news"}}'},
    "bomb": {"size": 1000},
    "revoke": {"api_key": "ed"},
    "lose_events": {"kind": "executionReport", "count": 1},
    "double_events": {"kind": "executionReport", "count": 1},
    "change_events": {"how": "new type", "kind": "executionReport", "count": 1},
    "refuse_connects": {"status": 429, "count": 1, "headers": {"Retry-After": "3"}},
    "wrong_accept": {"count": 1},
    "accept_with": {"headers": {"Sec-WebSocket-Protocol": "unasked"}},
    "stall_connects": {"seconds": 7},
    "busy": {"seconds": 20, "code": -1008},
    "deaf": {"seconds": 20},
    "maintenance": {"seconds": 20},
    "ban": {"seconds": 20},
    "lag": {"least": 2, "most": 2},
    "clock": {"seconds": 5},
}  # fmt: skip
"""A sample of every fault that takes something."""


def described() -> list[dict[str, Any]]:
    """Return every setting and every fault as a table."""
    settings = [{"setting": name, **SAMPLES[name]} for name in SETTINGS]
    return settings + [{"fault": name, **FAULTS.get(name, {})} for name in NAMES]


def name_of(table: Described) -> str:
    return str(table.get("setting") or table["fault"])


def in_python(table: Described) -> str:
    """Return the call that makes it; `exchange` is a `LocalExchange` and `faults` its faults."""
    name = name_of(table)
    params = {key: value for key, value in table.items() if key not in ("setting", "fault")}
    if "setting" in table:
        return _call(f"exchange.{SETTINGS[name].__name__}", params)
    if name == "clock":
        return f"exchange.clock.step({params['seconds']})"
    if name not in REQUESTS and not hasattr(Raw, name):
        return _call(f"faults.{name}", params)
    if name == "bomb":
        return _call("faults.bomb", params)
    laid: dict[str, Any] = {key: params.pop(key) for key in ("method", "count", "rest") if key in params}
    action = _call(REQUESTS[name].__name__ if name in REQUESTS else f"Raw.{name}", params)
    return f"faults.next({', '.join([action, *_named(laid)])})"


def _named(params: Described) -> list[str]:
    return [f"{key}={value!r}" for key, value in params.items()]


def _call(function: str, params: Described) -> str:
    return f"{function}({', '.join(_named(params))})"


def _explained(table: Described) -> str:
    """Return the first line of what explains it."""
    name = name_of(table)
    source: Callable[..., Any] | type
    if "setting" in table:
        source = SETTINGS[name]
    elif name == "clock":
        source = Clock.step
    elif name in REQUESTS:
        source = REQUESTS[name]
    else:
        source = getattr(Faults, name, None) or getattr(Raw, name)
    return (inspect.getdoc(source) or "").splitlines()[0].replace("|", r"\|")


def _takes(table: Described) -> str:
    name = name_of(table)
    names = list(inspect.signature(SETTINGS[name]).parameters)[1:] if "setting" in table else list(NAMES[name])
    return ", ".join(f"`{each}`" for each in names) or "nothing"


def pressed(table: Described) -> list[Button]:
    """Return the buttons of the page that make this setting or fault."""
    kind = "setting" if "setting" in table else "fault"
    return [each for each in BUTTONS if any(made.get(kind) == name_of(table) for made in each.makes)]


def render() -> str:
    """Return the page."""
    lines = [
        "# What can be set, and what can go wrong",
        "",
        "Every setting and every fault of the local exchange, with its values and the ways to name it.",
        "",
        "Written by `python -m tests.simulator.means`; a test fails when it is out of date, and another brings every row about in",
        "every way and looks at what a client sees.",
        "",
        "The *table* of a row is JSON for the command (`--set`, `--fault`), the control endpoint (`POST /settings`, `POST /faults`) and",
        "`exchange.make(...)`; in a scenario file the same names stand under `[[setting]]` or `[[fault]]`. Amounts, prices and rates are",
        "text, whole numbers or `Decimal`. Keys alone are not set this way, for a secret would stand in a file or on a command line:",
        "`exchange.register_key`, `--public-key`, `--hmac-env` and `--hmac-file` bring them.",
        "",
    ]
    for title, kind in (("Settings", "setting"), ("Faults", "fault")):
        lines += [f"## {title}", ""]
        for table in described():
            if kind not in table:
                continue
            buttons = ", ".join(f"*{each.label}*" for each in pressed(table))
            lines += [
                f"### `{name_of(table)}` {{ #{kind}-{name_of(table)} }}",
                "",
                _explained(table),
                "",
                "| | |",
                "|---|---|",
                f"| takes | {_takes(table)} |",
                f"| table | `{json.dumps(table)}` |",
                f"| Python | `{in_python(table)}` |",
                *([f"| page | {buttons} |"] if buttons else []),
                "",
            ]
    return "\n".join(lines).rstrip() + "\n"


def main(arguments: list[str]) -> int:
    """Write the page, or check it."""
    if "--check" not in arguments:
        TABLE.write_text(render())
    elif not TABLE.exists() or TABLE.read_text() != render():
        print(f"{TABLE.relative_to(ROOT)} is out of date: python -m tests.simulator.means", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
