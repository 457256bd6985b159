"""What bears an id: everything that passes by and shows that a request was executed.

Theory of operation. Three kinds of ids are looked for, in replies, in late replies, in answers to the user's questions and
in every event of user data:

* those of requests *in doubt*. A sight of one is read (`binance_wsapi.orders.ids.identity`): where only the request can
  have put the id there it is a proof, wherever it comes from; an id that something else may bear is judged by content;
* those of requests *under way*. An order can be seen, and lose its id to a change, before there is a doubt that its reply
  will come. So the last sights are kept until the call returns, and count should there be a doubt;
* those that were *declared not placed*, on the `watch_list` for a day.

A change renames what it changes (``newClientOrderId`` of a cancel, an amendment), and what was renamed is found by its
former id no more. Our own changes say both ids in their replies and events; what else they may have renamed is kept in
`binance_wsapi.orders.ids.renames`.

An id is one of an account and of a symbol: another account may use the same, and so may the same account elsewhere. What is
known to be of another is no sighting. What had an id is remembered for a while, for a user may name it again
(`binance_wsapi.orders.ids.history`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any, Final

from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.orders.fate.contests import Contests
from binance_wsapi.orders.fate.fence import Doubt, Evidence, Outcome, Verdict
from binance_wsapi.orders.fate.late_replies import LateReplies
from binance_wsapi.orders.fate.listeners import FateListeners, Named
from binance_wsapi.orders.fate.notes import RenameNotes
from binance_wsapi.orders.fate.reply import Refusal
from binance_wsapi.orders.fate.unresolved import SIGHTS_KEPT, LiveId, Seen, UnderWay, Unresolved
from binance_wsapi.orders.fate.watch_list import WatchList
from binance_wsapi.orders.ids.events import EventSights, ids_of
from binance_wsapi.orders.ids.history import IdHistory
from binance_wsapi.orders.ids.identity import OPEN, Reading, read, refuses
from binance_wsapi.orders.ids.naming import change_of
from binance_wsapi.orders.ids.renames import Change, Renames
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.orders.journal.base import Journal
from binance_wsapi.session.connection import Connection
from binance_wsapi.session.listeners import SessionListener, SessionRank
from binance_wsapi.session.session import Session
from binance_wsapi.wire.codec import Envelope
from binance_wsapi.wire.endpoint import Endpoint, Params, TimeUnit
from binance_wsapi.wire.order_calls import Act, OrderCalls, Sight

__all__ = ["IdWatch"]

log = logging.getLogger("binance_wsapi")

_NONE: Final[tuple[LiveId, ...]] = ()

LIST_ID: Final = "listClientOrderId"

_EVENT: Final = Evidence.EVENT
"""A name for the way of every event: an attribute of an Enum class is looked up in Python."""


class IdWatch(SessionListener):
    """Knows which ids matter, and looks at everything that passes by.

    Args:
        session: brings late replies and events, and tells the user.
        calls: reads what they say of orders.
        watch_ms: how long an id that was declared not placed is watched for.
        account_of: tells the account of a subscription on a connection; None where that is not known.
        listeners: told of each id that was declared not placed and turned up, and of what bears it.
        journal: where the number of what is seen under way is noted before a change takes its id; None where nothing is.

    Attributes:
        renames: what our own changes may have renamed.
        history: what had an id before.
        watched: the ids that were declared not placed.
        contests: the ids that more than one request names.
    """

    def __init__(
        self,
        session: Session,
        calls: OrderCalls,
        watch_ms: int,
        account_of: Callable[[Connection, int | None], Signer | AsyncSigner | None],
        listeners: FateListeners,
        journal: Journal | None = None,
    ) -> None:
        self._session = session
        self._calls = calls
        self._microseconds = session.settings.time_unit is TimeUnit.MICROSECOND
        self._account_of = account_of
        self.history = IdHistory()
        self.renames = Renames(self.history.placed_as)
        self._notes = RenameNotes(journal, self.renames)
        self.watched = WatchList(session.tell, watch_ms, listeners)
        self.contests = Contests(session, self.history, self.renames, self.watched)
        self._by_token, self._under_way = self.contests.by_token, self.contests.under_way
        self._late_replies = LateReplies(session, calls, self.watched)
        session.listeners.add(SessionRank.FATE, self)

    @property
    def in_doubt(self) -> list[Unresolved]:
        """The requests whose fate is not known."""
        return list({id(intent): intent for pairs in self._by_token.values() for intent, _ in pairs}.values())

    @staticmethod
    def explains(call: UnderWay) -> bool:
        """Return whether an order is known that bore one of its ids before: why the venue may call it a duplicate."""
        return any(live.others and not live.contested and not live.bearer_ended for live in call.live_ids)

    # ------------------------------------------------------------------ which ids matter

    def begin(
        self,
        endpoint: Endpoint[Any],
        request: Params,
        tokens: Sequence[str],
        fresh: Collection[str],
        key: Signer | AsyncSigner | None,
    ) -> UnderWay:
        """A request with these ids is about to be sent, and may take one from another order."""
        live_ids: list[LiveId] = []
        symbol, under_way = str(request.get("symbol", "")), self._under_way
        for token in tokens:
            live = LiveId(token, key, symbol, sent=token in fresh)
            live_ids.append(live)
            known = under_way.get(token)
            under_way[token] = (live,) if known is None else (*known, live)
        if endpoint is self._calls.place:  # nearly all
            return UnderWay(tokens, fresh, live_ids, None)
        change = change_of(self._calls, endpoint, request, key)
        if change is not None:
            self.renames.begin(change)
            if live_ids and not live_ids[0].sent:
                live_ids[0].change = change
            for each in under_way.values():
                self._notes.numbers(each)
        elif len(live_ids) > 1:
            for live in live_ids:
                live.listed = live.token == request.get(LIST_ID)
        return UnderWay(tokens, fresh, live_ids, change)

    def end(self, call: UnderWay) -> None:
        """Its call has returned, or its doubt is taken up."""
        under_way = self._under_way
        for live in call.live_ids:
            left = under_way.pop(live.token, _NONE)
            if len(left) > 1:
                under_way[live.token] = tuple(each for each in left if each is not live)
        if call.change is not None:
            self.renames.end(call.change)

    def doubt(self, intent: Unresolved, call: UnderWay | None = None, refusal: Refusal | None = None) -> None:
        """Look for a request in doubt, and count what its refusal says, and what was seen of it while it was under way."""
        for doubt in intent.doubts:
            for name in (doubt.token.client_id, *doubt.token.legs):
                self._by_token.setdefault(name, []).append((intent, doubt))
        self._shown_by_reply(intent, self._late_replies.expect(intent, refusal), intent.key)
        for live in () if call is None else call.live_ids:
            for seen in live.seen:
                for doubt in intent.doubts:
                    self._weigh(intent, doubt, live.token, seen)
                self._turned_up(live.token, seen)

    def forget(self, intent: Unresolved) -> None:
        """It is settled, or the client is closed: watch for what was declared not placed."""
        for doubt in intent.doubts:
            for name in (doubt.token.client_id, *doubt.token.legs):
                left = [pair for pair in self._by_token.get(name, ()) if pair[0] is not intent]
                if left:
                    self._by_token[name] = left
                else:
                    self._by_token.pop(name, None)
        self._late_replies.settled(intent)
        now = self._session.now_ms()
        for doubt in intent.doubts:
            if doubt.verdict is not None and doubt.verdict.outcome is Outcome.UNDECIDED:
                for name in (doubt.token.client_id, *doubt.token.legs):
                    self.history.doubtful(intent.key, doubt.token.symbol, name)
            if intent.change is not None and intent.change.gives_what_it_names(doubt.token):
                continue  # what bears the id tells nothing of it
            if doubt.verdict is not None and doubt.verdict.outcome is Outcome.NOT_PLACED and not doubt.contradicted:
                self.watched.add(doubt.verdict, now, intent.key, doubt.token.symbol, doubt.token)
        self.watched.forget(now)

    def placed(self, call: UnderWay, result: Any, left_at: float | None) -> None:
        """An order was placed, and its reply came in time: remember what has its id."""
        live = call.live_ids[0]
        number: int | None = getattr(result, "order_id", None)
        if number is None:
            return
        token, quantity = live.token, getattr(result, "orig_qty", None)
        ended = getattr(result, "status", "NEW") not in OPEN
        at = getattr(result, "transact_time", None)
        placed_us: int | None = None if at is None else at.microseconds
        self.history.remember(
            live.key, live.symbol, token, number, quantity, left_at, ended=ended, placed=True, placed_us=placed_us
        )
        if self._by_token or len(self._under_way.get(token, _NONE)) > 1:
            self.contests.made(Named(token, live.symbol, live.key), number, call.live_ids)

    def refused(
        self, call: UnderWay, endpoint: Endpoint[Any], request: Params, request_id: str | None, refusal: Refusal
    ) -> None:
        """A request was refused in time, or its half: a second reply that says otherwise contradicts that.

        So does what bears the id of an order that was to be placed, seen by now or later.
        """
        now, last = self._session.now_ms(), refusal.last_refused
        if last is None:
            return
        halves = endpoint is self._calls.cancel_replace
        verdicts = tuple(
            Verdict(
                Outcome.REJECTED, Evidence.REPLY, call.tokens[at] if call.tokens else "", None, refusal.error, int(now)
            )
            if refusal.said[at].outcome is Outcome.REJECTED
            else None
            for at in (range(len(refusal.said)) if halves else (last,))
        )
        verdict = verdicts[-1] if halves or endpoint is self._calls.place else None  # of an order that was to be placed
        live = call.live_ids[-1] if verdict is not None else None
        watched = live is not None and live.token in call.fresh and not live.contested
        self._late_replies.refused(
            endpoint, request, request_id, verdicts, (live.token,) if live is not None and watched else (),
            call.live_ids[-1].key if call.live_ids else None,
        )  # fmt: skip
        if live is not None and verdict is not None and watched:
            self.watched.add(verdict, now, live.key, live.symbol)
            for seen in live.seen:
                self._turned_up(live.token, seen)

    def list_placed(self, call: UnderWay, result: Any, left_at: float | None) -> None:
        """An order list was placed, and its reply came in time: remember its orders."""
        symbol, key = call.live_ids[0].symbol, call.live_ids[0].key
        for sight in self._calls.sights(result):
            if sight.listed:
                self.history.list_placed(key, symbol, sight.id or "", sight, left_at)
                self.contests.list_made(sight, symbol, key, call.live_ids)
            else:
                self.history.told(symbol, sight.number, sight.quantity)

    # ------------------------------------------------------------------ what is seen

    def sighted(
        self, client_id: str, order: Any, evidence: Evidence, key: Signer | AsyncSigner | None, symbol: str
    ) -> None:
        """A change of what bore this id was executed: so this shows something that bore it."""
        found = [sight for sight in self._calls.sights(order) if sight.status is not None]
        sights = [sight for sight in found if client_id in (sight.id, sight.former)]
        sights = sights or [replace(sight, former=client_id) for sight in found] or [Sight(order, symbol, id=client_id)]
        self._bears(client_id, Seen(evidence, lambda: sights, key, symbol))

    def answered(self, sights: Sequence[Sight], key: Signer | AsyncSigner | None, own: str) -> None:
        """Take note of what an answer about a request in doubt shows: an order, and amendments, which tell former ids.

        What bears the id of the request now is not the work of a request that names the id later.
        """
        for sight in sights:
            if sight.id == own and not sight.listed and not sight.amendment:
                self.history.seen(key, sight)
        self._look(sights, Evidence.QUERY, key, (own,))

    def told(self, result: Any, key: Signer | AsyncSigner | None) -> None:
        """Take note of an answer to the user: what bears an id in doubt, or watched for, is evidence, in every answer."""
        if self._by_token or self._under_way or self.watched.ids:
            self._look(self._calls.sights(result), Evidence.QUERY, key)

    def replied(
        self, call: UnderWay, result: Any, key: Signer | AsyncSigner | None, left_at: float | None = None
    ) -> None:
        """A change was answered with this. What it renamed is found by its former id no more, and was executed."""
        if call.change is None:
            return
        change, sights = call.change, self._calls.sights(result)
        if change.listed and change.former:  # the list had this id, also where it has another now
            sights = [replace(sight, former=change.former) if sight.listed else sight for sight in sights]
        self.history.changed(key, sights, call.tokens[1] if len(call.tokens) == 2 else "", left_at)
        self._look(sights, Evidence.REPLY, key, call.tokens)
        self.changed(change, sights)

    def changed(self, change: Change, sights: Sequence[Sight]) -> None:
        """A change was executed: where it does not tell what it renamed, note what it may have been.

        Args:
            change: that was.
            sights: what the venue says it changed; empty where nothing says it.
        """
        now = self.history.moment()
        if not self.renames.done(change, sights, now):
            self._notes.hidden(self.in_doubt, chain.from_iterable(self._under_way.values()), now)

    def _look(
        self, sights: Iterable[Sight], evidence: Evidence, key: Signer | AsyncSigner | None, own: Sequence[str] = ()
    ) -> None:
        for sight in sights:
            for name in {sight.id, sight.former, *sight.legs}:
                if (
                    name
                    and (name not in own or name == sight.former)  # which it had before the change gave it this one
                    and (name in self._by_token or name in self._under_way or name in self.watched.ids)
                ):
                    self._bears(name, Seen(evidence, partial(list, (sight,)), key, sight.symbol))

    def on_event(self, connection: Connection, subscription_id: int | None, event: bytes) -> None:
        """Look at an event of user data: does it bear an id that matters?"""
        if not self._by_token and not self.watched.ids and not self._under_way:
            return
        ids = ids_of(event)
        if ids is None:
            return
        by_token, under_way, watched = self._by_token, self._under_way, self.watched.ids
        for token in ids.ids:
            if token in under_way or token in by_token or token in watched:
                key = self._account_of(connection, subscription_id)
                sights = EventSights(self._calls, event, subscription_id, token, ids, self._microseconds)
                self._bears(token, Seen(_EVENT, sights, key, ids.symbol))

    def on_late_reply(self, request_id: str, envelope: Envelope) -> None:
        """The reply came after its caller had been told that it did not."""
        intent = self._late_replies.expected(request_id)
        sights, key = self._late_replies.came(request_id, envelope)
        self._shown_by_reply(intent, sights, key)

    def _shown_by_reply(
        self, intent: Unresolved | None, sights: Sequence[Sight], key: Signer | AsyncSigner | None
    ) -> None:
        """Take note of what the reply to a request in doubt, or the refusal that left it so, shows of orders."""
        placing = [] if intent is None else [doubt for doubt in intent.doubts if doubt.token.act is Act.PLACE]
        self.history.changed(key, sights, placing[0].token.client_id if placing else "")
        for doubt in placing:
            for sight in sights:
                if doubt.token.client_id == sight.id and not sight.former:
                    self.history.proved(key, doubt.token, sight, doubt.left_at)
                    self.contests.proved(doubt, sight, key)
        self._look(sights, Evidence.REPLY, key)

    def _bears(self, token: str, seen: Seen) -> None:
        """Something was seen that bears this id."""
        if self._by_token:
            for intent, doubt in tuple(self._by_token.get(token, ())):
                if seen.is_of(doubt.token.symbol):
                    self._weigh(intent, doubt, token, seen)
        for live in self._under_way.get(token, ()):
            if seen.is_of(live.symbol):
                live.keep(seen)
                if live.record is not None and self.renames.under_way:
                    self._notes.numbers([live])
        self._turned_up(token, seen)

    def _turned_up(self, token: str, seen: Seen) -> None:
        """See whether this proves what was declared not placed, or refused."""
        for watched in self.watched.ids.get(token, ()):
            if not seen.is_of(watched.token.symbol) or not seen.is_known_of(watched.key, watched.token, token):
                continue
            proof = next((each for each in seen.sights() if self._read(watched.token, each) is Reading.YES), None)
            if proof is not None:
                self.watched.turned_up(watched, proof.whole)

    def _weigh(self, intent: Unresolved, doubt: Doubt, name: str, seen: Seen) -> None:
        """Read what bears an id in doubt. Whether the account of another key is this one shows by asking for its number."""
        sights = seen.sights()
        if seen.is_known_of(intent.key, doubt.token, name):
            self._judge(intent, doubt, sights, seen.evidence)
            return
        for sight in sights:
            if self._read(doubt.token, sight) in {Reading.YES, Reading.MAYBE}:
                self._may_be(doubt, sight)

    @staticmethod
    def _may_be(doubt: Doubt, sight: Sight) -> None:
        """Keep the number of what a request may have made: asked about by it, it tells more."""
        if sight.number is not None and len(doubt.candidates) < SIGHTS_KEPT:
            doubt.candidates.add(sight.number)

    def _judge(self, intent: Unresolved, doubt: Doubt, sights: Sequence[Sight], evidence: Evidence) -> None:
        """Read what was seen, and settle the doubt where it is a proof."""
        intent.aim(doubt)
        for sight in sights:
            if sight.refusal is not None and refuses(doubt.token, sight):
                token, method = doubt.token.client_id, intent.endpoint.method
                sight.refusal.about(method=method, request_id=intent.request_id, client_order_id=token)
                doubt.refused(sight.refusal, self._session.now_ms(), evidence)
                intent.wake.set()
                return
            reading = self._read(doubt.token, sight)
            if reading is Reading.YES:
                self.found(intent, doubt, sight.whole, sight, evidence)
                return
            if reading is Reading.MAYBE:
                self._may_be(doubt, sight)
            if reading is Reading.MAYBE and doubt.token.kind is TokenKind.LIST:
                doubt.hidden = True  # of a list it tells no more: that it is not found under its ids says nothing

    def _read(self, token: Token, sight: Sight) -> Reading:
        """Return what a sight says of a request; what another is known to have made says nothing."""
        return Reading.NOTHING if self.history.is_anothers(token, sight) else read(token, sight)

    def found(self, intent: Unresolved, doubt: Doubt, order: Any, proof: Sight | None, evidence: Evidence) -> None:
        """A request in doubt was executed."""
        first = doubt.verdict is None
        doubt.seen(order, evidence, self._session.now_ms())
        if proof is not None:
            if doubt.number is None and not proof.listed:
                doubt.number = proof.number
            self.history.proved(intent.key, doubt.token, proof, doubt.left_at)
            if first and doubt.token.act is Act.PLACE:
                self.contests.proved(doubt, proof, intent.key)
        intent.wake.set()
