"""Where one method answers in several shapes: which of them some bytes are in, told without decoding them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from binance_wsapi.errors import PartialFailure, WsapiError, venue_error
from binance_wsapi.models.spot.market import (
    BookTicker,
    MiniTicker,
    PriceTicker,
    ReferencePrice,
    Ticker,
    Ticker24hr,
)
from binance_wsapi.models.spot.orders import (
    CanceledOrder,
    CanceledOrderList,
    OrderAck,
    OrderFull,
    OrderResult,
    OrderTestCommission,
    OrderTestResult,
)
from binance_wsapi.models.struct import VenueStruct
from binance_wsapi.wire.endpoint import Endpoint, TimeUnit

__all__ = [
    "choose_book_ticker",
    "choose_cancel",
    "choose_order",
    "choose_price_ticker",
    "choose_reference_price",
    "choose_sor_order",
    "choose_test",
    "choose_ticker",
    "choose_ticker_24hr",
    "with_halves",
]


def choose_order(raw: bytes) -> Any:
    """FULL has fills, RESULT a status, ACK neither."""
    if raw.rfind(b'"fills"') >= 0:  # from the end, where they are: a third of the time
        return OrderFull
    return OrderResult if b'"status"' in raw else OrderAck


class _Only:
    """An array of one order, read as the order."""

    def __init__(self, kind: type[VenueStruct]) -> None:
        self._kind = kind

    def reader(self, *, many: bool = False) -> Callable[[bytes, bool], Any]:
        assert not many
        read = self._kind.reader(many=True)

        def read_one(data: bytes, microseconds: bool) -> Any:
            orders = read(data, microseconds)
            if len(orders) != 1:
                raise msgspec.ValidationError("an array of one order")
            return orders[0]

        return read_one


_ONLY = {kind: _Only(kind) for kind in (OrderAck, OrderResult, OrderFull)}


def choose_sor_order(raw: bytes) -> Any:
    """The documentation shows an array of one order, REST and SBE have the order itself: both are taken."""
    kind = choose_order(raw)
    return _ONLY[kind] if raw.lstrip().startswith(b"[") else kind


def choose_cancel(raw: bytes) -> Any:
    """An order, or the list it belonged to."""
    return CanceledOrderList if b'"orderReports"' in raw else CanceledOrder


def choose_test(raw: bytes) -> Any:
    """Nothing, or the rates that were asked for."""
    return OrderTestCommission if b'"standardCommissionForOrder"' in raw else OrderTestResult


def _one_or_many(raw: bytes, one: Any, many: Any) -> Any:
    return many if raw.lstrip().startswith(b"[") else one


def choose_ticker_24hr(raw: bytes) -> Any:
    """FULL tells the change of the price, MINI does not; an array where one symbol was not named."""
    if b'"priceChange"' in raw:
        return _one_or_many(raw, Ticker24hr, list[Ticker24hr])
    return _one_or_many(raw, MiniTicker, list[MiniTicker])


def choose_ticker(raw: bytes) -> Any:
    """As `choose_ticker_24hr`, for the other windows."""
    if b'"priceChange"' in raw:
        return _one_or_many(raw, Ticker, list[Ticker])
    return _one_or_many(raw, MiniTicker, list[MiniTicker])


def choose_price_ticker(raw: bytes) -> Any:
    """An array where one symbol was not named."""
    return _one_or_many(raw, PriceTicker, list[PriceTicker])


def choose_book_ticker(raw: bytes) -> Any:
    """An array where one symbol was not named."""
    return _one_or_many(raw, BookTicker, list[BookTicker])


class _Refusal(msgspec.Struct):
    code: int
    msg: str = ""


def choose_reference_price(raw: bytes) -> Any:
    """A symbol that never had a reference price is shown as a success that holds an error."""
    if b'"code"' in raw and b'"symbol"' not in raw:
        try:
            refusal = msgspec.json.decode(raw, type=_Refusal)
        except msgspec.DecodeError:
            return ReferencePrice  # which it is not, either
        raise venue_error(400, refusal.code, refusal.msg)
    return ReferencePrice


_CANCELED: Endpoint[Any] = Endpoint("order.cancel", CanceledOrder | CanceledOrderList, choose=choose_cancel)
_PLACED: Endpoint[Any] = Endpoint("order.place", OrderAck | OrderResult | OrderFull, choose=choose_order)


def with_halves(error: PartialFailure, time_unit: TimeUnit = TimeUnit.MILLISECOND) -> PartialFailure:
    """Make the two halves in an error's data typed: what succeeded as a result, what failed as an error.

    What is typed already stays: the first to do it knows the unit of the connection.
    """
    if error.cancel_response is not None or error.new_order_response is not None:
        return error
    data = error.data
    error.cancel_result = str(data.get("cancelResult", ""))
    error.new_order_result = str(data.get("newOrderResult", ""))
    error.cancel_response = _half(_CANCELED, data.get("cancelResponse"), error.status, time_unit)
    error.new_order_response = _half(_PLACED, data.get("newOrderResponse"), error.status, time_unit)
    return error


def _half(endpoint: Endpoint[Any], value: Any, status: int, time_unit: TimeUnit) -> Any:
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("code"), int) and "symbol" not in value:
        return venue_error(status if status < 500 else 400, value["code"], str(value.get("msg", "")))
    try:
        return endpoint.decode(value, time_unit)
    except WsapiError as error:
        return error
