"""The truth, held against what was told: the invariants of the client (docs/reliability.md)."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from binance_wsapi import Gap, LimitExceeded, Outcome
from tests.adversary.engine import EPOCH, STRANGE
from tests.adversary.truth import Order, Refusal
from tests.adversary.venue import UNKNOWN_CODES

if TYPE_CHECKING:
    from tests.adversary.life import Call, Life
    from tests.adversary.truth import Frame

__all__ = ["judge"]

SLACK = 0.05


def judge(life: Life, when: str) -> None:
    """Hold everything that was told against the truth."""
    for call in life.calls:
        _once(life, call)
        _word(life, call, when)
        _clear(life, call)
        _halves(life, call)
    if when == "when all is told":
        _names(life)
        _deadlines(life)
        _room(life)
        _deaf(life)
        for text in life.venue.violations:
            life.violated(text)
    if when == "a minute later":
        _handles(life)
        _converged(life)
    _beyond(life, when)
    if life.late:
        life.violated(f"I2: late execution: {life.late[0].client_order_id}")
        life.late.clear()


def _once(life: Life, call: Call) -> None:
    """At most one execution, and one frame that was not refused for certain (I1)."""
    if sum(len(frame.executed) for frame in call.own) > 1:
        life.violated(f"I1: {call} was executed twice")
    if sum(frame.refused is None for frame in call.own) > 1:
        life.violated(f"I1: {call} was sent {len(call.own)} times")
    if life.world.on_unknown != "cancel":
        for frame in call.frames:
            if frame.method != call.method:
                life.violated(f"I1: {call} sent a {frame.method} of its own")


def _word(life: Life, call: Call, when: str) -> None:
    """What was told of a call is so (I2)."""
    executed = any(frame.executed for frame in call.own)
    told = call.told

    def wrong(truth: str) -> None:
        if _beyond_clocks(life, call) or _beyond_ids(life, call):
            return
        by = f" by {call.verdict.evidence.value}" if call.verdict is not None else ""
        text = f"I2: {call} is told {told}{by}, {truth}"
        if not any(text in each for each in life.report.violations):
            life.violated(f"{text} ({when})")

    if call.step.act == "handle-cancel":
        # Its word is about the order: how it ended. Another cancel may have ended it.
        if told == "accepted":
            thing = _thing_of_handle(life, call)
            if getattr(call.result, "is_placed", True) and (thing is None or thing.is_open):
                wrong(f"and the order is {'not there' if thing is None else thing.status}")
        elif told in ("not placed", "refused", "not sent", "usage") and executed:
            wrong("and it was executed")
        return
    if call.method == "openOrders.cancelAll":
        still = [order.number for frame in call.own for order in frame.open_before if order.is_open]
        if told == "accepted" and not executed and (still or not call.own):
            wrong(f"and {still} are open")
        elif told in ("not placed", "rejected", "refused", "not sent", "usage") and executed:
            wrong("and it was executed")
        elif told == "accepted" and not executed:
            whose = {frame.whose or order.account for frame in call.own for order in _orders(life, call)}
            there = [order for order in _orders(life, call) if order.is_open and order.account in whose]
            still = [order.number for order in there if _made_before(life, order, call)]
            if still:
                wrong(f"and {still} are open")
        return
    if call.step.fate.queue > 10 and told == "not placed":
        return  # see `_beyond`
    if told == "accepted":
        if not executed:
            wrong("and it was never executed")
        else:
            _same(life, call, wrong, when)
    elif told in ("not placed", "rejected", "refused", "not sent", "usage"):
        if executed:
            wrong("and it was executed")
        elif told in ("not sent", "usage") and any(frame.refused is None for frame in call.own):
            wrong("and a frame left")
    elif told == "partial":
        parts = next((frame.parts for frame in call.own if frame.executed), (False, False))
        said = (call.error.cancel_result == "SUCCESS", call.error.new_order_result == "SUCCESS")  # type: ignore[union-attr]
        if said != parts:
            wrong(f"of its halves {said}, true are {parts}")
    if call.verdict is not None and call.verdict.parts and executed:
        parts = next(frame.parts for frame in call.own if frame.executed)
        settled = tuple(each.outcome for each in call.verdict.parts)
        if any(
            said is not Outcome.UNDECIDED and (said is Outcome.ACCEPTED) is not true
            for said, true in zip(settled, parts, strict=True)
        ):
            wrong(f"of its halves {[each.value for each in settled]}, true are {parts}")


def _beyond_clocks(life: Life, call: Call) -> bool:
    """Whether one of the user's ids was named while the engine's clock was over an hour behind ("What is assumed", fence.md).

    The user may name the id of this call again in another.
    """
    if life.engine_behind < 3_600:
        return False
    ids = {*_ids(call)}
    return call.step.name != "auto" or any(
        other.step.name != "auto" and ids.intersection(_ids(other)) for other in life.calls if other is not call
    )


def _beyond_ids(life: Life, call: Call) -> bool:
    """Whether the user names an id that the venue gave while a process ran that was killed ("What is assumed")."""
    given = {
        order.id
        for other in life.calls
        if other.method == "openOrders.cancelAll" and other.generation < life.generation
        for frame in other.own
        for order in frame.open_before
    }
    return call.step.name != "auto" and not given.isdisjoint(_ids(call))


def _clear(life: Life, call: Call) -> None:
    """A reply that came in time and can be read is the word, however odd its advisory parts (F22)."""
    if (call.told not in ("unknown", "not placed", "rejected") and call.verdict is None) or call.closed or not call.own:
        return
    frame = call.own[-1]
    # The time of a call runs from its beginning, not from its frame: it may have waited for a connection it can trust.
    in_time = frame.answered < min(call.began + life.world.timeout - SLACK, frame.link.ended)
    doubtful = frame.refused is not None and (
        frame.refused.error["code"] == -1021 or _duplicate(frame.refused) or _unknown(frame.refused)
    )
    if in_time and not doubtful and not call.step.act.startswith("handle") and call.step.act != "submit":
        text = f"F22: {call} was answered in time, and is told {call.told}"
        if text not in life.report.violations:
            life.violated(text)


def _duplicate(refusal: Refusal) -> bool:
    """Whether "Duplicate order sent." is said, of the request or of its new order, which may be the request's work (F4).

    What is said of the other half is held against the truth all the same (`_word`, `_halves`).
    """
    data = refusal.error.get("data")
    half = data.get("newOrderResponse") if isinstance(data, dict) else None
    return "Duplicate" in str(refusal) or (half is not None and "Duplicate" in str(half.get("msg")))


def _unknown(refusal: Refusal, *halves: str) -> bool:
    """Whether the venue says of a half that its execution is unknown."""
    data = refusal.error.get("data")
    told = [data.get(f"{half}Response") for half in halves or ("cancel", "newOrder")] if isinstance(data, dict) else []
    return any(isinstance(each, dict) and each.get("code") in UNKNOWN_CODES for each in told)


def _halves(life: Life, call: Call) -> None:
    """The client tells a half as a reply in time clearly said, though the other half stays open (F4, F22)."""
    verdict = call.verdict
    if verdict is None or call.closed or len(verdict.parts) != 2 or not call.own:
        return
    frame = call.own[-1]
    data = None if frame.refused is None else frame.refused.error.get("data")
    if frame.refused is not None and _unknown(frame.refused, "cancel"):
        return
    if not isinstance(data, dict) or frame.answered >= min(call.began + life.world.timeout - SLACK, frame.link.ended):
        return
    said = verdict.parts[0].outcome
    if said is Outcome.UNDECIDED or (said is Outcome.ACCEPTED) is not (data["cancelResult"] == "SUCCESS"):
        life.violated(f"F22: {call} was told {data['cancelResult']} of its cancel, and says {said.value}")


def _made_before(life: Life, order: Any, call: Call) -> bool:
    sent = min(frame.sent for frame in call.own) if call.own else 0.0
    return any(
        order in frame.made and frame.executed and frame.executed[0] < sent
        for other in life.calls
        for frame in other.own
    )


def _orders(life: Life, call: Call) -> list[Order]:
    """Return the orders a call could be about: a reset is lived only when every call has its word, so what was told before is
    held against what was true until then."""
    return life.venue.orders if call.era == life.era else life.venue.wiped[call.era]


def _thing_of_handle(life: Life, call: Call) -> Any:
    frames = [
        frame for frame in call.own if frame.params.get("orderId") is not None or frame.params.get("origClientOrderId")
    ]
    if frames:
        number = frames[0].params.get("orderId")
        name = frames[0].params.get("origClientOrderId")
        return next((o for o in _orders(life, call) if o.number == number or (number is None and name in o.ids)), None)
    if getattr(call.result, "value", "") in ("FILLED", "CANCELED", "EXPIRED"):
        return next((o for o in reversed(_orders(life, call)) if not o.is_open), None)
    return None


def _same(life: Life, call: Call, wrong: Any, when: str) -> None:
    """What was told of the order is of that order."""
    frame = next(frame for frame in call.own if frame.executed)
    if not frame.made:
        return
    thing = frame.made[-1]
    source = call.verdict.order if call.verdict is not None else call.result
    for name in ("new_order_response", "amended_order"):
        source = getattr(source, name, None) or source
    number = getattr(source, "order_id", None)
    known = {each.number for made in frame.made for each in (made, *getattr(made, "legs", ()))}
    if call.method == "order.cancel":
        known |= _ended_with_it(life, call, thing)
    if isinstance(number, int) and call.method != "orderList.place.oco" and number not in known:
        wrong(f"of order {number}, true is {thing.number}")
    if call.verdict is None and call.method == "order.cancel" and getattr(source, "status", "CANCELED") != "CANCELED":
        wrong(f"and what is returned shows it {source.status}")
    if (
        call.step.act == "place"
        and call.verdict is None
        and isinstance(getattr(source, "orig_qty", None), Decimal)
        and source.client_order_id not in thing.ids
    ):
        wrong(f"with the id {source.client_order_id}")
    if (
        when == "a minute later"
        and life.world.on_unknown == "cancel"
        and call.method == "order.place"
        and call.error is None
        and not call.closed  # a process that died cancels nothing more
        and len(call.frames) > len(call.own)
        and thing.is_open
        and not any(
            set(thing.ids).intersection(_ids(other)) for other in life.calls if other is not call
        )  # such an id is disputed (F1)
    ):
        wrong("and it is open, though it was to be cancelled")


def _ended_with_it(life: Life, call: Call, order: Order) -> set[int]:
    """Return the numbers of a list's orders where no reply told this process which is which: both bear the new id then."""
    for other in life.calls:
        for made in (made for frame in other.own for made in frame.made if order in getattr(made, "legs", ())):
            if call.closed or other.result is None or other.generation != call.generation:
                return {leg.number for leg in made.legs}
    return set()


