"""What an account has: its open orders and its balances, as last known.

Theory of operation. Two sources tell of the same things. Events come in order and at once; snapshots come from views that
may lag behind the matching engine by some seconds. Each order and each balance keeps the venue's time of its last change
and the local time at which that was heard. A snapshot replaces it when its own time is later, or when it was asked for so
long after the last event that the views must have shown it: an event that got lost is mended by that. An order that was
seen final never opens again.

This file is pure: local times are seconds of a clock that never goes back, and are handed in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from binance_wsapi.models.base import Timestamp
from binance_wsapi.models.enums import OrderStatus, OrderType, Side
from binance_wsapi.models.spot.account import Account
from binance_wsapi.models.spot.events import (
    AccountPosition,
    BalanceUpdate,
    ExecutionReport,
    ExternalLockUpdate,
    UserDataEvent,
)
from binance_wsapi.models.spot.orders import OrderState
from binance_wsapi.user_data.spot.merge.snapshot import Look

__all__ = ["AccountCache", "AssetBalance", "Balances", "OpenOrder", "OpenOrders"]

FINAL_KEPT = 10_000
"""Final orders remembered, so that an old snapshot does not open them again."""


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order that is open, as last known.

    ``client_order_id`` is the id it has now; amending gives it another.
    """

    symbol: str
    order_id: int
    order_list_id: int
    client_order_id: str
    side: Side
    type: OrderType
    status: OrderStatus
    price: Decimal
    orig_qty: Decimal | None
    executed_qty: Decimal
    cumulative_quote_qty: Decimal
    prevented_qty: Decimal
    update_time: Timestamp

    @property
    def remaining_qty(self) -> Decimal | None:
        """Base quantity neither executed nor lost to self-trade prevention; None where the order has no quantity yet."""
        return None if self.orig_qty is None else self.orig_qty - self.executed_qty - self.prevented_qty


@dataclass(frozen=True, slots=True)
class AssetBalance:
    """What the account has of an asset."""

    asset: str
    free: Decimal
    locked: Decimal

    @property
    def total(self) -> Decimal:
        """Free and locked together."""
        return self.free + self.locked


@dataclass(frozen=True, slots=True)
class _Seen:
    """When something last changed (microseconds, venue's clock), and when that was heard (seconds, local)."""

    changed: int
    heard: float


class OpenOrders:
    """The open orders of an account."""

    def __init__(self, orders: Mapping[tuple[str, int], OpenOrder]) -> None:
        self._orders = orders

    @property
    def open(self) -> tuple[OpenOrder, ...]:
        """The open orders, by symbol and order id."""
        return tuple(self._orders[key] for key in sorted(self._orders))

    def get(self, symbol: str, order_id: int) -> OpenOrder | None:
        """Return an order while it is open, else None."""
        return self._orders.get((symbol, order_id))

    def copy(self) -> OpenOrders:
        """Return the open orders as they are now; they change no more."""
        return OpenOrders(dict(self._orders))

    def __repr__(self) -> str:
        return f"<{len(self._orders)} open orders>"


class Balances(Mapping[str, AssetBalance]):
    """The balances of an account by asset. An asset it never had is a balance of zero, and not in the iteration."""

    def __init__(self, balances: Mapping[str, AssetBalance]) -> None:
        self._balances = balances

    def __getitem__(self, asset: str) -> AssetBalance:
        return self._balances.get(asset) or AssetBalance(asset, Decimal(0), Decimal(0))

    def __contains__(self, asset: object) -> bool:
        return asset in self._balances

    def __iter__(self) -> Iterator[str]:
        return iter(self._balances)

    def copy(self) -> Balances:
        """Return the balances as they are now; they change no more."""
        return Balances(dict(self._balances))

    def __len__(self) -> int:
        return len(self._balances)

    def __repr__(self) -> str:
        return f"<balances of {len(self._balances)} assets>"


