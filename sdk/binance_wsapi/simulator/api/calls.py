"""What a method is, and what its handler is given."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from binance_wsapi.simulator.access.params import Param, Reader

if TYPE_CHECKING:
    from binance_wsapi.simulator.api.session import Session
    from binance_wsapi.simulator.engine import Engine, Refused
    from binance_wsapi.simulator.venue.venue import Venue

__all__ = ["Call", "Handler", "Method", "Security"]

T = TypeVar("T")


class Security(StrEnum):
    NONE = "NONE"
    SIGNED = "SIGNED"
    TRADE = "TRADE"
    USER_DATA = "USER_DATA"
    USER_STREAM = "USER_STREAM"


class Call(Struct):
    """One request on its way through a handler.

    Attributes:
        sent: parameters as they came.
        params: the same, checked and typed; see `params.read`.
        account: number of the account it acts for, 0 for a public one.
        unit: divides microseconds to the connection's unit.
        cost: set by a handler that knows better than the table what its success weighs.
        rest: it came over REST; a few answers have another shape there.
        placement_refused: why nothing may be placed, with orderRateLimitExceededMode=CANCEL_ONLY.
    """

    venue: Venue
    session: Session
    method: Method
    sent: Mapping[str, Any]
    params: dict[str, Any]
    account: int
    unit: int
    rest: bool = False
    cost: int | None = None
    placement_refused: Refused | None = None

    @property
    def engine(self) -> Engine:
        return self.venue.engine

    def get(self, name: str, default: Any = None) -> Any:
        return self.params.get(name, default)

    def now(self) -> int:
        """Return the engine's time."""
        return self.venue.clock.engine_us()

    def run(self, command: Callable[[int], T]) -> T:
        """Run a command of the engine."""
        return self.venue.run(command)


Handler = Callable[[Call], Any]
Weight = int | Callable[[Mapping[str, Any]], int]


@dataclass(frozen=True, slots=True)
class Method:
    """One method of the API.

    Attributes:
        params: its own parameters; those of a signed request come on top.
        weight: what it costs, by parameters.
        weight_on_success: what it costs when it succeeds, if that is different.
        weight_of_unknown_symbol: what it costs when its symbol is not listed, if that is different.
        orders: what it adds to the unfilled order count.
        reader: reads its parameters.
        to_engine: it goes to the matching engine: its time is checked again in front of it.
    """

    name: str
    handler: Handler
    params: tuple[Param, ...] = ()
    security: Security = Security.NONE
    weight: Weight = 1
    weight_on_success: int | None = None
    weight_of_unknown_symbol: int | None = None
    orders: int = 0
    to_engine: bool = False
    reader: Reader = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "reader", Reader(self.params))

    def weighs(self, params: Mapping[str, Any], listed: Container[str] | None = None) -> int:
        """Return the weight of a request; `listed` are the symbols there are, all when left out."""
        symbol = params.get("symbol")
        if (
            listed is not None
            and self.weight_of_unknown_symbol is not None
            and isinstance(symbol, str)
            and symbol not in listed
        ):
            return self.weight_of_unknown_symbol
        return self.weight if isinstance(self.weight, int) else self.weight(params)