def _ids(call: Call) -> list[str]:
    return [frame.params["newClientOrderId"] for frame in call.own if "newClientOrderId" in frame.params]


def _at_the_start(life: Life) -> Counter[tuple[int, int]]:
    """Fills that the engine's clock puts before the moment at which, by the gateway's, the account was subscribed."""
    assert life.listened_from is not None
    until = EPOCH + (life.listened_from - 100_000) * 1000 + max(0, *life.world.offsets)
    return Counter((row["orderId"], row["id"]) for _, row in life.venue.trades if row["time"] < until)


def _beyond(life: Life, when: str) -> None:
    """What is executed later than is assumed can be told not placed; then it must not stay unnoticed (F9)."""
    for call in life.calls:
        if call.step.fate.queue <= 10 or call.told != "not placed":
            continue
        late = [
            each for each in life.late if call.own and each.client_order_id == call.own[0].params["newClientOrderId"]
        ]
        life.late = [each for each in life.late if each not in late]
        call.noticed = call.noticed or bool(late)
        executed = any(frame.executed for frame in call.own)
        if when == "a minute later" and executed and not call.noticed:
            life.violated(f"F9: {call} was executed after it was told not placed, and nothing tells it")


def _names(life: Life) -> None:
    """Requests go out in the name of the key that logged on, and a handle's in that of its order (F19, F20)."""
    for call in life.calls:
        for frame in call.frames:
            if frame.account in ("", life.key.api_key):
                continue
            if not life.was_other or (call.step.act.startswith("handle") and not _is_of(life, call, frame)):
                life.violated(f"F20: {call} went out in another's name")
        if call.told == "not sent" and not life.killed and not life.disks and "earlier process" in str(call.error):
            life.violated(f"F6: {call} waited for what an earlier process left open, and there was none")


