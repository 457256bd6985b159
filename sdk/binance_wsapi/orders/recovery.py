"""What the tracked caller writes down, and takes up again: its side of a journal.

Theory of operation. An intent is written down before its frame may be sent (`binance_wsapi.orders.journal.base`), and
its fate when that is known. What was left open is fixed when the journal is opened, before anything is recorded. It is
taken up on the next start as if its reply had just been lost, and new orders wait until it is settled. A request that makes
no order does not wait, so that a caller can always get out of the market. A record that contradicts itself is told and set
aside: it stops no order. Where a symbol has many such records, its orders are listed first
(`binance_wsapi.orders.recovery_lists`).

A cancel or an amendment that goes out without being written down (a disk that is full, or hangs) renames what it changes.
That such a one was sent is noted beside the journal first; on the next start no absence of what was left open counts then:
it is found, or told and set aside."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from binance_wsapi.errors import NotConnected, NotFollowed, NotSent, UsageError, WsapiError, shown
from binance_wsapi.keys.signer import AsyncSigner, Signer
from binance_wsapi.link.lifecycle import Failed
from binance_wsapi.link.runtime import Runtime
from binance_wsapi.orders.fate.fence import TIMESTAMP_AHEAD_MS, Evidence, FateOptions, Moment, Outcome, Verdict
from binance_wsapi.orders.fate.id_watch import IdWatch
from binance_wsapi.orders.fate.resolver import Resolver
from binance_wsapi.orders.fate.unresolved import CLOSED, Sent, Unresolved, outlive
from binance_wsapi.orders.ids.naming import ID_LENGTH
from binance_wsapi.orders.journal.base import InTurn, Journal, JournalFailed
from binance_wsapi.orders.journal.intent import Intent, Settlement, account_tag
from binance_wsapi.orders.recovery_lists import ROWS_PER_TURN, RecoveryLists
from binance_wsapi.session.session import Session
from binance_wsapi.wire.endpoint import Endpoint
from binance_wsapi.wire.order_calls import Act, OrderCalls

__all__ = ["Recovery"]

# Names for the way of every order: an attribute of an Enum class is looked up in Python.
_NOT_SENT: Final = Outcome.NOT_SENT
_LOCAL: Final = Evidence.LOCAL
_REPLY: Final = Evidence.REPLY

log = logging.getLogger("binance_wsapi")

SEARCH_TRIES: Final = 3
"""Times a record is asked about whose search ended with a failure of the program's own, until it is set aside."""

SEARCH_PAUSE_S: Final = 1.0
"""Seconds until such a search is begun again; twice as many the second time."""

FOR_EVER_MS: Final = 1e12
"""Milliseconds: a receive window that never ends."""

JOURNAL_WAIT_S: Final = 1.0
"""Seconds a cancel or an amendment waits for a journal that takes its time."""


SEARCHES_AT_ONCE: Final = 256
"""Searches under way at a time: ten thousand tasks cost memory, and time of the garbage collector."""


def _order(left_open: tuple[int, Intent, Unresolved]) -> tuple[int, int]:
    """Return which search begins first: a search may wait for one whose request may have renamed what it looks for.

    What is settled goes first. Cancels wait for none. A later amendment may have renamed what an earlier one made, and any
    change may have renamed what was placed.
    """
    at, _, intent = left_open
    if intent.settled:
        return 0, at
    if intent.change is None:
        return 3, at
    return (2, -at) if any(doubt.token.act is not Act.CANCEL for doubt in intent.doubts) else (1, at)


