"""What the tracked caller writes down, and takes up again: its side of a journal.

Theory of operation. An intent is written down before its frame may be sent (`binance_wsapi.orders.journal.base`), and
its fate when that is known. On the next start everything that was left open is taken up, as if its reply had just been
lost, and new orders wait until it is settled. Requests that make no order do not wait: whoever wants out of the market
gets out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from binance_wsapi.api.introspection import endpoints
from binance_wsapi.errors import NotConnected, NotSent, UsageError
from binance_wsapi.keys.payload import wire_params
from binance_wsapi.orders.fate.fence import Evidence, FateOptions, Outcome, Verdict
from binance_wsapi.orders.fate.id_watch import IdWatch
from binance_wsapi.orders.fate.ids import ID_LENGTH
from binance_wsapi.orders.fate.resolver import Resolver
from binance_wsapi.orders.fate.unresolved import Sent, outlive
from binance_wsapi.orders.journal.base import Journal, JournalFailed
from binance_wsapi.orders.journal.intent import Intent, account_tag
from binance_wsapi.session.session import Session
from binance_wsapi.wire.endpoint import Endpoint

__all__ = ["Recovery"]

log = logging.getLogger("binance_wsapi")

AHEAD: Final = 1_000
"""Milliseconds by which a timestamp the venue takes may be ahead of its clock (Timing security)."""

PATIENCE: Final = 1.0
"""Seconds a cancel or an amendment waits for a journal that takes its time."""


class Recovery:
    """Writes requests down before they are sent, and finds out about those an earlier process left open.

    Args:
        session: knows the key and the venue's time.
        journal: where requests are written down.
        token: makes unguessable text.
        options: bounds of the fence; of these, how long ids are watched for.
        id_watch: watches for what was called not placed.
        resolver: finds out about what was left open.
    """

    def __init__(
        self,
        session: Session,
        journal: Journal,
        token: Callable[[int], str],
        options: FateOptions,
        id_watch: IdWatch,
        resolver: Resolver,
    ) -> None:
        self._session = session
        self._journal = journal
        self._token = token
        self._options = options
        self._id_watch = id_watch
        self._resolver = resolver
        self._account = ""
        self._recovery: asyncio.Task[list[Verdict]] | None = None

    @property
    def tasks(self) -> list[asyncio.Task[Any]]:
        """What runs here."""
        return [] if self._recovery is None else [self._recovery]

    def open(self, account: str) -> None:
        """Make the journal ready. Raises as `Journal.open` does."""
        self._journal.open(account)
        self._account = account

    def close(self) -> None:
        """Let go of the journal."""
        self._journal.close()

    async def write_down(
        self, endpoint: Endpoint[Any], request: dict[str, Any], given: float | None, sent: Sent
    ) -> float | None:
        """Write a request down; only when this is done may its frame be sent.

        A request that makes no order neither waits for the recovery nor depends on a journal that failed or takes its
        time: whoever wants out of the market gets out.

        Args:
            endpoint: what is called.
            request: its parameters, with every id.
            given: seconds the call may take; None is the session's own timeout.
            sent: is told what the journal calls the request.

        Returns:
            Seconds that are left of the call; what was given where nothing had to be waited for.

        Raises:
            UsageError: an id was used before, or the journal is another key's.
            NotSent: an order, and it cannot be written down, or not in time.
        """
        journal = self._journal
        timeout = self._session.settings.timeout if given is None else given
        if not timeout > 0:
            return given  # nothing will be sent: the session says why
        loop = asyncio.get_running_loop()
        begun = loop.time()
        waited = False
        if endpoint.orders and self._recovery is not None and not self._recovery.done():
            waited = True
            await asyncio.wait([self._recovery], timeout=timeout)
            if not self._recovery.done():
                raise NotConnected("what an earlier process left open is not settled yet: no new order goes out")
        ids = tuple(str(request[name]) for name in endpoint.client_ids) or (self._token(ID_LENGTH),)
        key = sent.key
        account = account_tag(self._session.environment.name, key.api_key) if key is not None else ""
        if key is not None and account != self._account:
            raise UsageError(
                "the journal is that of another key: after a crash nobody could ask with this one; give it a client and a "
                "journal of its own"
            )
        recovery = self._recovery
        if endpoint.orders and recovery is not None and recovery.done() and not recovery.cancelled():
            failure = recovery.exception()
            if failure is not None:
                raise JournalFailed(
                    f"what an earlier process left open cannot be settled: {type(failure).__name__}"
                ) from failure
        record = Intent(
            ids[-1],
            endpoint.method,
            str(request.get("symbol", "")),
            ids,
            wire_params(request),
            self._session.now_ms(),
            sent.recv_window_ms,
            account,
            ids[-1],
        )
        try:
            waiting_for = journal.record(record)
            if waiting_for is not None:
                waited = True
                patience = timeout if endpoint.orders else min(timeout, PATIENCE)
                async with asyncio.timeout_at(begun + patience):
                    await waiting_for
        except asyncio.CancelledError:
            self.settle(record, Outcome.NOT_SENT, None, None)
            raise
        except TimeoutError:
            if endpoint.orders or timeout <= PATIENCE:
                self.settle(record, Outcome.NOT_SENT, None, None)
                raise NotSent("the journal had not written it down before the deadline of the call") from None
            log.error("%s %s is sent before it is written down: the journal takes too long", endpoint.method, ids[-1])
            sent.journal, sent.record = journal, record
        except JournalFailed as error:
            if endpoint.orders or not journal.failed:
                raise
            log.error("%s %s is sent without being written down: %s", endpoint.method, ids[-1], error)
        else:
            sent.journal, sent.record = journal, record
        return max(begun + timeout - loop.time(), 0.001) if waited else given

    def settle(self, record: Intent, outcome: Outcome, order: Any, error: Exception | None) -> None:
        """Write down what became of a request."""
        evidence = Evidence.LOCAL if outcome is Outcome.NOT_SENT else Evidence.REPLY
        self._journal.settle(record, Verdict(outcome, evidence, record.intent_id, order, error, self._session.now_ms()))

    # ------------------------------------------------------------------ what an earlier process left open

    def recover(self) -> asyncio.Task[list[Verdict]]:
        """Find out what became of everything an earlier process left open. New orders wait until it is known."""
        if self._recovery is None:
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
        key = self._session.credentials.key
        now = self._session.now_ms()
        for record in self._journal.watched(now - self._options.watch_ms):
            settled = record.settlement
            for client_id in record.ids if settled is not None else ():
                assert settled is not None
                verdict = Verdict(settled.outcome, settled.evidence, client_id, None, None, settled.at_ms)
                self._id_watch.watch(verdict, record.created_ms, key, record.symbol)
        found = []
        for record in self._journal.open_intents():
            endpoint = endpoints().get(record.method)
            if endpoint is None:
                log.error("the journal holds %r, which this version does not know", record)
                continue
            sent = Sent(key, record.recv_window_ms, None, self._journal, record)
            sent.timestamp = record.latest_timestamp_ms(now + AHEAD)
            found.append(self._resolver.open(endpoint, record.params, sent))
        return [await self._resolver.verdict(intent) for intent in found]