class AccountCache:
    """The state of one account.

    Args:
        lag: seconds the venue's views may lag behind its matching engine.
    """

    def __init__(self, lag: float) -> None:
        self._lag = lag
        self.known = False
        """Whether there was a first snapshot."""
        self.account_known = False
        """Whether there was a first snapshot of the balances."""
        self.orders: dict[tuple[str, int], OpenOrder] = {}
        self.balances: dict[str, AssetBalance] = {}
        self._order_seen: dict[tuple[str, int], _Seen] = {}
        self._asset_seen: dict[str, _Seen] = {}
        self.doubtful: dict[str, int] = {}
        """Assets of which only a difference was told, and when that was, in microseconds of the venue's clock."""
        self._final: OrderedDict[tuple[str, int], None] = OrderedDict()

    def forget(self) -> None:
        """Drop all orders, and let the next snapshot of the balances count: the venue was reset."""
        self.orders.clear()
        self._order_seen.clear()
        self._final.clear()
        self._asset_seen.clear()
        self.doubtful.clear()

    def hear(self, event: UserDataEvent, now: float) -> None:
        """Take in an event, live or recovered.

        Args:
            event: what happened.
            now: seconds, local.
        """
        if isinstance(event, ExecutionReport):
            self._hear_order(event, now)
        elif isinstance(event, AccountPosition):
            changed = event.update_time.microseconds
            for each in event.balances:
                if changed >= self.doubtful.get(each.asset, changed + 1):
                    del self.doubtful[each.asset]
                seen = self._asset_seen.get(each.asset)
                if seen is None or changed >= seen.changed:
                    self.balances[each.asset] = AssetBalance(each.asset, each.free, each.locked)
                    self._asset_seen[each.asset] = _Seen(changed, now)
        elif isinstance(event, BalanceUpdate | ExternalLockUpdate):
            # The balances themselves come in an outboundAccountPosition before or after it, as far as is known.
            seen, changed = self._asset_seen.get(event.asset), event.clear_time.microseconds
            if seen is None or seen.changed < changed:
                self.doubtful[event.asset] = changed

    def _hear_order(self, event: ExecutionReport, now: float) -> None:
        key = event.symbol, event.order_id
        if key in self._final:
            return
        if event.is_final:
            self._close(key)
            return
        old = self.orders.get(key)
        changed = event.transact_time.microseconds
        seen = self._order_seen.get(key)
        if old is not None and event.executed_qty <= old.executed_qty:
            lower = old.orig_qty is not None and event.orig_qty < old.orig_qty
            earlier = seen is not None and changed < seen.changed and not lower
            if earlier or event.executed_qty < old.executed_qty:
                return
        self._order_seen[key] = _Seen(changed, now)
        self.orders[key] = OpenOrder(
            event.symbol, event.order_id, event.order_list_id, event.client_order_id, event.side, event.order_type,
            event.order_status, event.price, event.orig_qty, event.executed_qty, event.cumulative_quote_qty,
            event.prevented_qty or Decimal(0), event.transact_time,
        )  # fmt: skip

    def _close(self, key: tuple[str, int]) -> None:
        """Take note that an order is final."""
        self.orders.pop(key, None)
        self._order_seen.pop(key, None)
        self._final[key] = None
        if len(self._final) > FINAL_KEPT:
            self._final.popitem(last=False)

    def see_orders(
        self,
        states: Iterable[OrderState],
        asked: float,
        *,
        all_open: bool,
        unread: Iterable[tuple[str, int]] = (),
    ) -> None:
        """Take in what a view says of orders.

        Args:
            states: orders as the view has them.
            asked: seconds, local, at which it was asked.
            unread: orders the view has, and of which it cannot be read what it says: they stay as they are.
            all_open: whether the view was asked for all open orders, so that one it leaves out is not open.
        """
        there = set(unread)
        for state in states:
            key = state.symbol, state.order_id
            there.add(key)
            seen = self._order_seen.get(key)
            changed = state.update_time.microseconds
            old = self.orders.get(key)
            if key in self._final or not self._newer(seen, changed, asked):
                continue
            if old is not None and state.executed_qty < old.executed_qty:
                continue  # nothing is taken back: that view lags longer than it may
            if state.is_final:
                self._close(key)
                continue
            self._order_seen[key] = _Seen(changed, seen.heard if seen is not None else float("-inf"))
            self.orders[key] = OpenOrder(
                state.symbol, state.order_id, state.order_list_id, state.client_order_id, state.side, state.type,
                state.status, state.price, state.orig_qty, state.executed_qty, state.cumulative_quote_qty,
                state.prevented_quantity or Decimal(0), state.update_time,
            )  # fmt: skip
        if all_open:
            for key in [key for key in self.orders if key not in there]:
                seen = self._order_seen.get(key)
                if seen is None or asked >= seen.heard + self._lag:
                    # Not proven final: should the view have lagged longer than it may, a later one brings the order back.
                    del self.orders[key]
                    self._order_seen.pop(key, None)

    def see_account(self, account: Account, asked: float) -> bool:
        """Take in what a view says of the balances.

        Args:
            account: the answer, with or without the assets of which there is nothing.
            asked: seconds, local, at which it was asked for.

        Returns:
            Whether its time alone spoke for it, so that a view that lags may have replaced what an event told: the
            documentation does not say of what its ``updateTime`` is the time.
        """
        by_time_alone = False
        self.account_known = True
        changed = account.update_time.microseconds
        there = {each.asset: AssetBalance(each.asset, each.free, each.locked) for each in account.balances}
        for asset in {*there, *self.balances}:
            seen = self._asset_seen.get(asset)
            if changed >= self.doubtful.get(asset, changed + 1):
                del self.doubtful[asset]
            if self._newer(seen, changed, asked):
                by_time_alone = by_time_alone or (seen is not None and asked < seen.heard + self._lag)
                self.balances[asset] = there.get(asset) or AssetBalance(asset, Decimal(0), Decimal(0))
                self._asset_seen[asset] = _Seen(changed, seen.heard if seen is not None else float("-inf"))
        return by_time_alone

    def see(self, look: Look) -> bool:
        """Take in what a look says; return whether it may be older than what was heard, for all that it says."""
        states = (*look.open_orders, *look.statuses)
        self.see_orders(states, look.asked, all_open=True, unread=look.unread_orders)
        return look.balances is not None and self.see_account(look.balances, look.asked)

    def _newer(self, seen: _Seen | None, changed: int, asked: float) -> bool:
        """Return whether a view's word counts against the last event."""
        return seen is None or changed > seen.changed or asked >= seen.heard + self._lag
