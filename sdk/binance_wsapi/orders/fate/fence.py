"""The fence: when a request whose reply was lost may be called executed, and when it may be called not executed.

The question. A frame that changes orders was handed to the network, and its reply did not come: the connection ended,
the deadline passed, or the venue itself said that it does not know. Was it executed?

What makes it decidable. Every such request carries a *token*: a client order id that was made for it alone, that cannot
be guessed and that is never used again (`binance_wsapi.orders.ids.naming`). The venue writes the token onto what the request
created or changed: a new order bears it, a cancelled or amended order is renamed to it, an order list bears its own.
So the request was executed if and only if the venue has something that bears the token.

*Executed* is therefore shown by anything that bears the token: the late reply, an event of the user data stream, an
answer to ``order.status``. The first to come decides, and none of them can be wrong.

*Not executed* takes time. That the venue knows no such order now does not mean it will not know one in a second: the
request may be under way, and the views that answer queries lag behind the matching engine (Data sources: ``order.status``
is answered from "Memory => Database"). But the request bears a timestamp and a ``recvWindow``, and the venue checks both
on arrival **and again before it hands the request to the matching engine** (Timing security). After
``timestamp + recvWindow`` by the venue's clock it can no longer be forwarded; what was forwarded before is decided within
the venue's own timeout of ten seconds (General API information); and what was decided is visible after the lag of the
views. So::

    fence = timestamp + recvWindow + 10 s + lag            all by the venue's clock
    not executed  <=>  asked after the fence, twice, and twice the answer was "Order does not exist."

"After the fence" is judged by the earliest time it can be at the venue (our estimate less its error), never by our own
clock. Asking twice, on a connection that was opened after the doubt arose, leaves out a view that was just restarted and
a connection that hangs on a node cut off from the others.

What is assumed: that only this client cancels or amends the order in the meantime, for the venue renames what is
cancelled, and a renamed order may no longer be found by its token. Our own changes are known: their replies and every event
name the old id, too, and count from the moment the request was sent, before there is a doubt; and while a change that may
have renamed the order is under way or in doubt, no absence counts. (Left over: a cancel of everything whose reply and
events are all lost; what it renamed, nothing tells.) And, not documented: that the lag of the views is below ``lag_ms``,
and that nothing waits in front of the matching engine, after the second check, for longer than the venue's timeout. The
last two are options with room in their defaults, and none is trusted for good: tokens stay on a watch list for 24 hours,
and a token that turns up after all raises a loud `LateExecution`.

One request bears no token: cancelling all open orders of a symbol. Its verdict is about what it was sent for. *Executed*:
after the fence nothing is open any more that was open when it was sent. *Not executed*: it cannot be any more, and, asked
twice, something is open that was there by then, or may have been, as far as the two clocks can tell: cancel again. This
one assumes, too, that the venue's clock does not jump back, for an order's time is compared with the request's.

This file is pure: it is told what was seen and when, and says what follows and when to ask next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, TypeAlias

import msgspec

from binance_wsapi.errors import UsageError, VenueError, shown
from binance_wsapi.orders.ids.identity import Reading
from binance_wsapi.orders.ids.token import Token, TokenKind
from binance_wsapi.wire.border import made_at_border

__all__ = ["TIMESTAMP_AHEAD_MS", "Doubt", "Evidence", "FateOptions", "Moment", "Outcome", "Path", "Verdict"]

PAST_FENCE_S: Final = 0.002
"""Seconds after the fence at which to ask: clocks are read in milliseconds."""

TIMESTAMP_AHEAD_MS: Final = 1_000
"""Milliseconds by which the venue takes a timestamp that is ahead of its clock (Timing security)."""

SETBACK_WAIT_S: Final = 120.0
"""Seconds after the fence of the monotonic clock until a venue's clock that was set back is no longer waited for: what is
absent then is called undecided, for a request that is held up somewhere could become valid again."""


class Outcome(Enum):
    """What became of a request. Only `ACCEPTED` means that the venue did something."""

    ACCEPTED = "accepted"
    """The venue executed it; the verdict holds what it made of it."""
    REJECTED = "rejected"
    """The venue refused it, in so many words."""
    NOT_PLACED = "not placed"
    """It was sent, and can no longer be executed."""
    NOT_SENT = "not sent"
    """Not a byte of it left this machine."""
    UNDECIDED = "undecided"
    """It can no longer be executed, and nothing the venue tells can show whether it was: what is there may be this request's
    or another's. A person, or the owner of the other request, has to look."""


