"""Ids that more than one request names: what each of them may have met, and what another is known to have made.

Theory of operation. A user may name the id of an order that is open, that has ended, or whose fate is not known. From when
the frame of such a request leaves, what bears the id shows less:

* of each other request under way, or in doubt, that names the id it may be the work of this one: both are *contested*
  (`Token.contested_ms`). A change that leaves the order its id takes none from what placed it; of two changes it does
  not say which left the id there;
* what another request is known to have made, by its number, is not what this one made (`Token.others`);
* where the venue may have given ids of its own since, and no reply told which, a change may have named one of them.

When a doubt arises, its tokens take over what was known while the request was under way (`taken_over`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.orders.fate.fence import TIMESTAMP_AHEAD_MS, Doubt
from binance_wsapi.orders.fate.listeners import Named
from binance_wsapi.orders.fate.unresolved import LiveId, UnderWay, Unresolved
from binance_wsapi.orders.fate.watch_list import WatchList
from binance_wsapi.orders.ids.history import IdHistory
from binance_wsapi.orders.ids.renames import Change, Renames
from binance_wsapi.orders.ids.token import ALWAYS, Token, TokenKind
from binance_wsapi.session.session import UNKNOWN_CLOCK_MS, Session
from binance_wsapi.wire.order_calls import Act, Sight

__all__ = ["Contests", "taken_over"]


class Contests:
    """Knows which requests name an id.

    Args:
        session: tells the time, and how wrong it may be.
        history: what had an id before.
        renames: what our own changes may have renamed.
        watched: the ids that were declared not placed.

    Attributes:
        under_way: the ids under way, each with its requests.
        by_token: the ids in doubt, likewise.
    """

    def __init__(self, session: Session, history: IdHistory, renames: Renames, watched: WatchList) -> None:
        self._session = session
        self._history = history
        self._renames = renames
        self._watched = watched
        self.under_way: dict[str, tuple[LiveId, ...]] = {}
        self.by_token: dict[str, list[tuple[Unresolved, Doubt]]] = {}

    def contested(self, named: Named) -> bool:
        """Return whether more than one request under way, or in doubt, may have made what is called so."""
        name, symbol, _ = named
        return any(live.contested for live in self._lives(name, symbol)) or any(
            doubt.token.contest_of(name) is not None for doubt in self._doubts(name, symbol)
        )

    def _lives(self, name: str, symbol: str) -> list[LiveId]:
        """Return the requests under way that name this id of this symbol."""
        return [live for live in self.under_way.get(name, ()) if live.symbol == symbol]

    def _doubts(self, name: str, symbol: str) -> list[Doubt]:
        """Return the doubts about requests that name this id of this symbol."""
        return [doubt for _, doubt in self.by_token.get(name, ()) if doubt.token.symbol == symbol]

    # ------------------------------------------------------------------ a frame leaves

    def leaves(self, call: UnderWay) -> None:
        """Its frame was handed to the network: only now can it take an id that something else bears, or is to bear."""
        change = call.change
        if change is not None:
            if change.former:
                self._aim(change, call.live_ids)
            self._watched.rivalled(change.symbol)
            self._renames.left(change, *(live.token for live in call.live_ids[:1] if live.change is not None))
            if call.live_ids and not change.listed:
                number = change.target if change.number is None else change.number
                call.live_ids[0].before = self._history.quantity_of(change.symbol, number)
        for live in call.live_ids:
            if live.token in call.fresh:
                continue
            live.sent = True
            self._watched.used_again(live.token, live.symbol)
            self._known_before(live, change)
            self._named_again(live, call)
            if change is None or not change.keeps or live is not call.live_ids[0]:
                self._renames.named(live.symbol, live.token, change)

    def _aim(self, change: Change, own: Sequence[LiveId]) -> None:
        """Keep which order has the id that a change names, as its frame leaves."""
        bearers = self._history.of(change.key, change.symbol, change.former)
        elsewhere = self._history.elsewhere(change.key, change.symbol, change.former)
        lives = [live for live in self._lives(change.former, change.symbol) if live.sent and live not in own]
        # What keeps the id gives it to no other.
        rivals = sum(live.change is None or not live.change.keeps for live in lives)
        rivals += sum(
            doubt.token.act is Act.PLACE or doubt.token.former != change.former
            for doubt in self._doubts(change.former, change.symbol)
        )
        latest = -1 if bearers is None else bearers.numbers[-1]
        rivals += sum(number > latest for number in elsewhere)  # under another key, of this account perhaps
        if bearers is not None and not change.listed:
            change.target = None if bearers.unsure or rivals else bearers.numbers[-1]
            rivals += 2 if bearers.unsure else 1
        change.met_again = change.met_again or rivals > 1

    def _known_before(self, live: LiveId, change: Change | None) -> None:
        """Keep with an id what is known to have had it."""
        bearers = self._history.of(live.key, live.symbol, live.token)
        if live.listed:
            live.others = frozenset(self._history.lists_of(live.symbol, live.token))
            live.bearer_ended = True  # it may have: it explains no refusal
        elif change is not None and change.listed:
            live.others = frozenset(self._history.lists_ended(live.symbol, live.token))
            if bearers is not None:
                live.contested_ms = ALWAYS  # an order has had it, perhaps of this list
        elif bearers is not None:
            live.others, live.ended = frozenset(bearers.numbers), bearers.ended_with
            live.bearer_ended = bearers.ended
        if not live.listed and (change is None or not change.listed):
            live.others |= self._history.elsewhere(live.key, live.symbol, live.token)
        if live.change is not None:
            listed = live.change.listed
            former = None if listed else self._history.of(live.key, live.symbol, live.change.former)
            if self._renames.venue_named(live.symbol, None if former is None else former.known_at):
                live.contested_ms = ALWAYS

    def _named_again(self, live: LiveId, call: UnderWay) -> None:
        """Contest the id of each other request that names it."""
        token, own, change = live.token, call.live_ids, call.change
        # An order that keeps its id gives it to no other; a replacement that names the id as well takes it.
        keeps = change is not None and change.keeps and live is own[0]
        since = self._session.now_ms() - self._error_ms()
        for rival in self._lives(token, live.symbol):
            if rival in own or not rival.sent:
                continue
            live.contested_ms = ALWAYS
            if rival.change is not None or not keeps:
                rival.contested_ms = since if rival.contested_ms is None else rival.contested_ms
        for doubt in self._doubts(token, live.symbol):
            live.contested_ms = ALWAYS
            if doubt.token.act is not Act.PLACE or not keeps:
                doubt.token = doubt.token.named_again(token, since)

    def _error_ms(self) -> float:
        """Return by how much the venue may take a request earlier than estimated: a timestamp may be a second ahead."""
        return TIMESTAMP_AHEAD_MS + min(self._session.clock_error_ms, UNKNOWN_CLOCK_MS)

    # ------------------------------------------------------------------ what another made

    def made(self, named: Named, number: int, own: Sequence[LiveId | Doubt], *, listed: bool = False) -> None:
        """Note what a request made: to others that name the same id it is another's.

        Args:
            named: the id.
            number: of the order, or the list.
            own: what the request is known by.
            listed: whether it is a list.
        """
        for doubt in self._doubts(named.client_id, named.symbol):
            if all(doubt is not each for each in own):  # two doubts about one id may be equal
                doubt.token = doubt.token.made_by_another(number, listed=listed)
        for each in self._lives(named.client_id, named.symbol):
            if each not in own:
                each.others |= {number}
                each.younger |= {number}  # which of the two came to the venue first is not known

    def list_made(
        self, sight: Sight, symbol: str, key: Signer | AsyncSigner | None, own: Sequence[LiveId | Doubt]
    ) -> None:
        """Note a list that a request made, and its orders; see `made`."""
        if sight.number is not None:
            self.made(Named(sight.id or "", symbol, key), sight.number, own, listed=True)
        for leg, number in zip(sight.legs, sight.numbers, strict=False):
            self.made(Named(leg, symbol, key), number, own)

    def proved(self, doubt: Doubt, proof: Sight, key: Signer | AsyncSigner | None) -> None:
        """Note what a request in doubt made, by what proves it."""
        token = doubt.token
        named = Named(token.client_id, token.symbol, key)
        if proof.listed:
            self.list_made(proof, token.symbol, key, (doubt,))
        elif token.kind is TokenKind.LIST and proof.list_number > -1:
            self.made(named, proof.list_number, (doubt,), listed=True)
        elif proof.number is not None:
            self.made(named, proof.number, (doubt,))


def taken_over(call: UnderWay, tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens of a call with what is known of what bore their ids, and those of their orders, before."""
    known = dict(zip(call.tokens, call.live_ids, strict=True))
    taken = []
    for at, each in enumerate(tokens):
        token = _with_legs(each, known) if each.legs else each
        live = known.get(each.client_id)
        if len(tokens) == len(call.live_ids) and live is not None:
            live = call.live_ids[at]  # both halves of a request may name one id
        contested = live is not None and live.contested
        if call.change is not None:
            # Another may have the id by now: its number is asked.
            aimed = replace(token, fresh=token.fresh and not contested)
            token = call.change.aim(aimed, named=token.former in call.tokens)
            number = call.change.target if call.change.number is None else call.change.number
            if token.act is Act.PLACE and number is not None:  # what it cancels is not what it places
                token = replace(token, others=token.others | {number}, shared=False)
        if live is None or (token.fresh and not contested):
            taken.append(token)
            continue
        taken.append(
            replace(
                token, fresh=token.fresh and not contested, others=token.others | live.others,
                younger=frozenset(live.younger), ended=live.ended,
                before=live.before, contested_ms=live.contested_ms,
            )
        )  # fmt: skip
    return taken


def _with_legs(token: Token, known: Mapping[str, LiveId]) -> Token:
    """Return the token of a list with what is known of what bore the ids of its orders."""
    lives = [known[leg] for leg in token.legs if leg in known]
    contests = {live.token: live.contested_ms for live in lives if live.contested_ms is not None}
    return replace(
        token,
        fresh_legs=token.fresh_legs.difference(contests),
        leg_others=frozenset[int]().union(*(live.others for live in lives)),
        leg_contests=contests,
    )
