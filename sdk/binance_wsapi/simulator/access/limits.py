"""Rate limits: request weight and connections per IP, unfilled orders per account, and bans.

Theory of operation: a limit is a count in a window, and windows are aligned to the exchange's clock, not to the first
request ("How to interpret rate limits"). Weight is charged when a request arrives; what a success does not cost is
given back with its answer. Orders are counted when they are accepted and taken off again, a moment later, when they
first fill (order_count_decrement FAQ). Who goes on after 429 is banned: for two minutes at first, and each time for
longer, up to three days.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from binance_wsapi.simulator.access.refusal import Refusal
from binance_wsapi.simulator.clock import Clock
from binance_wsapi.simulator.engine import Event, ExecutionType, OrderEvent

__all__ = ["LimitRules", "Limits"]

SECOND = 1_000_000
_NAMES = {1: "SECOND", 60: "MINUTE", 86_400: "DAY"}


@dataclass(frozen=True, slots=True)
class LimitRules:
    """The figures. Those of the venue's documentation are the defaults.

    Attributes:
        weight_per_minute: request weight of one IP.
        orders_per_10_seconds, orders_per_day: unfilled orders of one account.
        connects_per_5_minutes: handshakes of one IP.
        raw_requests_per_5_minutes: REST requests of one IP, by their number alone. The figure is that of the CHANGELOG of
            2026-03-27; the sample of enums.md shows the older.
        connect_weight: what a handshake weighs.
        taker_decrement, maker_decrement: what an order's first fill takes off its account's count.
        decrement_delay: seconds until it does.
        subscriptions_active, subscriptions_ever: user data subscriptions of one connection, at a time and in its life.
        tolerated: refused requests in one window before the IP is banned.
        ban_seconds: length of the first ban; each further one is twice as long.
        longest_ban_seconds: where that ends.
        orders_retry_after: whether -1015 says when to come back. The documentation's text says so, its sample not.
        cancel_only_status: status of a cancel-replace with STOP_ON_FAILURE that cancelled and, over the limit, could
            not place. The text of order.cancelReplace says 409, its table 429.
    """

    weight_per_minute: int = 6000
    orders_per_10_seconds: int = 50
    orders_per_day: int = 160_000
    connects_per_5_minutes: int = 300
    raw_requests_per_5_minutes: int = 300_000
    connect_weight: int = 2
    taker_decrement: int = 1
    maker_decrement: int = 5
    decrement_delay: float = 0.05
    subscriptions_active: int = 1000
    subscriptions_ever: int = 65_535
    tolerated: int = 20
    ban_seconds: float = 120.0
    longest_ban_seconds: float = 3 * 86_400.0
    orders_retry_after: bool = True
    cancel_only_status: int = 409


@dataclass(slots=True)
class _Window:
    """A count that starts again with every window of `seconds`; `refused` are the requests over its limit."""

    seconds: int
    limit: int
    number: int = -1
    count: int = 0
    refused: int = 0

    def roll(self, now: int) -> None:
        number = now // (self.seconds * SECOND)
        if number != self.number:
            self.number, self.count, self.refused = number, 0, 0

    def end(self) -> int:
        """Return when the current window ends, in microseconds."""
        return (self.number + 1) * self.seconds * SECOND


@dataclass(slots=True)
class _Address:
    """One IP; its windows go on at least until `until`."""

    weight: _Window
    connects: _Window
    raw: _Window
    bans: int = 0
    banned_until: int = 0
    until: int = 0


@dataclass(slots=True)
class _Unfilled:
    """Unfilled orders of one account; `due` are decrements that have not happened yet: (time, orders)."""

    short: _Window
    day: _Window
    until: int = 0
    due: deque[tuple[int, int]] = field(default_factory=deque)


class Limits:
    """All limits of the exchange."""

    def __init__(self, clock: Clock, rules: LimitRules) -> None:
        self.rules = rules
        self._clock = clock
        self._addresses: dict[str, _Address] = {}
        self._accounts: dict[int, _Unfilled] = {}

    def set_rules(self, rules: LimitRules) -> None:
        """Go by other figures from now on; what was counted stays."""
        self.rules = rules
        for address in self._addresses.values():
            address.weight.limit = rules.weight_per_minute
            address.connects.limit = rules.connects_per_5_minutes
            address.raw.limit = rules.raw_requests_per_5_minutes
        for account in self._accounts.values():
            account.short.limit, account.day.limit = rules.orders_per_10_seconds, rules.orders_per_day

    # --- weight ----------------------------------------------------------------------------------------------------

    def _address(self, ip: str, now: int) -> _Address:
        found = self._addresses.get(ip)
        if found is None:
            rules = self.rules
            found = self._addresses[ip] = _Address(
                _Window(60, rules.weight_per_minute),
                _Window(300, rules.connects_per_5_minutes),
                _Window(300, rules.raw_requests_per_5_minutes),
            )
        if now >= found.until:
            for window in (found.weight, found.connects, found.raw):
                window.roll(now)
            found.until = found.weight.end()  # the shortest, in which the others end too
        return found

    def connect(self, ip: str, *, weighs: bool = True) -> tuple[int, int] | None:
        """Count a handshake; return (HTTP status, seconds to wait) if it is refused. A stream weighs nothing."""
        now = self._clock.engine_us()
        address = self._address(ip, now)
        address.connects.count += 1
        if now < address.banned_until:
            return 418, _seconds(address.banned_until - now)
        if address.connects.count > address.connects.limit:
            return 429, _seconds(address.connects.end() - now)
        address.weight.count += self.rules.connect_weight if weighs else 0
        return None

    def charge(self, ip: str, weight: int) -> None:
        """Charge a request.

        Raises:
            Refusal: 429 over the limit, 418 banned; the latter also closes the connection.
        """
        now = self._clock.engine_us()
        address = self._address(ip, now)
        if now < address.banned_until:
            raise self._banned(address)
        window = address.weight
        window.count += weight
        if window.count > window.limit:
            msg = (
                f"Too much request weight used; current limit is {window.limit} request weight per 1 MINUTE. "
                "Please use WebSocket Streams for live updates to avoid polling the API."
            )
            raise self._over(address, window, msg)

    def count_raw(self, ip: str) -> None:
        """Count a REST request.

        Raises:
            Refusal: 429 over the limit, 418 banned.
        """
        now = self._clock.engine_us()
        address = self._address(ip, now)
        if now < address.banned_until:
            raise self._banned(address)
        address.raw.count += 1
        if address.raw.count > address.raw.limit:
            raise self._over(address, address.raw, "Too many requests queued.")

    def _over(self, address: _Address, window: _Window, msg: str) -> Refusal:
        """Return the refusal of a request over a limit: a ban, if the IP was refused too often before."""
        window.refused += 1
        if window.refused <= self.rules.tolerated:
            return Refusal(429, -1003, msg, times=self._retry_after(window.end()))
        seconds = min(self.rules.ban_seconds * 2.0**address.bans, self.rules.longest_ban_seconds)
        address.bans += 1
        address.banned_until = self._clock.engine_us() + round(seconds * SECOND)
        window.refused = 0
        return self._banned(address)

    def refund(self, ip: str, weight: int) -> None:
        """Give back what a success did not cost."""
        window = self._address(ip, self._clock.engine_us()).weight
        window.count = max(0, window.count - weight)

    def _banned(self, address: _Address) -> Refusal:
        until = address.banned_until // 1000
        msg = (
            f"Way too much request weight used; IP banned until {until}. "
            "Please use WebSocket Streams for live updates to avoid bans."
        )
        return Refusal(418, -1003, msg, times=self._retry_after(address.banned_until), close=True)

    def _retry_after(self, time: int) -> dict[str, int]:
        return {"serverTime": self._clock.now_us(), "retryAfter": time}

    def ban(self, ip: str, seconds: float) -> None:
        """Ban an IP now."""
        now = self._clock.engine_us()
        self._address(ip, now).banned_until = now + round(seconds * SECOND)

    def bans(self) -> list[tuple[str, float]]:
        """Return who is banned, and for how many seconds more."""
        now = self._clock.engine_us()
        return [
            (ip, (each.banned_until - now) / SECOND) for ip, each in self._addresses.items() if each.banned_until > now
        ]

    # --- orders ----------------------------------------------------------------------------------------------------

    def _unfilled(self, account: int, now: int) -> _Unfilled:
        found = self._accounts.get(account)
        if found is None:
            rules = self.rules
            found = self._accounts[account] = _Unfilled(
                _Window(10, rules.orders_per_10_seconds), _Window(86_400, rules.orders_per_day)
            )
        short, day, due = found.short, found.day, found.due
        if now >= found.until:
            short.roll(now)
            day.roll(now)
            found.until = short.end()
        while due and due[0][0] <= now:
            orders = due.popleft()[1]
            short.count = short.count - orders if short.count > orders else 0
            day.count = day.count - orders if day.count > orders else 0
        return found

    def check_orders(self, account: int, orders: int) -> None:
        """Check that an account may place so many orders more.

        Raises:
            Refusal: 429, -1015.
        """
        found = self._unfilled(account, self._clock.engine_us())
        for window, shown in ((found.short, "10 SECOND"), (found.day, "1 DAY")):
            if window.count + orders > window.limit:
                msg = f"Too many new orders; current limit is {window.limit} orders per {shown}."
                times = self._retry_after(window.end()) if self.rules.orders_retry_after else None
                raise Refusal(429, -1015, msg, times=times)

    def count_orders(self, account: int, orders: int) -> None:
        """Count accepted orders. With the day's count spent, the ten seconds' is left alone."""
        found = self._unfilled(account, self._clock.engine_us())
        if found.day.count < found.day.limit:
            found.short.count += orders
        found.day.count += orders

    def hear(self, event: Event) -> None:
        """Take an order's first fill off its account's count, a moment from now."""
        if not isinstance(event, OrderEvent) or event.execution_type is not ExecutionType.TRADE:
            return
        if event.executed_qty != event.last_qty or event.order.account_id not in self._accounts:
            return
        rules = self.rules
        orders = rules.maker_decrement if event.is_maker else rules.taker_decrement
        due = event.time + round(rules.decrement_delay * SECOND)
        self._accounts[event.order.account_id].due.append((due, orders))

    def forget(self) -> None:
        """Begin all counts of orders anew."""
        self._accounts.clear()

    # --- telling ---------------------------------------------------------------------------------------------------

    def described(self, *, rest: bool = False) -> list[dict[str, Any]]:
        """Return the limits as exchangeInfo shows them.

        Connections are the WebSocket API's (its exchangeInfo); REST has raw requests instead ("General Info on Limits").
        """
        rules = self.rules
        return [
            _row("REQUEST_WEIGHT", 60, rules.weight_per_minute),
            _row("ORDERS", 10, rules.orders_per_10_seconds),
            _row("ORDERS", 86_400, rules.orders_per_day),
            _row("RAW_REQUESTS", 300, rules.raw_requests_per_5_minutes)
            if rest
            else _row("CONNECTIONS", 300, rules.connects_per_5_minutes),
        ]

    def order_rows(self, account: int) -> list[dict[str, Any]]:
        """Return an account's counts (account.rateLimits.orders)."""
        return self._order_rows(account, self._clock.engine_us())

    def _order_rows(self, account: int, now: int) -> list[dict[str, Any]]:
        found = self._unfilled(account, now)
        return [_row("ORDERS", each.seconds, each.limit, each.count) for each in (found.short, found.day)]

    def rows(self, ip: str, account: int | None) -> list[dict[str, Any]]:
        """Return the `rateLimits` of an answer.

        Args:
            account: whose order counts to show too, None for none.
        """
        now = self._clock.engine_us()
        window = self._address(ip, now).weight
        weight = _row("REQUEST_WEIGHT", 60, window.limit, window.count)
        return [weight] if account is None else [*self._order_rows(account, now), weight]


@cache
def _interval(seconds: int) -> tuple[str, int]:
    unit = max(each for each in _NAMES if seconds % each == 0)
    return _NAMES[unit], seconds // unit


def _row(kind: str, seconds: int, limit: int, count: int | None = None) -> dict[str, Any]:
    interval, number = _interval(seconds)
    row = {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}
    if count is not None:
        row["count"] = count
    return row


def _seconds(microseconds: int) -> int:
    return -(-microseconds // SECOND)
