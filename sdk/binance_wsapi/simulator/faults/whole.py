"""What goes wrong with the whole venue, for a while and for all methods: busy, maintenance, deaf, banned, lagging, reset."""

from __future__ import annotations

from typing import Protocol

from binance_wsapi.simulator.faults.actions import Action, Drop, Refuse

__all__ = ["BUSY", "House", "VenueFaults"]

BUSY = {
    -1000: (500, "An unknown error occurred while processing the request."),
    -1001: (500, "Internal error; unable to process your request. Please try again."),
    -1006: (500, "An unexpected response was received from the message bus. Execution status unknown."),
    -1008: (503, "Server is currently overloaded with other requests. Please try again in a few minutes."),
    -1016: (503, "This service is no longer available."),
}
"""Status and message of what a busy venue answers (errors.md, "10xx")."""


class House(Protocol):
    """What these faults need of the exchange."""

    def loop_time(self) -> float: ...
    def stop_trading(self, until: float) -> None: ...
    def ban(self, seconds: float) -> None: ...
    def set_lag(self, least: float, most: float) -> None: ...
    def reset(self) -> None: ...


class VenueFaults:
    """Faults that no single request meets."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._spell: tuple[float, Action] | None = None

    def busy(self, seconds: float, code: int = -1008, *, executed: bool = False) -> None:
        """Refuse every request for so many seconds, as an overloaded venue does.

        Args:
            seconds: above 0.
            code: -1000, -1001, -1006, -1008 or -1016.
            executed: requests run all the same.

        Raises:
            ValueError: no such code, or no time.
        """
        if code not in BUSY:
            raise ValueError(f"code must be one of {', '.join(map(str, BUSY))}, got {code}")
        status, msg = BUSY[code]
        self._begin(seconds, Refuse(status, code, msg, executed=executed))

    def deaf(self, seconds: float, *, executed: bool = False) -> None:
        """Answer no request for so many seconds, while connections live and pings are answered.

        Args:
            seconds: above 0.
            executed: requests run all the same.

        Raises:
            ValueError: no time.
        """
        self._begin(seconds, Drop(executed=executed))

    def _begin(self, seconds: float, action: Action) -> None:
        self._spell = (self._house.loop_time() + _positive(seconds), action)

    def spell(self) -> Action | None:
        """Return what every request meets now; for the exchange."""
        if self._spell is not None and self._house.loop_time() >= self._spell[0]:
            self._spell = None
        return self._spell[1] if self._spell is not None else None

    def told(self) -> str:
        """Return in words what every request meets now, empty if nothing."""
        action = self.spell()
        if action is None:
            return ""
        assert self._spell is not None
        left = self._spell[0] - self._house.loop_time()
        what = f"busy ({action.code})" if isinstance(action, Refuse) else "deaf"
        return f"{what} for {left:.0f} s more"

    def maintenance(self, seconds: float) -> None:
        """Refuse new orders for so many seconds: "WebSocket API trading is not enabled."; queries and cancels work.

        Raises:
            ValueError: no time.
        """
        self._house.stop_trading(self._house.loop_time() + _positive(seconds))

    def ban(self, seconds: float = 30.0) -> None:
        """Ban every connected address for so many seconds: 418 for the next request, which ends the connections.

        Raises:
            ValueError: no time.
        """
        self._house.ban(_positive(seconds))

    def lag(self, least: float = 0.0, most: float = 0.0) -> None:
        """Let queries of orders, lists and trades lag behind from now on; 0 and 0 end it, and show what waited.

        Args:
            least, most: seconds.

        Raises:
            ValueError: not 0 <= least <= most.
        """
        if not 0 <= least <= most < float("inf"):
            raise ValueError(f"least and most must be seconds with 0 <= least <= most, got {least} and {most}")
        self._house.set_lag(least, most)

    def reset(self) -> None:
        """Delete all orders, trades and accounts' changes, and cut every connection, as the test network about once a month.

        Balances are what they were at the start, ids begin anew, and API keys stay.
        """
        self._spell = None
        self._house.reset()

    def end_spells(self) -> None:
        """End busy, deaf and maintenance."""
        self._spell = None
        self._house.stop_trading(0.0)


def _positive(seconds: float) -> float:
    if not 0 < seconds < float("inf"):
        raise ValueError(f"seconds must be above 0, got {seconds}")
    return seconds
