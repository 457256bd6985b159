"""OpenTelemetry: a span and a duration for every call, and the numbers of `SpotClient.stats` as metrics.

Needs the ``otel`` extra, and an SDK that is set up by the program: without one OpenTelemetry does nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, TypeVar

from opentelemetry import metrics, trace
from opentelemetry.metrics import CallbackOptions, Meter, MeterProvider, Observation
from opentelemetry.trace import SpanKind, Status, StatusCode, TracerProvider

from binance_wsapi.errors import OutcomeUnknown, VenueError, VenueFault, WsapiError
from binance_wsapi.wire.border import made_at_border
from binance_wsapi.wire.caller import DEFAULT, Caller, CallOptions
from binance_wsapi.wire.endpoint import Endpoint, Params

if TYPE_CHECKING:
    from binance_wsapi.observability.stats import ClientStats

__all__ = ["Telemetry"]

R = TypeVar("R")

NAME: Final = "binance_wsapi"


@made_at_border
class Telemetry:
    """Makes spans and metrics of what clients do::

        telemetry = Telemetry()
        async with SpotClient.testnet(key, around=telemetry.around) as client:
            telemetry.watch("market-maker", client.stats)

    A span ``order.place`` has the attributes ``rpc.system`` (``binance``), ``rpc.method``, ``binance.symbol`` and, where the
    caller gave one, ``binance.client_order_id``. Where the call failed, it has the id that was sent, ``error.type``,
    ``binance.code`` and ``binance.outcome_unknown``.
    Amounts, prices, keys and signatures are in none.

    Args:
        tracer_provider: makes spans; None is the global one.
        meter_provider: makes metrics; None is the global one.
    """

    def __init__(
        self, tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None
    ) -> None:
        self._tracer = trace.get_tracer(NAME, tracer_provider=tracer_provider)
        self._meter: Meter = metrics.get_meter(NAME, meter_provider=meter_provider)
        self._duration = self._meter.create_histogram(
            "binance_wsapi.call.duration", "s", "Seconds from a call to its result."
        )
        self._clients: dict[str, Callable[[], ClientStats]] = {}
        self._observe()

    def around(self, caller: Caller) -> Caller:
        """Return a caller that makes a span of every call; the ``around`` argument of clients.

        Args:
            caller: makes the calls.

        Returns:
            A caller that makes the same calls.
        """
        return _Traced(caller, self._tracer, self._duration)

    def watch(self, name: str, stats: Callable[[], ClientStats]) -> None:
        """Tell the numbers of a client whenever metrics are collected.

        Args:
            name: of the client, its ``client`` attribute.
            stats: `SpotClient.stats` of it.
        """
        self._clients[name] = stats

    def _observe(self) -> None:
        def gauge(name: str, unit: str, text: str, read: Callable[[ClientStats], float | None]) -> None:
            def observe(_options: CallbackOptions) -> Iterable[Observation]:
                for client, stats in self._now():
                    value = read(stats)
                    if value is not None:
                        yield Observation(value, {"client": client})

            self._meter.create_observable_gauge(f"binance_wsapi.{name}", [observe], unit, text)

        def counter(name: str, text: str, read: Callable[[ClientStats], int]) -> None:
            def observe(_options: CallbackOptions) -> Iterable[Observation]:
                for client, stats in self._now():
                    yield Observation(read(stats), {"client": client})

            self._meter.create_observable_counter(f"binance_wsapi.{name}", [observe], "1", text)

        def budget(_options: CallbackOptions) -> Iterable[Observation]:
            for client, stats in self._now():
                for limit, left in stats.budget_left.items():
                    yield Observation(left, {"client": client, "limit": limit})

        gauge("clock.offset", "ms", "The venue's clock ahead of this machine's.", lambda stats: stats.clock_offset_ms)
        gauge("clock.error", "ms", "How wrong the estimate may be.", lambda stats: stats.clock_error_ms)
        gauge("connections", "1", "Connections that take calls.", lambda stats: stats.connections)
        gauge("pending", "1", "Requests that wait for their reply.", lambda stats: stats.pending)
        gauge("doubts", "1", "Requests whose fate is not known.", lambda stats: stats.doubts)
        gauge("handles", "1", "Orders that live handles follow.", lambda stats: stats.handles)
        gauge("message.age", "s", "Since the last message of the API.", lambda stats: stats.message_age)
        gauge("user_data.age", "s", "Since the last event of user data.", lambda stats: stats.user_data_age)
        for part in (0.5, 0.99):
            name = f"p{int(part * 100)}"
            gauge(f"queue_to_wire.{name}", "s", "From a call to its frame.",
                  lambda stats, part=part: stats.queue_to_wire.quantile(part))  # type: ignore[misc]  # fmt: skip
            gauge(f"wire_to_reply.{name}", "s", "From a frame to its reply.",
                  lambda stats, part=part: stats.wire_to_reply.quantile(part))  # type: ignore[misc]  # fmt: skip
        counter("connections.opened", "Connections that became ready.", lambda stats: stats.opened)
        counter("connections.reconnects", "Connections in place of lost ones.", lambda stats: stats.reconnects)
        counter("connections.rotations", "Connections replaced without a gap.", lambda stats: stats.rotations)
        self._meter.create_observable_gauge(
            "binance_wsapi.budget_left", [budget], "1", "What is left of a limit in its window."
        )

    def _now(self) -> Iterable[tuple[str, ClientStats]]:
        for name, stats in self._clients.items():
            try:
                yield name, stats()
            except WsapiError:
                continue  # not started, or closed


class _Traced:
    """A `Caller` that makes a span of every call.

    Args:
        caller: makes the calls.
        tracer: makes spans.
        duration: takes the seconds of each.
    """

    def __init__(self, caller: Caller, tracer: trace.Tracer, duration: metrics.Histogram) -> None:
        self._caller = caller
        self._tracer = tracer
        self._duration = duration

    async def call(self, endpoint: Endpoint[R], params: Params, options: CallOptions = DEFAULT) -> R:
        """Make the call. See `Caller.call`."""
        attributes: dict[str, Any] = {"rpc.system": "binance", "rpc.method": endpoint.method}
        for wire, name in (("symbol", "binance.symbol"), ("newClientOrderId", "binance.client_order_id")):
            value = params.get(wire)
            if isinstance(value, str):
                attributes[name] = value
        now = asyncio.get_running_loop().time
        began = now()
        labels = {"rpc.method": endpoint.method}
        with self._tracer.start_as_current_span(
            endpoint.method,
            kind=SpanKind.CLIENT,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                return await self._caller.call(endpoint, params, options)
            except WsapiError as error:
                labels["error.type"] = type(error).__name__
                span.set_attribute("error.type", type(error).__name__)
                span.set_attribute("binance.outcome_unknown", isinstance(error, OutcomeUnknown))
                if isinstance(error, VenueError | VenueFault):
                    span.set_attribute("binance.code", error.code)
                if error.client_order_id is not None:
                    span.set_attribute("binance.client_order_id", error.client_order_id)
                span.set_status(Status(StatusCode.ERROR, type(error).__name__))
                raise
            finally:
                self._duration.record(now() - began, labels)
