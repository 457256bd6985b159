"""Lists in a life: each names one id that the others name, too, and takes another id when it is cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.house import SYMBOL

if TYPE_CHECKING:
    from tests.simulation.world import World

__all__ = ["Lists"]


class Lists:
    """Places and cancels lists.

    Args:
        world: whose user does it.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._names: list[str] = []

    async def place(self) -> None:
        """Place a list, one of whose orders has the id that an order of each other list has, or had."""
        world = self._world
        said = world.will_say("orderList.place.oco", world.token() + "a")
        name, shared = f"{said.tokens[0]}l", f"o{world.seed}shared"
        said.also = frozenset({name, shared})
        self._names.append(name)
        await world.ask(said, world.client.place_oco(
            SYMBOL, "SELL", "0.01", above_type="LIMIT_MAKER", above_price="70000", below_type="STOP_LOSS",
            below_stop_price="50000", above_client_order_id=said.tokens[0], below_client_order_id=shared,
            list_client_order_id=name, recv_window=world.window()))  # fmt: skip

    async def cancel(self) -> None:
        """Cancel one of them, by the id it was placed with: it takes another."""
        world = self._world
        if self._names:
            said = world.will_say("orderList.cancel", world.token() + "r")
            await world.ask(said, world.client.cancel_order_list(
                SYMBOL, list_client_order_id=world.chance.choice(self._names), new_client_order_id=said.tokens[0],
                recv_window=world.window()))  # fmt: skip