class Recovery:
    """Writes requests down before they are sent, and finds out about those an earlier process left open.

    Args:
        session: knows the key and the venue's time.
        calls: the methods of the product, and how their results are read.
        journal: where requests are written down.
        runtime: makes unguessable text, and sleeps.
        options: bounds of the fence; of these, how long ids are watched for.
        id_watch: watches for what was called not placed.
        resolver: finds out about what was left open.
    """

    def __init__(
        self,
        session: Session,
        calls: OrderCalls,
        journal: Journal,
        *,
        runtime: Runtime,
        options: FateOptions,
        id_watch: IdWatch,
        resolver: Resolver,
    ) -> None:
        self._session = session
        self._journal = journal
        self._token = runtime.token
        self._options = options
        self._id_watch = id_watch
        self._resolver = resolver
        self._sleep = runtime.sleep
        self._methods = calls.methods
        self._place = calls.place
        self._lists = RecoveryLists(session, calls, runtime.sleep)
        self._account = ""
        self._tagged = (0, "")
        self._hidden = self._set_aside_any = False
        self._left: list[Intent] = []
        self._taken_up: list[tuple[Intent, Unresolved]] = []
        self._began_ms, self._began_at = 0, 0.0
        self._refused: list[Intent] = []
        self._recovery: asyncio.Task[list[Verdict]] | None = None

    @property
    def tasks(self) -> list[asyncio.Task[Any]]:
        """What runs here."""
        return [] if self._recovery is None else [self._recovery]

    async def open(self, account: str) -> None:
        """Make the journal ready, and fix what there is to recover: nothing that is recorded later belongs to it.

        Raises as `Journal.open` does.
        """
        with contextlib.closing(self._journal.opening(account)) as steps:
            for _ in steps:
                await self._sleep(0.0)  # other tasks have their turn, however much is in it
        self._account = account
        self._left = self._journal.open_intents()
        self._refused = self._journal.watched(0)
        self._hidden = self._journal.unrecorded

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()

    def refuse(self, endpoint: Endpoint[Any], tokens: Sequence[str], key: Signer | AsyncSigner | None) -> None:
        """Refuse a request that the journal will refuse: before it waits, and before it may count as what names an order.

        Raises:
            UsageError: an id was used before, or the journal is another key's.
        """
        if key is not None and self._account and self._tag_of(key) != self._account:
            raise UsageError(
                "the journal belongs to another key: after a crash this client could not ask with this key; give it a "
                "client and a journal of its own"
            )
        self._journal.check_ids(tokens, endpoint.method)

    async def write_down(
        self,
        endpoint: Endpoint[Any],
        request: dict[str, Any],
        tokens: Sequence[str],
        given: float | None,
        sent: Sent,
    ) -> float | None:
        """Write a request down; only when this is done may its frame be sent.

        A request that makes no order neither waits for the recovery nor depends on a journal that failed or takes its
        time: the user can always cancel.

        Args:
            endpoint: what is called.
            request: its parameters as they are sent, with every id.
            tokens: these ids.
            given: seconds the call may take; None is the session's own timeout.
            sent: is told what the journal calls the request.

        Returns:
            Seconds that are left of the call; what was given where nothing had to be waited for.

        Raises:
            UsageError: an id was used meanwhile.
            NotSent: an order, and it cannot be written down, or not in time.
        """
        journal = self._journal
        timeout = self._session.settings.timeout if given is None else given
        if not timeout > 0:
            return given  # nothing will be sent: the session says why
        session = self._session
        now = session.monotonic
        begun = now()
        waited = False
        if endpoint.orders and self._recovery is not None and not self._recovery.done():
            waited = True
            await asyncio.wait([self._recovery], timeout=timeout)
            if not self._recovery.done():
                raise NotConnected("what an earlier process left open is not settled yet: no new order goes out")
        if self._resolver.closed:
            raise NotConnected("the client is closed")
        ids = tuple(tokens) or (self._token(ID_LENGTH),)
        record = Intent(
            ids[-1],
            endpoint.method,
            str(request.get("symbol", "")),
            ids,
            request,
            int(session.clock.now_ms(begun if not waited else now())),
            sent.recv_window_ms,
            "" if sent.key is None else self._account,  # `refuse` saw that it is the key's
            ids[-1],
        )
        try:
            waiting_for = journal.record(record)
            if isinstance(waiting_for, InTurn):
                waiting_for = await waiting_for
            if waiting_for is not None:
                waited = True
                patience = timeout if endpoint.orders else min(timeout, JOURNAL_WAIT_S)
                async with asyncio.timeout_at(begun + patience):
                    await waiting_for
        except asyncio.CancelledError:
            self.settle(record, Outcome.NOT_SENT, None, None)
            raise
        except TimeoutError:
            if endpoint.orders or timeout <= JOURNAL_WAIT_S:
                self.settle(record, Outcome.NOT_SENT, None, None)
                raise NotSent("the journal had not written it down before the deadline of the call") from None
            log.error("%s %s is sent before it is written down: the journal takes too long", endpoint.method, ids[-1])
            journal.mark_unrecorded()
            sent.journal, sent.record = journal, record
        except JournalFailed as error:
            if endpoint.orders or not journal.failed:
                raise
            log.error("%s %s is sent without being written down: %s", endpoint.method, ids[-1], error)
            journal.mark_unrecorded()
        else:
            sent.journal, sent.record = journal, record
        return max(begun + timeout - now(), 0.001) if waited else given

    def _tag_of(self, key: Signer | AsyncSigner) -> str:
        """Return `account_tag` of a key; of the key of the last call without making it. The API key itself is not kept."""
        api_key = key.api_key
        known = hash(api_key)  # 64 bits, seeded by the process
        if known != self._tagged[0] or not self._tagged[1]:
            self._tagged = (known, account_tag(self._session.environment.venue, api_key))
        return self._tagged[1]

    def settle(self, record: Intent, outcome: Outcome, order: Any, error: Exception | None) -> None:
        """Write down what became of a request."""
        evidence = _LOCAL if outcome is _NOT_SENT else _REPLY
        settlement = Settlement.told(outcome, evidence, order, error, self._session.now_ms())
        try:
            self._journal.settle(record, settlement)
        except UsageError as contradiction:  # the caller is told what the venue said, not what was written down before
            log.error("the journal contradicts what became of %r: %s", record, contradiction)

    # ------------------------------------------------------------------ what an earlier process left open

    async def take_up(self) -> None:
        """Take up everything an earlier process left open, before a request is sent that may rename it, and begin to ask."""
        self._watch_refused()
        for each in self._journal.accepted():
            if self._methods().get(each.method) is self._place:  # which order a number is of, no rename changes
                self._id_watch.history.placed(each.symbol, each.order_id, each.client_id)
        self._began_ms = self._session.now_ms()  # that process was dead by then
        self._began_at = self._id_watch.history.moment()
        for number, record in enumerate(self._left, 1):
            intent = self._open(record)
            if intent is not None:
                self._taken_up.append((record, intent))
            if number % ROWS_PER_TURN == 0:
                await self._sleep(0.0)  # other tasks have their turn, however many records there are
        self._left = []
        self.recover()

    def recover(self) -> asyncio.Task[list[Verdict]]:
        """Find out what became of everything an earlier process left open. New orders wait until it is known.

        Raises:
            NotFollowed: the client is closed.
        """
        if self._recovery is None:
            if self._resolver.closed:
                raise NotFollowed(CLOSED)
            self._recovery = asyncio.get_running_loop().create_task(self._recover(), name="binance-wsapi recovery")
        return self._recovery

    async def recovered(self) -> list[Verdict]:
        """Wait until that is known.

        Raises:
            UsageError: the session is not started.
            NotFollowed: the client was closed before.
        """
        _ = self._session.clock  # there is one once the session is started
        return await outlive(self.recover())

    async def _recover(self) -> list[Verdict]:
        """Return one verdict for each record that was left open and does not contradict itself."""
        begun, self._taken_up = self._taken_up, []
        await self._look_in_lists(begun)
        verdicts: list[Verdict | None] = [None] * len(begun)
        queue = deque(sorted(((at, *each) for at, each in enumerate(begun)), key=_order))
        begun.clear()

        async def settle_next() -> None:
            while queue:
                at, record, intent = queue.popleft()
                verdicts[at] = await self._verdict(record, intent)

        workers = [
            asyncio.get_running_loop().create_task(settle_next(), name="binance-wsapi recovery")
            for _ in range(min(SEARCHES_AT_ONCE, len(queue)))
        ]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        if not self._set_aside_any:
            self._journal.clear_unrecorded()
        return [verdict for verdict in verdicts if verdict is not None]

    async def _look_in_lists(self, begun: Sequence[tuple[Intent, Unresolved]]) -> None:
        """Settle what lists of orders show before anything is asked about by itself."""
        found = await self._lists.find([record for record, _ in begun])
        for number, (record, intent) in enumerate(begun, 1):
            orders = self._lists.orders(record, found)
            if orders:
                self._id_watch.told(orders, intent.key)
            if number % ROWS_PER_TURN == 0:
                await self._sleep(0.0)

    def _watch_refused(self) -> None:
        """Watch for what an earlier process called not placed, refused or not sent."""
        key = self._session.credentials.key
        since = self._session.now_ms() - self._options.watch_ms
        for record in self._refused:
            settled = record.settlement
            endpoint = self._methods().get(record.method)
            named = endpoint is not None and record.params.keys() >= {*endpoint.client_ids}
            if settled is None or endpoint is None or not named or record.created_ms < since:
                continue
            for token in self._resolver.tokens_of_record(endpoint, record):  # not ids: an older order may bear a user's
                verdict = Verdict(settled.outcome, settled.evidence, token.client_id, None, None, settled.at_ms)
                self._id_watch.watched.add(verdict, record.created_ms, key, record.symbol, token)
        self._refused = []

    def _open(self, record: Intent) -> Unresolved | None:
        """Look out for what a record of an earlier process made; None where it contradicts itself, which is told."""
        try:
            endpoint = self._methods().get(record.method)
            if endpoint is None:
                raise UsageError(f"this version does not know the method {shown(record.method)}")
            if record.account and record.account != self._account:
                raise UsageError("it was signed with another key")
            window = record.recv_window_ms
            if self._hidden and endpoint.client_ids:
                window = FOR_EVER_MS  # its fence never comes, and no absence counts: another id may bear what it made
            sent = Sent(self._session.credentials.key, window, None, self._journal, record)
            sent.at = self._began_at  # also where the search is begun again: what was changed since counts
            sent.timestamp = record.latest_timestamp_ms(self._began_ms + TIMESTAMP_AHEAD_MS)
            intent = self._resolver.open(endpoint, record.params, sent)
            for doubt in intent.doubts:
                doubt.hidden = record.hidden
            if record.seen is not None:
                for doubt in intent.doubts:
                    if doubt.token.act is Act.PLACE:
                        doubt.candidates.add(record.seen)
                    elif doubt.token.act is Act.AMEND and doubt.token.number is None:
                        doubt.token = replace(doubt.token, number=record.seen)
            return intent
        except Exception as error:  # noqa: BLE001 - an error of one record must not stop the others
            self._set_aside(record, error)
            return None

    async def _verdict(self, record: Intent, intent: Unresolved | None) -> Verdict | None:
        """Wait for the verdict on a record, and begin anew where the search failed; None where it is set aside."""
        for tries in range(1, SEARCH_TRIES + 1):
            if intent is None:
                return None
            self._resolver.begin(intent)
            try:
                if self._hidden:
                    await self._look_for(record, intent)
                return await self._resolver.verdict(intent)
            except (NotFollowed, asyncio.CancelledError):
                raise
            except Exception as error:  # noqa: BLE001 - as above
                if isinstance(error, UsageError) or tries == SEARCH_TRIES:
                    self._set_aside(record, error)
                    return None
                log.warning("the search for what became of %r is begun again: %s", record, type(error).__name__)
                await self._sleep(SEARCH_PAUSE_S * tries)
                intent = self._open(record)
        return None

    async def _look_for(self, record: Intent, intent: Unresolved) -> None:
        """Wait for the proof that a record was executed until it would have been called not placed.

        Raises:
            UsageError: it cannot be told: an earlier process sent a cancel or an amendment that is not written down, which
                may have renamed what the request made.
        """
        task, time = intent.task, asyncio.get_running_loop().time
        doubt = replace(intent.doubts[0], recv_window_ms=record.recv_window_ms)
        confirmed_s = 2 * self._options.confirm_ms / 1000.0
        while task is not None and not task.done():
            now = Moment(self._session.earliest_ms(), time())
            left = doubt.counts_from(now) + confirmed_s - now.at
            if left <= 0:
                task.cancel()
                await asyncio.wait([task])
                raise UsageError("a cancel or an amendment that is not written down may have renamed it")
            await asyncio.wait([task], timeout=min(left, 60.0) + 0.001)

    def _set_aside(self, record: Intent, error: Exception) -> None:
        """Tell of a record that cannot be settled. It stays in the journal, and keeps no order from being sent."""
        self._set_aside_any = True
        log.error("%r of the journal is set aside, look at the venue what became of it: %s", record,
                  error if isinstance(error, WsapiError) else type(error).__name__)  # fmt: skip
        told = JournalFailed("a record of the journal cannot be settled and is set aside: look at the venue")
        told.__cause__ = error if isinstance(error, WsapiError) else None
        self._session.tell(Failed(0, told.about(method=record.method, client_order_id=record.client_order_id)))
