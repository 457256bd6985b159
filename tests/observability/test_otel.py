"""Spans and metrics of OpenTelemetry, as its own SDK exports them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from binance_wsapi import OrderNotFound, OutcomeUnknown, SpotClient
from binance_wsapi.observability import Telemetry
from binance_wsapi.simulator import LocalExchange
from binance_wsapi.simulator.faults.faults import Cut
from tests.orders.trade.handles import play, taking
from tests.simulation.house import SYMBOL
from tests.simulation.loop import VirtualLoop


class Exported:
    """What an SDK got from a `Telemetry`."""

    def __init__(self) -> None:
        self._spans = InMemorySpanExporter()
        tracers = TracerProvider()
        tracers.add_span_processor(SimpleSpanProcessor(self._spans))
        self._reader = InMemoryMetricReader()
        self.telemetry = Telemetry(tracers, MeterProvider([self._reader]))

    def span(self, name: str) -> Any:
        (found,) = [span for span in self._spans.get_finished_spans() if span.name == name]
        return found

    def metrics(self) -> dict[str, Any]:
        data = self._reader.get_metrics_data()
        assert data is not None
        return {
            metric.name: metric.data.data_points
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }


def test_a_call_is_a_span_that_says_what_became_of_it_and_holds_no_amounts() -> None:
    exported = Exported()

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        order = await client.place_order(SYMBOL, "BUY", "MARKET", quantity="0.0123")
        with pytest.raises(OrderNotFound):
            await client.order_status(SYMBOL, order_id=999_999)
        span = exported.span("order.place")
        assert span.attributes["rpc.method"] == "order.place"
        assert span.attributes["binance.symbol"] == SYMBOL
        assert "0.0123" not in str(dict(span.attributes))
        assert span.status.status_code is StatusCode.UNSET
        failed = exported.span("order.status")
        assert failed.attributes["error.type"] == "OrderNotFound"
        assert failed.attributes["binance.code"] == -2013
        assert failed.attributes["binance.outcome_unknown"] is False
        assert failed.status.status_code is StatusCode.ERROR
        assert order.order_id

    play(test, around=exported.telemetry.around)


def test_a_lost_reply_is_told_apart_and_orders_of_handles_are_spans_too() -> None:
    exported = Exported()

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exchange.faults.next(Cut(after_execution=True), "order.cancel")
        with pytest.raises(OutcomeUnknown):
            await client.cancel_order(SYMBOL, order_id=1)
        assert exported.span("order.cancel").attributes["binance.outcome_unknown"] is True
        trade = await (await taking(client)).filled()
        assert exported.span("order.place").attributes["binance.client_order_id"] == trade.client_order_id
        await asyncio.sleep(30)

    play(test, around=exported.telemetry.around)


def test_metrics_are_what_stats_tells_and_durations_are_by_method() -> None:
    exported = Exported()

    async def test(loop: VirtualLoop, exchange: LocalExchange, client: SpotClient) -> None:
        exported.telemetry.watch("maker", client.stats)
        for _ in range(3):
            await client.ping()
        found = exported.metrics()
        (pings,) = [
            point for point in found["binance_wsapi.call.duration"] if dict(point.attributes) == {"rpc.method": "ping"}
        ]
        assert pings.count == 3
        (connections,) = found["binance_wsapi.connections"]
        assert (connections.value, dict(connections.attributes)) == (1, {"client": "maker"})
        assert found["binance_wsapi.wire_to_reply.p50"][0].value == client.stats().wire_to_reply.quantile(0.5)
        budget = {point.attributes["limit"]: point.value for point in found["binance_wsapi.budget_left"]}
        assert budget == client.stats().budget_left

    play(test, around=exported.telemetry.around)