class Evidence(Enum):
    """What a verdict stands on."""

    REPLY = "reply"
    EVENT = "event"
    QUERY = "query"
    FENCE = "fence"
    LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The fate of a request.

    Args:
        outcome: what became of it.
        evidence: what shows it.
        client_order_id: the token the verdict is about.
        order: what shows it, as the evidence told it: the result of a reply, an event, the answer to a query. Of an order
            that was placed or amended it is that order. Of a list that was placed or cancelled, and of a cancel of an order
            of a list, it is the list or any of its orders, for the venue takes, and cancels, a list as a whole: ask
            `order_status` for the one you mean. Of a cancel of everything it is what was cancelled, or the orders of the
            symbol that are open. Of an undecided request it is what was found, which may be another's; else None.
        error: the refusal, what kept the request from being sent, or why no answer about it says anything.
        at_ms: when it was known, in milliseconds of the venue's clock.
        parts: of a cancel-replace, which is not transactional: the verdicts on the cancel and on the new order, in this
            order. The verdict itself is then that of the part that was executed, of the cancel where both were, of the
            new order where none was. Empty for everything else.
    """

    outcome: Outcome
    evidence: Evidence
    client_order_id: str
    order: Any = None
    error: Exception | None = None
    at_ms: int = 0
    parts: tuple[Verdict, ...] = ()


@made_at_border
@dataclass(frozen=True, slots=True)
class FateOptions:
    """The bounds of the fence and the pace of asking.

    Args:
        venue_timeout_ms: how long the venue may take over a request it let through the second check. Documented as ten
            seconds: after that it answers -1007 itself.
        lag_ms: how long an executed order may stay invisible to ``order.status``. Not documented; six seconds is several
            times what users have reported. A larger value costs waiting, a smaller one costs certainty.
        first_ask_ms: how long to wait before the first question: most replies that were merely lost are visible by then.
        ask_every_ms: pause between questions before the fence; it doubles up to ``ask_at_most_ms``.
        ask_at_most_ms: longest pause between questions.
        confirm_ms: pause between the two questions after the fence.
        watch_ms: how long a token that was declared not placed is watched for.
        again_ms: when such a token is asked for once more.
    """

    venue_timeout_ms: int = 10_000
    lag_ms: int = 6_000
    first_ask_ms: int = 100
    ask_every_ms: int = 500
    ask_at_most_ms: int = 4_000
    confirm_ms: int = 1_000
    watch_ms: int = 24 * 3600 * 1000
    again_ms: int = 5 * 60 * 1000

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) <= 0:
                raise UsageError(f"{name} must be a number of milliseconds above 0, got {shown(getattr(self, name))}")
        if self.venue_timeout_ms < 10_000:
            raise UsageError(
                f"venue_timeout_ms must be 10000 or more, the venue's own ten seconds, got {self.venue_timeout_ms}"
            )


# Without the collector, as `Intent`: ten thousand requests that a process left open must not make its rounds long.
class Moment(msgspec.Struct, frozen=True, gc=False):
    """A moment, by the two clocks that the fence goes by.

    Args:
        ms: the earliest it can be at the venue, in milliseconds of its clock.
        at: seconds of this machine's monotonic clock.
    """

    ms: float
    at: float


Path: TypeAlias = tuple[str, int]
"""How an answer came: the kind of way, and which of them."""


@dataclass(slots=True)
class Doubt:
    """One token of which it is not known whether the venue has it.

    Args:
        token: what to look for.
        timestamp_ms: the ``timestamp`` the frame carried; where that is not known (after a crash), the latest it can
            have been.
        recv_window_ms: the ``recvWindow`` that held for the frame.
        since: when the doubt arose.
        sent_at: when the frame left, in seconds of the monotonic clock; where that is not known, the latest it can have
            been.
        options: bounds and pace.

    Attributes:
        verdict: what became of it, as soon as that is known.
        candidates: numbers of what bore the token and may be what the request made.
        number: of the order that is proven to be what the request made: it keeps this when a change takes its id.
        duplicate: what the venue said where it called this a duplicate.
        watched: whether its id is watched for though the venue refused it.
        contradicted: whether a reply said that it was executed after another verdict.
        hidden: whether an earlier process noted that a change may have taken the token: no absence counts.
    """

    token: Token
    timestamp_ms: int
    recv_window_ms: float
    since: Moment
    sent_at: float
    options: FateOptions = field(default_factory=FateOptions)
    verdict: Verdict | None = None
    candidates: set[int] = field(default_factory=set)
    number: int | None = None
    duplicate: VenueError | None = None
    watched: bool = False
    contradicted: bool = False
    hidden: bool = False
    _first: tuple[Reading, Path, float] | None = None
    _torn_at: float | None = None
    _asked: int = 0
    _next_at: float = 0.0

    def __post_init__(self) -> None:
        self._next_at = self.since.at + self.options.first_ask_ms / 1000
        if self.token.kind is TokenKind.SYMBOL:
            # What is open before the fence says nothing: the request may still be under way.
            self._next_at = max(self._next_at, self._passes_at(self.since))

    @property
    def span_ms(self) -> float:
        """How long after its timestamp, and after it left, the request may be executed and not be visible."""
        return self.recv_window_ms + self.options.venue_timeout_ms + self.options.lag_ms

    @property
    def fence_ms(self) -> float:
        """From this moment of the venue's clock on, "not found" may be an answer."""
        return self.timestamp_ms + self.span_ms

    @property
    def fence_at(self) -> float:
        """Likewise, of the monotonic clock: a venue's clock that jumps ahead shortens nothing."""
        return self.sent_at + self.span_ms / 1000

    @property
    def left_at(self) -> float | None:
        """When its frame left; None of a request of an earlier process, of which that is not known."""
        return None if self.token.recovered else self.sent_at

    @property
    def next_at(self) -> float:
        """When to ask next, in seconds of the monotonic clock."""
        return self._next_at

    @property
    def first(self) -> Path | None:
        """The way by which the answer came that is to be confirmed."""
        return None if self._first is None else self._first[1]

    def passed(self, now: Moment) -> bool:
        """Whether a question asked now is asked after the fence."""
        return now.ms > self.fence_ms and now.at > self.fence_at

    def counts_from(self, now: Moment) -> float:
        """Return from when on an absence counts, as far as can be told now, in seconds of the monotonic clock."""
        return min(self._passes_at(now), self.fence_at + SETBACK_WAIT_S)

    def _passes_at(self, now: Moment) -> float:
        """Return when the fence is passed, as far as can be told now, in seconds of the monotonic clock."""
        return max(self.fence_at, now.at + (self.fence_ms - now.ms) / 1000) + PAST_FENCE_S

    def seen(self, order: Any, evidence: Evidence, now_ms: float) -> Verdict:
        """The request was executed.

        A second sighting changes nothing. A sighting after "not placed" does not rewrite the verdict; the caller hears
        of it by comparing (`LateExecution`).
        """
        return self._settle(Outcome.ACCEPTED, evidence, order, None, now_ms)

    def refused(self, error: VenueError, now_ms: float, evidence: Evidence = Evidence.REPLY) -> Verdict:
        """The late reply came after all, or an event, and it is a refusal."""
        return self._settle(Outcome.REJECTED, evidence, None, error, now_ms)

    def answer(self, reading: Reading, order: Any, asked: Moment, now: Moment, path: Path | None) -> Verdict | None:
        """A question was answered.

        Args:
            reading: what the answer says.
            order: what was found.
            asked: when the question was sent.
            now: when the answer came.
            path: how; None for a way on which a negative says nothing, since it was there before the doubt arose.

        Returns:
            The verdict when there is one by now, else None.
        """
        if self.verdict is not None:
            return self.verdict
        positive = reading is Reading.YES and self.token.kind is not TokenKind.SYMBOL
        if positive:
            return self.seen(order, Evidence.QUERY, now.ms)
        if reading is Reading.NOTHING or path is None or not self._counts(asked):
            self._unanswered(now)
            return None
        if reading is Reading.NO and not self.passed(asked):
            reading = Reading.MAYBE  # the venue's clock went back, and does not come again
        if self._first is None:
            self._confirm(reading, path, asked, now)
            return None
        before, other, at = self._first
        if before is not reading and Reading.YES in {before, reading}:
            if self._torn_at is None:
                self._torn_at = asked.at
            if asked.at >= self._torn_at + 2 * self.options.lag_ms / 1000:  # no lag explains that any more
                return self._settle(Outcome.UNDECIDED, Evidence.QUERY, order, None, now.ms)
            self._confirm(reading, path, asked, now)  # two answers that contradict each other: neither counts
            return None
        if path == other and asked.at < at + self.options.lag_ms / 1000:
            self._next_at = at + self.options.lag_ms / 1000  # only then would the same view have caught up
            return None
        if Reading.MAYBE in {before, reading}:
            return self._settle(Outcome.UNDECIDED, Evidence.QUERY, order, None, now.ms)
        if reading is Reading.YES:
            return self.seen(order, Evidence.QUERY, now.ms)
        return self._settle(Outcome.NOT_PLACED, Evidence.FENCE, None, None, now.ms)

    def unanswered(self, now: Moment) -> None:
        """Take note that the question itself got no answer, or an answer that says nothing."""
        if self.verdict is None:
            self._unanswered(now)

    def useless(self, why: Exception, asked: Moment, now: Moment, *, wait_s: float) -> None:
        """Take note that the question was answered, and that no answer by any way says anything about the request.

        Args:
            why: what is wrong with the answers.
            asked: when the question was sent.
            now: when the answer came.
            wait_s: seconds after the fence from which on that is the last word.
        """
        if self.verdict is not None:
            return
        if self._counts(asked) and asked.at > self.fence_at + wait_s:
            self._settle(Outcome.UNDECIDED, Evidence.QUERY, None, why, now.ms)
        else:
            self._unanswered(now)

    def _counts(self, asked: Moment) -> bool:
        """Whether a question asked then can have been answered with anything that is not an accident of time."""
        return self.passed(asked) or asked.at > self.fence_at + SETBACK_WAIT_S

    def _confirm(self, reading: Reading, path: Path, asked: Moment, now: Moment) -> None:
        self._first = reading, path, asked.at
        self._next_at = now.at + self.options.confirm_ms / 1000

    def _settle(
        self, outcome: Outcome, evidence: Evidence, order: Any, error: Exception | None, now_ms: float
    ) -> Verdict:
        if self.verdict is None:
            self.verdict = Verdict(outcome, evidence, self.token.client_id, order, error, int(now_ms))
        return self.verdict

    def _unanswered(self, now: Moment) -> None:
        options = self.options
        pause = min(options.ask_every_ms * 2.0**self._asked, options.ask_at_most_ms) / 1000
        self._asked = min(self._asked + 1, 30)
        following = now.at + pause
        # A question that would be asked just before the fence waits for it instead: there it counts.
        fence = self._passes_at(now)
        if now.at < fence < following:
            following = fence
        self._next_at = following
