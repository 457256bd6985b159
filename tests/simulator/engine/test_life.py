"""Under any sequence of actions the engine keeps its books: money, locks, priority and events."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from binance_wsapi.simulator.engine import (
    AccountPosition,
    CancelReplaceMode,
    CommissionRates,
    Discount,
    ExecutionRule,
    LevelChange,
    ListKind,
    ListRequest,
    LotSize,
    Order,
    OrderEvent,
    OrderRequest,
    OrderType,
    PegPriceType,
    PriceFilter,
    Rates,
    ReferencePriceSetup,
    Refused,
    Side,
    SorSpec,
    StpMode,
    SymbolSpec,
    TimeInForce,
    TradeEvent,
    parse,
)
from binance_wsapi.simulator.engine.model.order import ALGO_TYPES, MARKET_TYPES
from binance_wsapi.simulator.engine.model.stops import stop_reached
from tests.counts import drawn
from tests.simulator.engine.desk import Desk, rebuilt

UNIT = 10**8
ACCOUNTS = (1, 2, 3, 4)
SYMBOLS = ("BTCUSDT", "BTCUSDC", "BNBUSDT")
ASSETS = ("BTC", "USDT", "USDC", "BNB")
FILTERS = (PriceFilter(0, 0, parse("0.01")), LotSize(parse("0.001"), parse("1000"), parse("0.001")))
RULE = ExecutionRule(parse("1.005"), parse("0.995"), parse("1.005"), parse("0.995"))

OPEN = ("NEW", "PENDING_NEW", "PARTIALLY_FILLED")

accounts = st.sampled_from(ACCOUNTS)
symbols = st.sampled_from(("BTCUSDT", *SYMBOLS))
sides = st.sampled_from(list(Side))
quantities = st.integers(1, 4000).map(lambda n: n * UNIT // 1000)
prices = st.integers(-5, 5).map(lambda n: (10_000 + 20 * n) * UNIT // 100)
"""Few of them, so that orders queue behind each other."""
offsets = st.integers(1, 15).map(lambda n: n * UNIT // 10)
modes = st.sampled_from(list(StpMode))
tifs = st.sampled_from([TimeInForce.GTC, TimeInForce.GTC, *TimeInForce])


def funds_needed(order: Order) -> int:
    """What an order must hold, from first principles."""
    if not order.is_buy:
        return order.quantity - order.executed_qty - order.prevented_qty
    price = order.limit or order.lock_price
    return price * (order.quantity - order.executed_qty - order.prevented_qty) // UNIT


@dataclass
class Place:
    """An order in a queue, and what the book shows of it."""

    order: Order
    visible: int


class Queues:
    """The resting orders as they stood before a command, kept up with from the execution reports alone.

    What comes to rest within the command is not known here; it must not be served before what is.
    """

    def __init__(self, places: dict[tuple[str, bool], list[Place]]) -> None:
        self.places = places
        self.refreshed: set[Order] = set()

    def hear(self, event: OrderEvent) -> None:
        """Follow a report; a maker's must be that of the first in its queue."""
        order = event.order
        queue = self.places[order.symbol, order.is_buy]
        place = next((each for each in queue if each.order is order), None)
        left = event.quantity - event.executed_qty - event.prevented_qty
        if event.is_maker:
            for each in queue:
                if each is place or (place is None and each.order.limit == order.limit and each.order.iceberg_qty):
                    break  # an iceberg's next part queues behind what came to rest within the command
                better = each.order.limit > order.limit if order.is_buy else each.order.limit < order.limit
                assert not better
                assert each.order.limit != order.limit
            if place is not None:
                place.visible -= event.last_qty or event.prevented_execution_qty
                if not place.visible and left:
                    self._show_next_part(queue, place, left)
        if place is not None and event.execution_type == "REPLACED":
            place.visible = min(place.visible, left)
        if place is not None and event.status not in OPEN:
            queue.remove(place)

    def check(self, now: Queues) -> None:
        """Hold the book after the command against what the reports made of it: newcomers queue behind all others."""
        for side, queue in self.places.items():
            known = [(each.order, each.visible) for each in queue]
            orders = {order for order, _ in known}
            found = [(each.order, each.visible) for each in now.places[side]]
            assert [each for each in found if each[0] in orders] == known
            for (before, _), (behind, _) in pairwise(found):
                if before not in orders and behind in orders and before.limit == behind.limit:
                    assert behind in self.refreshed

    def _show_next_part(self, queue: list[Place], place: Place, left: int) -> None:
        self.refreshed.add(place.order)
        queue.remove(place)
        behind = [n for n, each in enumerate(queue) if each.order.limit == place.order.limit]
        queue.insert(behind[-1] + 1 if behind else 0, place)
        place.visible = min(place.order.iceberg_qty, left)


