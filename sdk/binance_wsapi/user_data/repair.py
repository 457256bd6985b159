"""Looks at an account after a gap and now and then, and delivers what the stream did not bring.

Theory of operation. While the stream is interrupted, live events are held up; when it is whole again the account is looked
at: open orders, trades of every symbol in question since they were settled, orders that were open and are no longer, order
lists where there are any, and balances. What was missed is delivered, then what was held up. Because the views that answer
lag behind the matching engine, the account is looked at again within the lag, where something may happen, and whole once
after it; what shows only then is delivered then. Where very many symbols were touched, a look at the whole account takes
long, and one at those on which something may happen goes before it.

The same look is the audit: made every so often without any gap, it finds what the venue never sent. A report that does not
add up with what was delivered asks for one at once.

A look that fails is made again. When none succeeds for long though the stream is whole, a `Gap` stands in place of the
repair; while it is interrupted again nothing is given up, for the repair that follows covers both.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Protocol

from binance_wsapi.errors import AuthFailed, ConnectionLost, NotSent, UsageError, WsapiError
from binance_wsapi.session.session import Session
from binance_wsapi.user_data.items import Gap, Repaired
from binance_wsapi.user_data.parts import AccountLook, AccountMerge, AccountQuestions, AccountView, Event
from binance_wsapi.wire.border import without_ours

__all__ = ["Repair", "RepairedAccount"]

log = logging.getLogger("binance_wsapi")

HOLD_S: Final = 10.0
"""Seconds live events are held up for the first look after a gap."""

FAILING_S: Final = 60.0
"""Seconds of looks that fail, on a stream that is whole, after which a gap is told."""

AUDITS_PER_WHOLE: Final = 10
"""One audit in so many looks at every symbol that was ever touched; the others at those on which something may happen."""

QUIET_SYMBOLS: Final = 20
"""Symbols on which nothing is going on, beyond which those on which something may happen are looked at before them."""

LOOKS_APART_S: Final = 1.0
"""Seconds within which two looks are one: a venue that tells nothing that can be read is asked no more often."""

RETRY_S: Final = 2.0
"""Seconds between two looks that fail for want of a connection, at most."""

REFUSED_RETRY_S: Final = 15.0
"""Seconds between two looks that the venue answers and that fail, at most: each spends weight."""

UNREAD_KEPT: Final = 1_000
"""Rows and answers that cannot be read, of which it is remembered that they were told."""

UNREAD_PAUSE_S: Final = 60.0
"""Seconds between two looks because of events that cannot be read, at most."""


class RepairedAccount(Protocol):
    """What a repair needs of the account it looks at; an `AccountSubscription` is one.

    Attributes:
        merge: what was delivered, and what is held back.
        epoch: how often the stream was interrupted; compare before and after an await.
        lost_at: since when the stream is interrupted; None while it is whole.
    """

    merge: AccountMerge
    epoch: int
    lost_at: int | None

    @property
    def cache(self) -> AccountView:
        """The account as consumers see it."""

    @property
    def paused(self) -> bool:
        """Whether live events are held up."""

    def resume(self) -> None:
        """Let go what was held up."""

    def begin_anew(self, shown_us: int | None = None) -> None:
        """Drop what is remembered, tell of it, and have the account looked at.

        Args:
            shown_us: when what shows it was made, in microseconds of the venue's clock; None where an event shows it.
        """

    def give(self, event: Event, now: float) -> None:
        """Hand an event to all consumers."""

    def tell(self, item: Gap | Repaired) -> None:
        """Hand all consumers a word about the stream."""

    def unsent(self) -> None:
        """A look found what the stream did not bring, though it is whole."""


class Repair:
    """The looks at one account.

    Args:
        session: knows the venue's time.
        questions: asks.
        account: whose it is.
        lag: seconds the venue's views may lag behind its matching engine.
        audit: seconds between two looks without a reason; None looks only when there is one.
    """

    def __init__(
        self, session: Session, questions: AccountQuestions, account: RepairedAccount, lag: float, audit: float | None
    ) -> None:
        self._session = session
        self._questions = questions
        self._account = account
        self._lag = lag
        self._audit = audit
        self._wake = asyncio.Event()
        self._due: list[tuple[float, bool]] = []
        """When to look, and whether at everything; soonest first."""
        self._pressing = 0
        self._gap: tuple[int, float] | None = None
        self._letting_go: asyncio.TimerHandle | None = None
        self._failures = 0
        self._failing_since: float | None = None
        self._audits = 0
        self._unread: set[str] = set()
        self._looks_for_unread = 0
        self._next_for_unread = 0.0
        self._recovered = 0
        self.looked = asyncio.Event()
        """Set when the account was looked at once."""

    def interrupted(self, since_ms: int) -> None:
        """The stream was interrupted from then until now, and is whole again."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._gap is None:
            self._gap = since_ms, now
            self._recovered = 0
        else:
            self._gap = min(since_ms, self._gap[0]), self._gap[1]
            self._failing_since = None
        if self._letting_go is not None:
            self._letting_go.cancel()
        self._letting_go = loop.call_at(now + HOLD_S, self._account.resume)
        self._plan()

    def press(self) -> None:
        """A report does not add up: look in quick succession until it does."""
        if not self._pressing:
            self._pressing = 1
            self._wake.set()

    def look_for_unread(self) -> None:
        """An event cannot be read: look for what it told of, less and less often while such come."""
        now = asyncio.get_running_loop().time()
        if now < self._next_for_unread:
            return
        if now > self._next_for_unread + UNREAD_PAUSE_S:
            self._looks_for_unread = 0
        self._looks_for_unread += 1
        self._next_for_unread = now + min(0.5 * 2.0 ** min(self._looks_for_unread, 10), UNREAD_PAUSE_S)
        self.look_again()

    def look_again(self) -> None:
        """The stream told that something changed, and not to what: look, and once more when the views must show it."""
        now = asyncio.get_running_loop().time()
        self._look_at(now)
        self._look_at(now + self._lag + 0.5)
        self._wake.set()

    def _look_at(self, due: float) -> None:
        if not any(abs(due - each) < LOOKS_APART_S for each, _ in self._due):
            self._due = sorted([*self._due, (due, False)])

    def look_soon(self) -> None:
        """Look at once, and again when the views must show what there is now."""
        self.looked.clear()
        self._plan()

    def _plan(self) -> None:
        now, lag = asyncio.get_running_loop().time(), self._lag
        self._due = [(now, True), (now + lag / 4, False), (now + lag / 2, False), (now + lag + 0.5, True)]
        self._wake.set()

    async def run(self) -> None:
        """Look whenever there is a reason, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            soonest = [each for each, _ in self._due[:1]]
            due = min([*soonest, *([now + self._audit] if self._audit is not None else [])], default=None)
            if self._pressing and not self._failures:
                pause = min(0.1 * 2.0 ** (self._pressing - 1), RETRY_S)
                due = min(due, now + pause) if due is not None else now + pause
            if due is None or due > now:
                self._wake.clear()
                try:
                    async with asyncio.timeout_at(due):
                        await self._wake.wait()
                    continue  # there is a new reason, and with it another time
                except TimeoutError:
                    pass
            await self._once(loop.time())

    async def _once(self, now: float) -> None:
        loop = asyncio.get_running_loop()
        account = self._account
        reasons = [whole for each, whole in self._due if each <= now]
        whole = any(reasons)
        if not reasons and not self._pressing:
            # An audit mostly asks for what is active; a repair, and now and then an audit, for all that is known.
            self._audits += 1
            whole = self._audits % AUDITS_PER_WHOLE == 0
        try:
            if whole and len(account.merge.symbols.known - account.merge.active) > QUIET_SYMBOLS:
                await self._look(everything=False)
                self.looked.set()
            await self._look(everything=whole)
        except (AuthFailed, UsageError) as error:
            self._give_up(f"the account cannot be asked about: {error}")
            self._due = []
            return
        except Exception as error:
            if isinstance(error, WsapiError):
                log.info("the account could not be looked at: %s", error)
            else:
                log.error(
                    "the account could not be looked at", exc_info=without_ours(error)
                )  # a mistake of ours must not end all looks
            self._failures += 1
            if account.lost_at is not None:
                self._failing_since = None
            elif self._failing_since is None:
                self._failing_since = loop.time()  # and not since this look began, which may have had to wait
            elif loop.time() - self._failing_since > FAILING_S:
                self._give_up(f"no answer within {FAILING_S:.0f} s: {error}")
            most = RETRY_S if isinstance(error, NotSent | ConnectionLost) else REFUSED_RETRY_S
            again = loop.time() + min(0.2 * 2.0 ** min(self._failures, 10), most)
            whole = whole or any(each for at, each in self._due if at <= again)  # it stands in for those
            self._due = sorted([(again, whole), *(each for each in self._due if each[0] > again)])
            return
        self._failures = 0
        self._failing_since = None
        self._due = sorted(each for each in self._due if each[0] > now)
        if account.merge.holding:
            self._pressing += 1
        else:
            self._pressing = 0
        self._tell_unexplained()
        self.looked.set()

    def _give_up(self, why: str) -> None:
        """Wait no longer for what only a look could find."""
        account = self._account
        if self._gap is not None:
            account.tell(Gap(self._gap[0], self._session.now_ms(), why))
            self._gap = None
        account.resume()
        now = asyncio.get_running_loop().time()
        for event in account.merge.let_go():
            account.give(event, now)
        self._pressing = 0
        self._tell_unexplained()

    def _tell_unexplained(self) -> None:
        unexplained = self._account.merge.unexplained
        for what, since_us in unexplained:
            self._account.tell(Gap(since_us // 1000, self._session.now_ms(), what))
        unexplained.clear()

    def _tell_unread(self, look: AccountLook) -> None:
        """Tell once of each thing that cannot be read; a look is not made again for it."""
        for what in sorted(look.unread - self._unread):
            log.warning("user data: %s cannot be read, and what it says is missing", what)
            self._account.tell(Gap(look.asked_us // 1000, self._session.now_ms(), f"{what} cannot be read"))
        if look.unread:
            self._unread |= look.unread
            if len(self._unread) > UNREAD_KEPT:
                self._unread = set(look.unread)

    # ------------------------------------------------------------------ one look

    async def _look(self, *, everything: bool) -> None:
        """Ask, and deliver what was missed."""
        account = self._account
        merge, cache = account.merge, account.cache
        epoch = account.epoch
        look = await self._questions.look(merge, everything=everything)
        anew_us = merge.anew_since(look) if account.merge is merge else None
        if anew_us is not None:
            account.begin_anew(anew_us)
        if account.merge is not merge:
            return  # the venue was reset: what is new is told by the look that was planned then
        now = asyncio.get_running_loop().time()
        found = merge.settle(look, now)
        for event in found:
            account.give(event, now)
        if cache.see(look):
            self._look_at(now + self._lag + 0.5)
        self._tell_unread(look)
        cache.known = True
        self._recovered += len(found)
        if look.more:
            self._due = sorted([*self._due, (asyncio.get_running_loop().time(), everything)])
        if found and self._gap is None and account.epoch == epoch:
            account.unsent()
        if look.more or account.epoch != epoch:
            return  # what is missing goes on, or it was interrupted anew while it was looked at
        if self._gap is not None and everything:
            since, began = self._gap
            account.resume()
            if account.paused:
                return
            if look.asked >= began:
                account.tell(Repaired(since, self._session.now_ms(), self._recovered))
                self._gap = None
        elif self._gap is None:
            account.resume()
