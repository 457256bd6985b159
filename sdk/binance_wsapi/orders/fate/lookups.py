"""One question about a request in doubt: by which way it is asked, and what its answer shows.

Theory of operation. A question says "absent" when the venue has no such order (-2013), no such list (-2018), or refuses the
question for what it has in common with the request. A question that is refused for anything else, or not answered, says
nothing. Nor does an answer about another symbol, number or id than was asked for. An order may answer to an id that a change
took from it: it is recognised by its number, by its amendments, or, cancelled, by when it was made and its terms.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from binance_wsapi.errors import IpBanned, NotLoggedOn, RateLimited, UnreadableReply, VenueError, WsapiError
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.orders.fate.fence import Doubt, Moment, Path
from binance_wsapi.orders.fate.reply import says_absent
from binance_wsapi.orders.fate.turns import Ask
from binance_wsapi.orders.fate.unresolved import Unresolved
from binance_wsapi.orders.ids.history import IdHistory
from binance_wsapi.orders.ids.identity import CANCELED, OPEN, amount_of, could_be
from binance_wsapi.orders.ids.token import Token
from binance_wsapi.session.session import Session
from binance_wsapi.wire.answers import shows_another
from binance_wsapi.wire.caller import Caller, CallOptions
from binance_wsapi.wire.endpoint import Endpoint, Params, TimeUnit
from binance_wsapi.wire.order_calls import Act, OrderCalls, Sight

__all__ = ["Another", "Archived", "Lookups", "Refused", "Silent", "Unread", "Unsure", "Ways"]

log = logging.getLogger("binance_wsapi")

ASK_TIMEOUT_S: Final = 5.0
"""Seconds until a question counts as unanswered: for a connection that is newer than the doubt, and for the answer."""

ARCHIVED: Final = -2026
ARCHIVED_AFTER_MS: Final = 90 * 24 * 3600 * 1000
"""It was there, and ended without a fill more than 90 days ago (Errors): what a journal may ask about that was left alone
so long. Of anything younger it says that the venue knows the id from an older order only."""

AMENDMENTS_PER_PAGE: Final = 1_000
"""Amendments of one answer (``order.amendments``, ``limit``): a page that is full may leave the amendment out."""

MOST_PAGES: Final = 20
"""Pages that are read at most; beyond them an absence is none."""


class Silent(Exception):
    """A question was not answered, or was refused for something that says nothing."""


class Unread(Silent):
    """A question was answered, and nothing of the answer can be read."""


class Another(Silent):
    """A question was answered, and the answer is about another symbol, number or id than was asked for."""


class Refused(Silent):
    """The venue refuses the question, and says nothing of the request by that."""

    def __init__(self, error: WsapiError) -> None:
        super().__init__()
        self.error = error


class Archived(Exception):
    """The venue had it, long ago."""


class Unsure(Exception):
    """What answers to an id does not bear it, and nothing shows whether a change took the id from it; or it is another's."""

    def __init__(self, sight: Sight) -> None:
        super().__init__()
        self.sight = sight


