"""Rules before sending: a request that would make orders is looked at first, if the user wants it.

Theory of operation. The guard is a `Caller` in front of the tracked caller. The product's client hands in what takes the
orders out of a request of any method; the guard checks each by the rules of its symbol. What is sure to be refused is
refused here, with `RuleViolation`, before anything is sent or written down. What cannot be judged is sent: the venue
decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from binance_wsapi.errors import NotSent, OutcomeUnknown, ProtocolViolation, RuleViolation, printable
from binance_wsapi.rules.cache import RulesCache
from binance_wsapi.rules.findings import Violation
from binance_wsapi.wire.caller import DEFAULT, Caller, CallOptions, check_symbol
from binance_wsapi.wire.endpoint import Endpoint, Params

__all__ = ["OrdersOf", "RuleGuard"]

R = TypeVar("R")

OrdersOf: TypeAlias = Callable[[str, Params], Iterable[tuple[str, Mapping[str, Any], bool]]]
"""The orders that a request would make, by the wire name of its method: how the order's parameters begin (empty for a single
one), the order, and whether its quantity is decided only later."""


class RuleGuard:
    """A `Caller` that refuses what the rules of a symbol are sure to refuse.

    Args:
        caller: takes what passes.
        rules: of the symbols.
        orders_of: takes the orders out of a request, as the product words them.
    """

    def __init__(self, caller: Caller, rules: RulesCache[Any], orders_of: OrdersOf) -> None:
        self._caller = caller
        self._rules = rules
        self._orders_of = orders_of

    async def call(self, endpoint: Endpoint[R], params: Params, options: CallOptions = DEFAULT) -> R:
        """Check the orders of a request, and hand it on."""
        await self.check(endpoint, params)
        return await self._caller.call(endpoint, params, options)

    async def check(self, endpoint: Endpoint[Any], params: Params) -> None:
        """Check the orders a request would make.

        Raises:
            RuleViolation: the venue is sure to refuse one. Nothing was sent.
            UsageError: an amount is no number, or a parameter is none of the venue's words.
            NotSent: no answer about the rules came that says anything.
            VenueError: the venue refused to tell them. Nothing was sent.
        """
        found: list[Violation] = []
        for prefix, order, quantity_later in self._orders_of(endpoint.method, params):
            symbol = check_symbol(order.get("symbol", ""))
            try:
                rules = await self._rules.get(symbol)
            except (OutcomeUnknown, ProtocolViolation) as error:  # of the question, not of the order
                raise NotSent(f"the rules of {printable(symbol)} could not be loaded: {error}").about(
                    method=endpoint.method
                ) from error
            broken = rules.check(order, quantity_later=quantity_later).violations
            found += [replace(each, field=_named(prefix, each.field)) for each in broken]
        if found:
            raise RuleViolation("; ".join(map(str, found)), found).about(method=endpoint.method)


def _named(prefix: str, field: str) -> str:
    return prefix + field[0].upper() + field[1:] if prefix else field