def _is_of(life: Life, call: Call, frame: Frame) -> bool:
    """Whether the order that a handle's frame names was placed in the name that the frame went out in."""
    number, name = frame.params.get("orderId"), frame.params.get("origClientOrderId")
    named = [
        order for order in _orders(life, call) if str(order.number) == str(number) or name in (order.id, *order.ids)
    ]
    return not named or any(order.account == frame.account for order in named)


def _room(life: Life) -> None:
    """Questions leave room for cancels (F10)."""
    for call in life.calls:
        if call.told != "not sent" or not isinstance(call.error, LimitExceeded) or call.ended is None:
            continue
        minute = life.venue.minute(call.ended)
        used = sum(life.venue.weights.get(each, 0) for each in (minute - 1, minute))
        if not call.places and used < life.world.weight / 2:
            life.violated(f"F10: {call} found no room, and {used} of {life.world.weight} are used")


def _deadlines(life: Life) -> None:
    """No call takes longer than it may (I4)."""
    for call in life.calls:
        if (
            life.world.on_unknown != "raise"
            or call.step.act in ("submit", "handle-cancel", "handle-amend")
            or call.closed
        ):
            continue
        if call.ended is not None and call.ended - call.began > life.world.timeout + SLACK:
            life.violated(f"I4: {call} took {call.ended - call.began:.2f} s of {life.world.timeout}")