class Lookups:
    """Asks one question at a time.

    Args:
        calls: the methods of the product, and how their results are read.
        ask: brings a question to the venue.
        made_ms: when the request was made, by the venue's clock.
        now_ms: tells the venue's time.
        time_unit: of the times in its answers.
        history: what had which id, as far as this client knows.
        key: of the account.
    """

    def __init__(
        self,
        calls: OrderCalls,
        ask: Callable[[Endpoint[Any], Params], Awaitable[Any]],
        made_ms: float,
        now_ms: Callable[[], int],
        time_unit: TimeUnit,
        history: IdHistory,
        *,
        key: Signer | AsyncSigner | None = None,
    ) -> None:
        self._calls = calls
        self._ask = ask
        self._made_ms = made_ms
        self._now_ms = now_ms
        self._time_unit = time_unit
        self._history = history
        self._key = key

    async def order(
        self, token: Token, *, client_id: str | None = None, number: int | None = None
    ) -> Sequence[Sight] | None:
        """Return the order that is found by an id or a number, or None. Raises `Silent`, `Archived` and `Unsure`."""
        question: dict[str, Any] = {"symbol": token.symbol}
        question |= {"orderId": number} if number is not None else {"origClientOrderId": client_id}
        found = await self._asked(token, self._calls.order_status, question, client_id)
        if not found:
            return None
        earlier = found[0].number in token.others
        if earlier and token.act is Act.PLACE and self._history.given_again(token.symbol, found[0]):
            raise Unsure(found[0])  # the test network may have been wiped: the number is ours then
        if not earlier and self._history.is_anothers(token, found[0]):
            if not token.surely_its_own and client_id is not None and client_id == found[0].id:
                raise Unsure(found[0])  # a change gave it this id since, and it may stand in front of what is asked for
            raise self._another(token)
        if client_id is not None and client_id not in (found[0].id, found[0].former):
            return [await self._renamed(token, found[0], client_id)]
        return found

    async def found_list(
        self, token: Token, *, client_id: str | None = None, number: int | None = None
    ) -> Sequence[Sight] | None:
        """Return the list that is found by an id or a number, and its orders, or None. Raises as `order` does."""
        question = {"orderListId": number} if number is not None else {"origClientOrderId": client_id}
        found = await self._asked(token, self._calls.list_status, question, client_id)
        if not found:
            return None
        if found[0].symbol not in ("", token.symbol):
            raise self._another(token)
        if client_id not in (None, found[0].id):
            return [self._renamed_list(token, found[0], client_id), *found[1:]]
        return found

    async def open_orders(self, token: Token) -> tuple[Any, Sequence[Sight], bool]:
        """Return the open orders of a symbol as they were told, what each says, and whether one cannot be read as a whole.

        Raises:
            Silent: no answer came, or it is about another symbol.
        """
        hidden = False
        try:
            found = await self._brought(token, self._calls.open_orders, {"symbol": token.symbol})
            shown = self._calls.sights(found)
        except UnreadableReply as error:
            # A row that cannot be read is an open order all the same: it hides neither the others nor itself.
            found, shown = error.raw, self._calls.unread(error.raw, self._time_unit)
            hidden = not shown or any(sight.number is None or sight.made_ms is None for sight in shown)
        except VenueError as error:
            log.info("the question about %s was refused: %s", token.client_id, error)
            raise (Silent if isinstance(error, RateLimited | IpBanned) else Refused(error)) from None
        if any(sight.symbol not in ("", token.symbol) for sight in shown):
            raise self._another(token)
        return found, shown, hidden

    async def amendments(self, token: Token, number: int) -> tuple[Sequence[Sight], bool]:
        """Return the amendments of an order, and whether all are there that can be the one asked about."""
        rows: list[Sight] = []
        question: dict[str, Any] = {"symbol": token.symbol, "orderId": number, "limit": AMENDMENTS_PER_PAGE}
        for _ in range(MOST_PAGES):
            page = await self._asked(token, self._calls.amendments, question)
            rows += page
            if len(page) < AMENDMENTS_PER_PAGE:
                if len(rows) < AMENDMENTS_PER_PAGE:
                    return rows, True
                # Whether a first page that is full is of the oldest or of the latest is not documented. A quantity only goes
                # down: where a larger one is among them, so is all that came after it.
                wanted = amount_of(token.wanted, "newQty")
                return rows, any(
                    row.quantity >= wanted for row in rows if row.quantity is not None and wanted is not None
                )
            latest = max(getattr(row.whole, "execution_id", 0) for row in page)
            question = {**question, "fromExecutionId": latest + 1}
        return rows, False

    async def _renamed(self, token: Token, sight: Sight, client_id: str) -> Sight:
        """Return an order that answers to an id it has no more, with that id as its former one.

        Raises:
            Unsure: it may have had it.
            Silent: the answer is about another order.
        """
        had = replace(sight, former=client_id)
        bearers = self._history.of(self._key, token.symbol, client_id)
        if sight.number in token.others or (token.fresh and sight.id == token.client_id):
            return had
        if bearers is not None and token.act is not Act.PLACE:
            if sight.number in bearers.numbers:
                return had
            raise self._another(token)
        if sight.number is None:
            raise self._another(token)
        if sight.status == CANCELED and token.act is Act.PLACE and could_be(token, sight):
            if sight.made_ms is not None and sight.made_ms >= token.since_ms:
                return had
            raise Unsure(sight)
        amendments, _ = await self.amendments(token, sight.number)
        if any(row.amendment and client_id in (row.id, row.former) for row in amendments):
            return had
        if sight.status == CANCELED and token.act is not Act.PLACE:
            return had  # a cancel takes the id, and the venue lets the order answer to it
        raise self._another(token) if sight.status in OPEN or token.act is Act.PLACE else Unsure(sight)

    def _renamed_list(self, token: Token, sight: Sight, client_id: str) -> Sight:
        """Return a list that answers to an id it has no more, with that id as its former one. Raises as `_renamed` does."""
        placed_as = None if sight.number is None else self._history.placed_as(token.symbol, sight.number, True)
        if placed_as == client_id or sight.number in token.others:  # an earlier one, where a list is placed
            return sight if token.act is Act.PLACE else replace(sight, former=client_id)
        if set(token.legs).intersection(sight.legs):
            return replace(sight, former=client_id)
        if placed_as is not None or sight.status in OPEN or token.act is Act.PLACE:
            raise self._another(token)
        raise Unsure(sight)

    @staticmethod
    def _another(token: Token) -> Another:
        log.info("the answer about %s shows another", token.client_id)
        return Another()

    async def _brought(self, token: Token, endpoint: Endpoint[Any], question: Params) -> Any:
        """Return the answer; raise `Silent` where none came. What the venue refuses, and what cannot be read, is raised."""
        try:
            return await self._ask(endpoint, question)
        except (VenueError, UnreadableReply):
            raise
        except WsapiError as error:
            log.info("the question about %s was not answered: %s", token.client_id, error)
            if isinstance(error, NotLoggedOn):
                raise Refused(error) from None
        except Exception as error:  # noqa: BLE001 - a signer of the user's may raise anything, and must not end the search
            log.warning("the question about %s could not be asked: %s", token.client_id, type(error).__name__)
        raise Silent

    async def _asked(
        self, token: Token, endpoint: Endpoint[Any], question: Params, client_id: str | None = None
    ) -> Sequence[Sight]:
        """Ask; return what was found, which may be nothing. Raises `Silent`, and `Archived`."""
        try:
            answer = await self._brought(token, endpoint, question)
            if not shows_another(question, answer):
                return self._calls.sights(answer)
            raise self._another(token)
        except VenueError as error:
            if error.code == ARCHIVED and client_id == token.client_id and token.fresh and self._is_old:
                raise Archived from None
            listed = endpoint is self._calls.list_status
            if error.code == ARCHIVED and client_id == token.client_id and token.surely_its_own:
                raise self._another(token) from None  # no older order can have had the id
            if error.code == ARCHIVED or says_absent(error, token, client_id, listed=listed):
                return ()
            log.info("the question about %s was refused: %s", token.client_id, error)
            if not isinstance(error, RateLimited | IpBanned):
                raise Refused(error) from None
        except UnreadableReply as error:
            number = question.get("orderId", question.get("orderListId"))
            shown = self._calls.unread(error.raw, self._time_unit)
            named = [each for each in shown if each.number is not None]
            found = [
                each
                for each in named
                if client_id in {None, each.id} and number in {None, each.number} and each.symbol in {"", token.symbol}
            ]
            if found:
                return found  # that it is there can be read
            log.info("the answer about %s cannot be read: %s", token.client_id, error)
            for each in shown:
                if each.id is not None and each.id == client_id and each.symbol in {"", token.symbol}:
                    raise Unsure(each) from None  # without its number it cannot be told from another that bears the id
            raise (Another if named else Unread) from None
        raise Silent

    @property
    def _is_old(self) -> bool:
        """Whether what the request made may be archived by now."""
        return self._now_ms() - self._made_ms > ARCHIVED_AFTER_MS


