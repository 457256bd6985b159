"""Watching a client run: numbers, spans, logs and recordings, none of which holds a secret.

`SpotClient.stats` is in the client itself. Everything else is imported when it is asked for: `StatsCollector` needs the
``prometheus`` extra, `Telemetry` the ``otel`` extra.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from binance_wsapi.link.timing import Histogram
from binance_wsapi.observability.stats import ClientStats

if TYPE_CHECKING:
    from binance_wsapi.observability.logs import JsonFormatter, without_secrets
    from binance_wsapi.observability.otel import Telemetry
    from binance_wsapi.observability.prometheus import StatsCollector
    from binance_wsapi.observability.recording import WireRecorder

__all__ = [
    "ClientStats",
    "Histogram",
    "JsonFormatter",
    "StatsCollector",
    "Telemetry",
    "WireRecorder",
    "without_secrets",
]

_LATER = {
    "JsonFormatter": "logs",
    "StatsCollector": "prometheus",
    "Telemetry": "otel",
    "WireRecorder": "recording",
    "without_secrets": "logs",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = value
    return value
