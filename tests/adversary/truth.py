"""An order, a list, a frame and a refusal as they truly are at the adversary's venue."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["OPEN", "Frame", "Order", "OrderList", "Refusal"]

OPEN = ("NEW", "PARTIALLY_FILLED")


class Refusal(Exception):
    """The venue says no."""

    def __init__(self, code: int, msg: str, status: int = 400, data: Any = None) -> None:
        super().__init__(msg)
        self.status = status
        self.error: dict[str, Any] = {"code": code, "msg": msg}
        if data is not None:
            self.error["data"] = data


@dataclass(eq=False)
class Order:
    """An order as it truly is."""

    number: int
    id: str
    side: str
    type: str
    price: int
    qty: int
    made: int
    group: int = -1
    account: str = ""
    executed: int = 0
    status: str = "NEW"
    updated: int = 0
    ids: list[str] = field(default_factory=list)
    past: list[tuple[float, tuple[str, int, int, str, int]]] = field(default_factory=list)
    """From when on the views may show what: id, quantity, executed, status, time of the last change."""

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


@dataclass(eq=False)
class OrderList:
    """A list as it truly is."""

    number: int
    id: str
    made: int
    legs: list[Order]
    done: bool = False
    ids: list[str] = field(default_factory=list)
    past: list[tuple[float, tuple[str, bool, list[str]]]] = field(default_factory=list)


@dataclass(eq=False)
class Frame:
    """A frame that changes orders, and what truly became of it."""

    call: Any
    method: str
    params: dict[str, Any]
    link: Any
    sent: float
    whose: str = ""
    """In whose name it arrived: a key that logs on while it waits does not make it its own."""
    account: str = ""
    """In whose name it came to the engine."""
    executed: list[float] = field(default_factory=list)
    refused: Refusal | None = None
    parts: tuple[bool, bool] = (False, False)
    made: list[Any] = field(default_factory=list)
    open_before: list[Order] = field(default_factory=list)
    answered: float = float("inf")
    """When its reply reached the client."""
    lost: bool = False
    """Whether its connection, and not the plan's word on this one frame, kept the reply."""