def _deaf(life: Life) -> None:
    """At most one order is lost on a connection that has begun to fail, also where it answers other requests (F5)."""
    limit = life.world.timeout
    for link in life.venue.links:
        lost = [frame for frame in life.venue.frames if frame.link is link and frame.lost]
        again = [frame for frame in lost if frame.sent > lost[0].sent + limit - 1e-6]
        if again:
            after = again[0].sent - lost[0].sent - limit
            life.violated(f"F5: {again[0].call} was lost on a connection that had lost one {after:.1f} s before")
        elsewhere = [each.sent for each in life.venue.frames if each.lost and each.link is not link]
        warned = [frame for frame in lost if frame.sent > min(elsewhere, default=float("inf")) + limit + SLACK]
        tried = [
            frame for frame in life.venue.frames if frame.link is link and frame.sent > min(elsewhere, default=0.0)
        ]
        if len(warned) > 1 and not any(frame.answered < warned[1].sent for frame in tried):
            life.violated(f"F5: {warned[1].call} was lost with {warned[0].call}, after another connection had lost one")


def _handles(life: Life) -> None:
    """A live handle says what is true."""
    for call in life.calls:
        if call.handle is None or call.closed or call.era != life.era:
            continue
        thing = life.thing(call)
        handle = call.handle
        if (handle.status.value == "IN_DOUBT" and call.told == "not followed") or _beyond_clocks(life, call):
            continue  # it ended undecided, and says so
        if thing is None:
            if handle.status.is_placed:
                life.violated(f"I6: the handle of {call} is {handle.status.value}, and there is no order")
            continue
        assert isinstance(thing, Order)  # handles follow single orders
        said = (handle.status.value, handle.executed_quantity)
        true = (thing.status, Decimal(thing.executed))
        if said != true:
            life.violated(f"I6: the handle of {call} says {said[0]} {said[1]}, true is {true[0]} {true[1]}")


def _converged(life: Life) -> None:
    """What user data told adds up to the truth, and once each (I5, I6)."""
    if not life.world.follows or life.killed or life.listened_from is None or life.other:
        return
    gaps = [item for item in life.items if isinstance(item, Gap)]
    if life.world.rows == "broken":
        unread = [gap for gap in gaps if "cannot be read" in gap.why]
        gaps = [gap for gap in gaps if gap not in unread]
        if not unread:
            life.violated("F13: an order that cannot be read is not told of")
    if life.era:
        if life.traded_before and life.venue.trades and not any(gap.reset for gap in gaps):
            life.violated("F12: the venue was reset, its numbers run backwards, and no gap tells it")
        if life.era == 1 and any("noticed by a look" in gap.why for gap in gaps):
            life.violated("F12: numbers below those of before did not show at once that the venue was reset")
        gaps = [gap for gap in gaps if not gap.reset]
    told: Counter[tuple[int, int]] = Counter()
    for item in life.items:
        if getattr(item, "trade_id", -1) not in (-1, None) and getattr(item, "execution_type", "") == "TRADE":
            told[(item.order_id, item.trade_id)] += 1
    mine = {order.number for order in life.venue.orders if order.account == life.key.api_key}
    if life.world.rows == "broken":
        mine.discard(STRANGE)
    true = Counter((row["orderId"], row["id"]) for _, row in life.venue.trades if row["orderId"] in mine)
    if life.era or life.world.rows:
        told = Counter({each: often for each, often in told.items() if each in true})
    if not gaps:
        if missing := true - told - _at_the_start(life):
            life.violated(f"I5: fills {sorted(missing)} were never told")
        if doubled := told - true:
            life.violated(f"I5: fills {sorted(doubled)} were told too often")
    opened = {order.order_id for order in life.client.orders.open}
    truly = {order.number for order in life.venue.orders if order.is_open and order.account == life.key.api_key}
    if life.world.rows == "broken":
        opened, truly = opened - {STRANGE}, truly - {STRANGE}
    if opened != truly:
        life.violated(f"I6: open orders are told {sorted(opened)}, true are {sorted(truly)}")
    for row in life.venue.balances(life.loop.time(), life.key.api_key):
        balance = life.client.balances[row["asset"]]
        if (balance.free, balance.locked) != (Decimal(row["free"]), Decimal(row["locked"])):
            life.violated(
                f"I6: {row['asset']} is told {balance.free} + {balance.locked}, true is {row['free']} + {row['locked']}"
            )
