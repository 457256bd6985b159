"""The judgement of a life: what the client said of each request, against what the exchange knows to be true."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from binance_wsapi.api.introspection import endpoints
from binance_wsapi.simulator.record.truth import Truth
from binance_wsapi.wire.endpoint import Security

__all__ = ["Said", "judge_frames", "judge_orders", "may_have_swept"]

IDS = sorted({name for endpoint in endpoints().values() for name in endpoint.client_ids})
PUBLIC = {name for name, endpoint in endpoints().items() if endpoint.security is Security.NONE}
MARGIN = 1.0
"""Seconds that a frame may have been under way when a ban began."""
_ANSWERED = re.compile(r'"id": *"([^"]+)"')
SILENT = {"undecided", "gone"}
SWEEPS = {"openOrders.cancelAll", "orderList.cancel"}
RENAMES = {
    "order.cancel", "openOrders.cancelAll", "orderList.cancel", "order.cancelReplace", "order.amend.keepPriority"
}  # fmt: skip
SOON = 0.1
"""Seconds until both sides know what was said on a link that is not slow."""

Violated = Callable[[str, str], None]


@dataclass
class Said:
    """One request that changes orders, and what the client said became of it.

    Args:
        method: its wire name.
        tokens: ids it puts onto orders; those of a list are the ids of its legs.
        word: accepted, refused, partial, not placed, not sent, undecided, unknown, or gone (its caller went away).
        order_id: the order of a reply or a verdict.
        halves: of a replacement: whether the cancel and the new order were told to have succeeded.
        open_before: orders that were open when everything of a symbol was cancelled.
        also: ids it puts onto orders, and that other requests do, too; and its id, where it places a list.
    """

    method: str
    tokens: tuple[str, ...]
    word: str = "nothing"
    order_id: int | None = None
    halves: tuple[bool, bool] | None = None
    open_before: list[Any] = field(default_factory=list)
    also: frozenset[str] = frozenset()


def may_have_swept(all_said: list[Said]) -> bool:
    """Whether a change may have renamed what another request is about, and nothing tells what.

    A change that was accepted tells what it renamed, but for those of a list or of everything, whose orders take ids that
    need not be told.
    """
    return any(
        said.method in RENAMES and (said.word in SILENT or (said.word == "accepted" and said.method in SWEEPS))
        for said in all_said
    )


def _short(digits: str) -> int:
    """Read a number as clients do that skip what they do not know, however long it is."""
    return int(digits) if len(digits) < 30 else 0


def called_duplicates(truth: Truth) -> set[str]:
    """Return the ids of requests that the venue called duplicates: another program may have sent the same (rule F4).

    A frame that was damaged on its way, or holds several replies, tells which request it answers all the same.
    """
    named = (frame for frame in truth.frames if frame.direction == "out" and "Duplicate order sent." in str(frame.data))
    refused = {each for frame in named for each in _ANSWERED.findall(str(frame.data))}
    requests = (json.loads(frame.data) for frame in truth.frames if frame.direction == "in") if refused else ()
    params = [request.get("params") or {} for request in requests if request.get("id") in refused]
    return {str(each[name]) for each in params for name in IDS if name in each}


def judge_orders(truth: Truth, all_said: list[Said], when: str, violated: Violated, *, swept: bool) -> None:
    """Compare every word with the truth: I1 (one execution at most) and I2 (no invented outcome).

    An order may stay undecided only where a change may have `swept` over it (rules F8, F17, F21 of docs/fence.md), where the
    venue called it a duplicate, or where other requests name an id of it, too (F1).
    """
    duplicates = called_duplicates(truth)
    ours = {token for said in all_said for token in (*said.tokens, *said.also)}
    renamed = {each.list_client_order_id for each in truth.order_lists()}
    for said in all_said:
        name = f"{said.method} {said.tokens[0]}"
        if said.word == "unknown":
            violated("I3", f"{name}: no verdict, {when}")
        if said.word == "undecided" and not swept and not said.also and duplicates.isdisjoint(said.tokens):
            violated("I3", f"{name}: undecided, and no change can have renamed it, {when}")
        if said.method == "openOrders.cancelAll":
            _judge_cancel_all(truth, said, ours, when, violated)
            continue
        executed = [bool(truth.orders[token]) or token in renamed for token in said.tokens]
        if any(len(truth.orders[token]) > 1 for token in said.tokens):
            violated("I1", f"{name}: executed twice, {when}: {[truth.orders[token] for token in said.tokens]}")
        if said.word in {"refused", "not placed", "not sent"} and any(executed):
            violated("I2", f"{name}: the client says {said.word}, the exchange did {executed}, {when}")
        if said.word == "accepted" and not any(executed):
            violated("I2", f"{name}: the client says accepted, the exchange never did it, {when}")
        if said.word == "accepted" and said.order_id is not None and said.method != "orderList.cancel":
            ids = {order.order_id for token in (*said.tokens, *said.also) for order in truth.orders[token]}
            if said.order_id not in ids:
                violated("I2", f"{name}: order id {said.order_id}, the exchange's {ids}, {when}")
        if said.halves is not None and said.halves != tuple(executed):
            violated("I2", f"{name}: told (cancelled, placed) = {said.halves}, the exchange {executed}, {when}")


def _judge_cancel_all(truth: Truth, said: Said, ours: set[str], when: str, violated: Violated) -> None:
    if said.word == "accepted" and any(order.is_open for order in said.open_before):
        violated("I2", f"cancel all: accepted, and still open: {said.open_before}, {when}")
    if said.word == "not placed" and any(order.is_open for order in truth.all_orders()):
        return  # something is open that may be as old as the request: that is what the verdict says
    if said.word in {"refused", "not placed", "not sent"}:
        # What it cancels is renamed at random; what the other calls of a life cancel bears one of their tokens.
        strange = [each for each in said.open_before if each.status == "CANCELED" and each.ids[-1] not in ours]
        if strange:
            violated("I2", f"cancel all: {said.word}, and it cancelled {strange}, {when}")


def judge_frames(truth: Truth, all_said: list[Said], bans: Mapping[int, float], violated: Violated) -> Counter[str]:
    """Look at every frame: I1 (one frame that was not refused), I9 (bans are waited out), I11 (logged on first).

    Args:
        truth: the exchange's.
        all_said: every request that changed orders.
        bans: when each ban ends, in seconds of the loop, by its ``retryAfter``.
        violated: told of each finding.

    Returns:
        How often the venue refused a timestamp.
    """
    tokens = {token: said for said in all_said for token in said.tokens}
    frames: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    asked: dict[Any, list[str]] = {}
    logons: dict[int, list[bytes]] = defaultdict(list)
    logged_on: set[int] = set()
    revoked: dict[int, float] = {}
    codes: Counter[str] = Counter()
    told_off: list[tuple[float, float]] = []
    last = {frame.connection: frame.time for frame in truth.frames}
    for frame in truth.frames:
        text = frame.data if isinstance(frame.data, bytes) else frame.data.encode()
        if frame.direction == "in":
            request = json.loads(text)
            method, params = request["method"], request.get("params") or {}
            if any(told + MARGIN < frame.time < until - 0.1 for told, until in told_off):
                violated("I9", f"{method} was sent while the venue had asked to wait")
            if method == "session.logon":
                logons[frame.connection].append(request["id"].encode())
                revoked.pop(frame.connection, None)
            elif method not in PUBLIC and "signature" not in params and frame.connection not in logged_on:
                violated("I11", f"{method} was sent before the logon of connection {frame.connection} was answered")
            elif method not in PUBLIC and frame.time > revoked.get(frame.connection, frame.time) + SOON:
                violated("I11", f"{method} was sent after the key of connection {frame.connection} was revoked")
            named = [params[name] for name in IDS if params.get(name) in tokens]
            frames.update(named)
            asked[request["id"]] = named
        elif b'"status":' in text:
            # What is broken behind the words that count may still have been read.
            if b'"status":200' in text and any(each in text for each in logons[frame.connection]):
                logged_on.add(frame.connection)
            if b'"id":null' in text and b'"status":401' in text:
                revoked[frame.connection] = frame.time
            try:
                reply = json.loads(text, parse_int=_short)
            except (ValueError, RecursionError):
                continue
            if not isinstance(reply, dict) or not isinstance(reply.get("id"), str):
                continue
            error = reply.get("error")
            if isinstance(error, dict):
                codes[str(error.get("code"))] += 1
                until = bans.get((error.get("data") or {}).get("retryAfter", 0))
                if until is not None and last[frame.connection] > frame.time + 0.2:  # not cut before it arrived
                    told_off.append((frame.time, until))
            if isinstance(reply.get("status"), int) and 400 <= reply["status"] < 500:
                refused.update(asked.get(reply.get("id"), ()))
    for token, said in tokens.items():
        if frames[token] - refused[token] > 1:
            violated("I1", f"{said.method} {token}: {frames[token]} frames, {refused[token]} refused")
        if said.word == "not sent" and frames[token] > refused[token]:
            violated("I2", f"{said.method} {token}: the client says not sent, {frames[token]} frames arrived")
    return codes