@dataclass
class Follower:
    """The best price since a trailing stop began to follow, and whether the market has come back from it far enough."""

    extreme: int
    is_due: bool = False

    def see(self, order: Order, price: int) -> None:
        """Take a trade into account."""
        if not self.extreme:
            if not order.stop_price or stop_reached(order.type, order.is_buy, order.stop_price, price):
                self.extreme = price
            return
        self.extreme = min(self.extreme, price) if order.is_buy else max(self.extreme, price)
        moved = price - self.extreme if order.is_buy else self.extreme - price
        self.is_due = self.is_due or moved * 10_000 >= self.extreme * order.trailing_delta


class Life(RuleBasedStateMachine):
    """Random commands on three symbols and four accounts; two of them share a trade group, all pay commission."""

    def __init__(self) -> None:
        super().__init__()
        reference = ReferencePriceSetup(bucket_count=5, bucket_width_ms=1)
        self.desk = Desk(
            SymbolSpec("BTCUSDT", "BTC", "USDT", filters=FILTERS, execution_rule=RULE, reference_price=reference),
            SymbolSpec("BTCUSDC", "BTC", "USDC", filters=FILTERS),
            SymbolSpec("BNBUSDT", "BNB", "USDT", filters=FILTERS),
            sors=[SorSpec("BTC", ("BTCUSDT", "BTCUSDC"))],
        )
        rates = CommissionRates(Rates(100_000, 150_000, 1_000, 2_000), Rates(0, 7, 0, 0), Rates(3, 0, 0, 5))
        for account_id in ACCOUNTS:
            self.desk.engine.open_account(
                account_id,
                {"BTC": 5 * UNIT, "USDT": 500 * UNIT, "USDC": 500 * UNIT, "BNB": 5 * UNIT},
                rates=rates,
                discount=Discount(account_id % 2 == 0),
                trade_group_id=7 if account_id > 2 else -1,
            )
        self.total = {"BTC": 20 * UNIT, "USDT": 2000 * UNIT, "USDC": 2000 * UNIT, "BNB": 20 * UNIT}
        self.trailing: dict[Order, Follower] = {}
        self._fill_books()
        self.seen = 0
        self.commissions: dict[str, int] = {}
        self.views: dict[tuple[str, int], OrderEvent] = {}
        self.balances: dict[int, dict[str, tuple[int, int]]] = {
            account_id: dict(self.desk.engine.balances(account_id)) for account_id in ACCOUNTS
        }

    def _fill_books(self) -> None:
        """Let orders of all accounts queue at three prices on either side, icebergs among them, and stops wait there."""
        for symbol in SYMBOLS:
            for account, side in ((1, Side.SELL), (2, Side.BUY)):
                first = OrderRequest(symbol, side, OrderType.LIMIT, UNIT // 10, 100 * UNIT)
                self.desk.engine.place(account, first, self.desk.tick())
            for number, kind in enumerate(sorted(ALGO_TYPES) * 3):
                side = Side.BUY if number % 3 else Side.SELL
                stop = self._stop(symbol, side, kind, UNIT // 20, UNIT // 5 * (1 + number % 3), 20 * (number // 4))
                self.desk.engine.place(ACCOUNTS[number % 4], stop, self.desk.tick())
            for number in range(24):
                side = Side.BUY if number % 2 else Side.SELL
                step = 20 * (1 + number // 2 % 3)
                price = (10_000 - step if side is Side.BUY else 10_000 + step) * UNIT // 100
                request = OrderRequest(symbol, side, OrderType.LIMIT, UNIT // 10, price)
                request.iceberg_qty = UNIT // 25 if number % 5 == 0 else 0
                self.desk.engine.place(ACCOUNTS[number % 4], request, self.desk.tick())

    def _try(self, command: Any, *args: Any, **more: Any) -> None:
        before, queue = self._fingerprint(), self._queues()
        events = len(self.desk.events)
        try:
            command(*args, **more)
        except Refused:
            assert self._fingerprint() == before
            assert len(self.desk.events) == events
        taker = None
        for event in self.desk.events[events:]:
            if isinstance(event, OrderEvent) and event.order.order_id > 0:
                queue.hear(event)
                taker = self._check_fill(event, taker)
            elif isinstance(event, TradeEvent):
                for order, follower in list(self.trailing.items()):
                    if order.symbol == event.symbol:
                        follower.see(order, event.price)
        queue.check(self._queues())
        self._check_trailing()

    def _check_trailing(self) -> None:
        """Hold what waits with a trailing delta against what the trades since made of it."""
        waiting = {
            order
            for account_id in ACCOUNTS
            for order in self.desk.engine.open_orders(account_id)
            if order.trailing_delta and order.status == "NEW" and not order.is_working
        }
        for order, follower in self.trailing.items():
            if order in waiting:
                assert not follower.is_due
                assert order.extreme == follower.extreme
        self.trailing = {order: self.trailing.get(order) or Follower(order.extreme) for order in waiting}

    def _queues(self) -> Queues:
        """Return the resting orders, first to trade first."""
        return Queues(
            {
                (symbol, is_buy): [
                    Place(order, order.visible)
                    for level in market.book.own(is_buy).best_first()
                    for order in level.orders.values()
                ]
                for symbol, market in self.desk.engine._state.markets.items()
                for is_buy in (True, False)
            }
        )

    @staticmethod
    def _check_fill(event: OrderEvent, taker: Order | None) -> Order | None:
        """Check a fill against what its order allows; return the order that takes."""
        if event.execution_type != "TRADE":
            return taker
        order = event.order
        if order.limit:
            assert event.last_price <= order.limit if order.is_buy else event.last_price >= order.limit
        if not event.is_maker:
            assert order.type is not OrderType.LIMIT_MAKER
            return order
        assert taker is not None
        group = taker.account.trade_group_id
        if taker.account is order.account or (group >= 0 and group == order.account.trade_group_id):
            assert taker.stp_mode is StpMode.NONE
        return taker

    def _fingerprint(self) -> Any:
        engine = self.desk.engine
        return (
            [engine.balances(account_id) for account_id in ACCOUNTS],
            [engine.depth(symbol) for symbol in SYMBOLS],
            [[(o.order_id, o.status, o.remaining) for o in engine.open_orders(account_id)] for account_id in ACCOUNTS],
        )

    @rule(
        account=accounts,
        symbol=symbols,
        side=sides,
        quantity=quantities,
        price=prices,
        tif=tifs,
        stp=modes,
        parts=st.integers(0, 4),
        routed=st.booleans(),
    )
    def limit(self, account: int, symbol: str, side: Side, quantity: int, price: int, tif: TimeInForce, stp: StpMode, parts: int, routed: bool) -> None:  # fmt: skip
        iceberg = quantity // parts // 100_000 * 100_000 if parts > 1 and tif is TimeInForce.GTC else 0
        request = OrderRequest(symbol, side, OrderType.LIMIT, quantity, price, tif, stp_mode=stp, iceberg_qty=iceberg)
        place = self.desk.engine.place_sor if routed and symbol != "BNBUSDT" else self.desk.engine.place
        self._try(place, account, request, self.desk.tick())

    @rule(account=accounts, symbol=symbols, side=sides, quantity=quantities)
    def sweep(self, account: int, symbol: str, side: Side, quantity: int) -> None:
        """Take a few levels, so that stops see the market move."""
        price = (102 if side is Side.BUY else 98) * UNIT
        request = OrderRequest(symbol, side, OrderType.LIMIT, quantity, price, TimeInForce.IOC)
        self._try(self.desk.engine.place, account, request, self.desk.tick())

    @rule(
        account=accounts,
        symbol=symbols,
        side=sides,
        quantity=quantities,
        by_quote=st.booleans(),
        stp=modes,
        routed=st.booleans(),
    )
    def market(self, account: int, symbol: str, side: Side, quantity: int, by_quote: bool, stp: StpMode, routed: bool) -> None:  # fmt: skip
        request = OrderRequest(
            symbol,
            side,
            OrderType.MARKET,
            0 if by_quote else quantity,
            quote_order_qty=quantity * 100 if by_quote else 0,
            stp_mode=stp,
        )
        place = (
            self.desk.engine.place_sor if routed and not by_quote and symbol != "BNBUSDT" else self.desk.engine.place
        )
        self._try(place, account, request, self.desk.tick())

    @rule(
        account=accounts,
        symbol=symbols,
        side=sides,
        quantity=quantities,
        price=prices,
        peg=st.sampled_from(list(PegPriceType)),
        maker=st.booleans(),
        parts=st.integers(0, 4),
    )
    def maker(self, account: int, symbol: str, side: Side, quantity: int, price: int, peg: PegPriceType, maker: bool, parts: int) -> None:  # fmt: skip
        kind = OrderType.LIMIT_MAKER if maker else OrderType.LIMIT
        request = OrderRequest(symbol, side, kind, quantity, 0, peg_price_type=peg)
        request.iceberg_qty = quantity // parts // 100_000 * 100_000 if parts > 1 else 0
        if maker and peg is PegPriceType.MARKET_PEG:
            request.peg_price_type, request.price = None, price
        self._try(self.desk.engine.place, account, request, self.desk.tick())

    def _stop(self, symbol: str, side: Side, kind: OrderType, quantity: int, offset: int, delta: int) -> OrderRequest:
        last = self.desk.engine.last_price(symbol) or 100 * UNIT
        rising = (kind in (OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT)) == (side is Side.BUY)
        stop = last + offset if rising else last - offset
        limited = kind in (OrderType.STOP_LOSS_LIMIT, OrderType.TAKE_PROFIT_LIMIT)
        return OrderRequest(
            symbol,
            side,
            kind,
            quantity,
            stop if limited else 0,
            TimeInForce.GTC if limited else None,
            stop_price=0 if delta and offset % 2 else stop,
            trailing_delta=delta,
        )

    @rule(
        account=accounts,
        symbol=symbols,
        side=sides,
        kind=st.sampled_from(sorted(ALGO_TYPES)),
        quantity=quantities,
        offset=offsets,
        delta=st.integers(0, 60),
        tif=tifs,
        stp=modes,
        peg=st.sampled_from([None, None, *PegPriceType]),
    )
    def stop(self, account: int, symbol: str, side: Side, kind: OrderType, quantity: int, offset: int, delta: int, tif: TimeInForce, stp: StpMode, peg: PegPriceType | None) -> None:  # fmt: skip
        request = self._stop(symbol, side, kind, quantity, offset, delta)
        request.stp_mode = stp
        if kind not in MARKET_TYPES:
            request.time_in_force, request.peg_price_type = tif, peg
        self._try(self.desk.engine.place, account, request, self.desk.tick())

    @rule(
        account=accounts,
        symbol=symbols,
        side=sides,
        kind=st.sampled_from(list(ListKind)),
        quantity=quantities,
        price=prices,
        offset=offsets,
        stop=st.sampled_from([OrderType.STOP_LOSS, OrderType.STOP_LOSS_LIMIT]),
        other=st.sampled_from([OrderType.LIMIT_MAKER, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT]),
        pending=st.sampled_from([OrderType.LIMIT, OrderType.LIMIT_MAKER, OrderType.MARKET, OrderType.STOP_LOSS]),
        stp=modes,
        first=st.sampled_from([OrderType.LIMIT, OrderType.LIMIT, OrderType.LIMIT_MAKER]),
        tif=tifs,
        delta=st.sampled_from([0, 0, 20, 60]),
    )
    def list_(self, account: int, symbol: str, side: Side, kind: ListKind, quantity: int, price: int, offset: int, stop: OrderType, other: OrderType, pending: OrderType, stp: StpMode, first: OrderType, tif: TimeInForce, delta: int) -> None:  # fmt: skip
        last = self.desk.engine.last_price(symbol) or 100 * UNIT
        opo = kind in (ListKind.OPO, ListKind.OPOCO)
        if opo:
            side = Side.SELL
        amount = 0 if opo else quantity
        orders = []
        if kind is not ListKind.OCO:
            working = Side.BUY if opo else (Side.BUY if side is Side.SELL else Side.SELL)
            orders.append(OrderRequest(symbol, working, first, quantity, price))
            if first is OrderType.LIMIT:
                orders[0].time_in_force = tif
        if kind in (ListKind.OTO, ListKind.OPO):
            if pending is OrderType.STOP_LOSS:
                leg = self._stop(symbol, side, pending, amount, offset, 0)
            else:
                leg = OrderRequest(symbol, side, pending, amount, 0 if pending is OrderType.MARKET else price)
            orders.append(leg)
        else:
            loss = self._stop(symbol, side, stop, amount, offset, delta)
            if other is OrderType.LIMIT_MAKER:
                gain = OrderRequest(symbol, side, other, amount, last - offset if side is Side.BUY else last + offset)
            else:
                gain = self._stop(symbol, side, other, amount, offset, 0)
            orders += [loss, gain] if side is Side.BUY else [gain, loss]
        self._try(
            self.desk.engine.place_list,
            account,
            ListRequest(kind, symbol, orders, stp_mode=stp),
            self.desk.tick(),
        )

    def _pick(self, data: st.DataObject, account: int) -> Order | None:
        found = self.desk.engine.open_orders(account)
        return data.draw(st.sampled_from(found)) if found else None

    @rule(data=st.data(), account=accounts, by=st.sampled_from(["order", "list", "exchange"]))
    def end(self, data: st.DataObject, account: int, by: str) -> None:
        """Cancel an order, or the list it is in; or the exchange takes it away."""
        order = self._pick(data, account)
        if order is None:
            return
        engine, symbol, now = self.desk.engine, order.symbol, self.desk.tick()
        if by == "exchange":
            self._try(engine.exchange_cancel, account, symbol, order.order_id, now)
            assert (order.status, order.expiry_reason) == ("EXPIRED", "EXCHANGE_CANCELED")
        elif by == "list" and order.order_list is not None:
            self._try(engine.cancel_list, account, symbol, now, order_list_id=order.order_list_id)
            assert not order.order_list.is_open
        else:
            self._try(engine.cancel, account, symbol, now, order_id=order.order_id)
            assert order.status == "CANCELED"

    @rule(data=st.data(), account=accounts, share=st.integers(20, 99))
    def amend(self, data: st.DataObject, account: int, share: int) -> None:
        order = self._pick(data, account)
        if order is not None:
            new_qty = order.quantity * share // 100 // 100_000 * 100_000
            self._try(
                self.desk.engine.amend_keep_priority,
                account,
                order.symbol,
                new_qty,
                self.desk.tick(),
                order_id=order.order_id,
            )

    @rule(
        data=st.data(),
        account=accounts,
        quantity=quantities,
        price=prices,
        mode=st.sampled_from(list(CancelReplaceMode)),
    )
    def replace(self, data: st.DataObject, account: int, quantity: int, price: int, mode: CancelReplaceMode) -> None:
        order = self._pick(data, account)
        if order is not None:
            request = OrderRequest(order.symbol, order.side, OrderType.LIMIT, quantity, price)
            self._try(
                self.desk.engine.cancel_replace,
                account,
                mode,
                request,
                self.desk.tick(),
                cancel_order_id=order.order_id,
            )

    @precondition(lambda self: len(self.desk.events) > 700)
    @rule(account=accounts, symbol=symbols)
    def cancel_all(self, account: int, symbol: str) -> None:
        self._try(self.desk.engine.cancel_all, account, symbol, self.desk.tick())

    @rule(account=accounts, asset=st.sampled_from(ASSETS), amount=st.integers(-5 * UNIT, 5 * UNIT))
    def move_money(self, account: int, asset: str, amount: int) -> None:
        engine, now = self.desk.engine, self.desk.tick()
        try:
            if amount > 0:
                engine.deposit(account, asset, amount, now)
            else:
                engine.withdraw(account, asset, -amount, now)
        except ValueError:
            return
        self.total[asset] += amount

    @rule(account=accounts, asset=st.sampled_from(ASSETS), amount=st.integers(-UNIT, UNIT))
    def lock_from_outside(self, account: int, asset: str, amount: int) -> None:
        engine = self.desk.engine
        held = engine.account(account).external.get(asset, 0)
        if amount and held + amount >= 0 and amount <= engine.balances(account)[asset][0]:
            engine.external_lock(account, asset, amount, self.desk.tick())

    @invariant()
    def money_is_conserved(self) -> None:
        engine = self.desk.engine
        collected, desk = engine.collected(), engine.desk()
        for asset, total in self.total.items():
            held = sum(sum(engine.balances(account_id)[asset]) for account_id in ACCOUNTS)
            assert held + collected.get(asset, 0) + desk.get(asset, 0) == total

    @invariant()
    def locks_are_what_open_orders_need(self) -> None:
        engine = self.desk.engine
        for account_id in ACCOUNTS:
            account = engine.account(account_id)
            need = dict.fromkeys(ASSETS, 0)
            for asset, amount in account.external.items():
                need[asset] += amount
            pairs: set[int] = set()
            for order in engine.open_orders(account_id):
                if order.status == "PENDING_NEW":
                    continue
                spec = engine.spec(order.symbol)
                amount = funds_needed(order)
                sibling = order.order_list and order.order_list.sibling(order)
                if sibling and sibling.is_open:
                    if order.order_list_id in pairs:
                        continue
                    pairs.add(order.order_list_id)
                    amount = max(amount, funds_needed(sibling))
                need[spec.quote_asset if order.is_buy else spec.base_asset] += amount
            for order_list in engine.open_order_lists(account_id):
                need[engine.spec(order_list.symbol).base_asset] += order_list.received
            for asset in ASSETS:
                free, locked = engine.balances(account_id)[asset]
                assert free >= 0
                assert locked == need[asset]

    @invariant()
    def books_are_never_crossed_and_hold_the_open_orders(self) -> None:
        engine = self.desk.engine
        for symbol in SYMBOLS:
            _, bids, asks = engine.depth(symbol)
            assert not bids or not asks or bids[0][0] < asks[0][0]
            assert bids == sorted(bids, reverse=True)
            assert asks == sorted(asks)
            shown: dict[tuple[bool, int], int] = {}
            for account_id in ACCOUNTS:
                for order in engine.open_orders(account_id, symbol):
                    assert order.remaining == order.quantity - order.executed_qty - order.prevented_qty
                    assert order.remaining > 0 or order.status == "PENDING_NEW"
                    assert order.on_book == order.is_working
                    if order.on_book:
                        key = order.is_buy, order.limit
                        shown[key] = shown.get(key, 0) + order.visible
                        assert 0 < order.visible <= min(order.remaining, order.iceberg_qty or order.remaining)
                        assert order.time_in_force is TimeInForce.GTC
                        assert order.type not in MARKET_TYPES
            assert shown == {**{(True, p): q for p, q in bids}, **{(False, p): q for p, q in asks}}

    @invariant()
    def no_stop_waits_that_the_last_trade_reached(self) -> None:
        engine = self.desk.engine
        for account_id in ACCOUNTS:
            for order in engine.open_orders(account_id):
                last = engine.last_price(order.symbol)
                waits = order.is_algo and not order.is_working and order.status == "NEW"
                if waits and not order.trailing_delta and last:
                    assert not stop_reached(order.type, order.is_buy, order.stop_price, last)

    @invariant()
    def events_add_up(self) -> None:
        """A listener who knows nothing but the events has the right orders and balances."""
        engine = self.desk.engine
        for event in self.desk.events[self.seen :]:
            if isinstance(event, OrderEvent) and event.order.order_id > 0:
                key = event.order.symbol, event.order.order_id
                last = self.views.get(key)
                done_before = 0 if last is None else last.executed_qty
                quote_before = 0 if last is None else last.cumulative_quote_qty
                assert event.executed_qty == done_before + event.last_qty
                assert event.cumulative_quote_qty == quote_before + event.last_quote_qty
                assert last is None or last.status in OPEN
                if last is not None:
                    assert event.prevented_qty == last.prevented_qty + event.last_prevented_qty
                self.views[key] = event
                if event.commission_asset is not None:
                    asset = event.commission_asset
                    self.commissions[asset] = self.commissions.get(asset, 0) + event.commission
                if event.status not in OPEN and event.order.time_in_force is TimeInForce.FOK and event.order.limit:
                    assert event.executed_qty in (0, event.quantity)
            elif isinstance(event, AccountPosition):
                for asset, free, locked in event.balances:
                    self.balances[event.account_id][asset] = free, locked
        self.seen = len(self.desk.events)
        for event in self.views.values():
            order = event.order
            assert (event.status, event.executed_qty, event.client_order_id) == (
                order.status,
                order.executed_qty,
                order.client_order_id,
            )
            assert event.quantity == order.quantity
            assert event.prevented_qty == order.prevented_qty
        for account_id in ACCOUNTS:
            assert self.balances[account_id] == engine.balances(account_id)
        assert self.commissions == engine.collected()

    @invariant()
    def lists_end_with_their_orders(self) -> None:
        for account_id in ACCOUNTS:
            for order_list in self.desk.engine.all_order_lists(account_id):
                assert order_list.is_open == any(order.is_open for order in order_list.orders)
                if not any(order.status == "PENDING_NEW" for order in order_list.orders):
                    assert order_list.received == 0

    def teardown(self) -> None:
        engine = self.desk.engine
        for symbol in SYMBOLS:
            update_id, bids, asks = engine.depth(symbol)
            assert rebuilt(self.desk.events, symbol) == (dict(bids), dict(asks))
            assert update_id == sum(isinstance(e, LevelChange) and e.symbol == symbol for e in self.desk.events)
            traded = [e.trade_id for e in self.desk.events if isinstance(e, TradeEvent) and e.symbol == symbol]
            assert traded == list(range(len(traded)))
            executions = [
                e.execution_id for e in self.desk.events if isinstance(e, OrderEvent) and e.order.symbol == symbol
            ]
            assert executions == list(range(len(executions)))


TestLife = pytest.mark.lives(Life.TestCase)
TestLife.settings = settings(
    max_examples=drawn(20, 60), stateful_step_count=60, deadline=None, suppress_health_check=list(HealthCheck)
)