class Ways:
    """Chooses how a question is asked.

    Args:
        session: has the connections.
        question: what is asked about an order.
        fallback: makes another way to ask: REST; None where there is none.
    """

    def __init__(
        self, session: Session, question: Endpoint[Any], fallback: Callable[[], Awaitable[Caller]] | None
    ) -> None:
        self._session = session
        self._question = question
        self._fallback = fallback

    @property
    def rest(self) -> bool:
        """Whether there is a way over REST."""
        return self._fallback is not None

    def as_whom(self, intent: Unresolved) -> CallOptions:
        """Return how the account of an intent is asked.

        The session's own key needs no signature where a connection is logged on; but it may be another's by now.
        """
        return CallOptions(key=None if intent.key is self._session.credentials.key else intent.key)

    async def next(self, intent: Unresolved, doubt: Doubt, now: Moment) -> tuple[Ask | None, Path | None]:
        """Return how to ask next, and what kind of way it is; no kind where a negative says nothing."""
        session = self._session
        loop = asyncio.get_running_loop()
        late = now.at > doubt.fence_at
        first = doubt.first
        if late and intent.asks_rest(first):
            ask = self._over_rest(intent)
            if ask is not None:
                return ask, ("rest", 0)
        newer = intent.passed_over
        if late:
            newer = max(newer, intent.connection, first[1] if first is not None and first[0] == "socket" else 0)
        connection = await session.connections.newer_than(newer, loop.time() + ASK_TIMEOUT_S, self._question)
        if connection is None:
            ask = self._over_rest(intent)
            return ask, None if ask is None else ("rest", 0)
        over = connection

        async def on_connection(endpoint: Endpoint[Any], params: Params) -> Any:
            return await session.exchange_on(over, endpoint, params, self.as_whom(intent), loop.time() + ASK_TIMEOUT_S)

        return on_connection, ("socket", over.number) if over.number > intent.connection else None

    def _over_rest(self, intent: Unresolved) -> Ask | None:
        fallback = self._fallback
        if fallback is None:
            return None

        async def over_rest(endpoint: Endpoint[Any], params: Params) -> Any:
            reader = await fallback()
            return await reader.call(endpoint, params, CallOptions(timeout=ASK_TIMEOUT_S, key=intent.key))

        return over_rest
