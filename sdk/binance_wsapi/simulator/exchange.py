"""The local exchange: everything wired together behind one socket."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from binance_wsapi.simulator.access.limits import LimitRules
from binance_wsapi.simulator.access.visitors import Visitors
from binance_wsapi.simulator.api.gateway import Gateway
from binance_wsapi.simulator.clock import Clock
from binance_wsapi.simulator.engine import ExchangeFilter, ListEvent, OrderEvent, SorSpec
from binance_wsapi.simulator.faults.faults import Faults
from binance_wsapi.simulator.faults.names import FaultError, inject
from binance_wsapi.simulator.faults.scenario import Scenario
from binance_wsapi.simulator.market.live_market import LiveMarket
from binance_wsapi.simulator.market.tape_market import Tape, TapeMarket
from binance_wsapi.simulator.operation import Operation
from binance_wsapi.simulator.page.page import Page
from binance_wsapi.simulator.paths import as_path
from binance_wsapi.simulator.record.private import open_private
from binance_wsapi.simulator.record.transcript import transcript
from binance_wsapi.simulator.record.truth import Truth
from binance_wsapi.simulator.server import API_PATH, Server
from binance_wsapi.simulator.settings import SettingError, apply
from binance_wsapi.simulator.timers import Timers
from binance_wsapi.simulator.venue.history import KEPT
from binance_wsapi.simulator.venue.listing import EXCHANGE_FILTERS, LISTINGS, SORS, Listing
from binance_wsapi.simulator.venue.pace import Pace
from binance_wsapi.simulator.venue.past import LONGEST_PAST
from binance_wsapi.simulator.venue.venue import Venue
from binance_wsapi.simulator.venue.views import lag_of

if TYPE_CHECKING:
    from binance_wsapi.simulator.faults.control import Control
    from binance_wsapi.simulator.net.tls import Tls

__all__ = ["LocalExchange"]


class LocalExchange(Operation):
    """A spot exchange on this machine.

        async with LocalExchange(seed=1, market="manual") as exchange:
            exchange.register_key("key", "hmac", secret="...")
            exchange.quote("BTCUSDT", bids=[("59999", "1")], asks=[("60001", "1")])
            ...  # connect a client to exchange.url

    The account `alice` is there from the start, with plenty of everything.

    Args:
        seed: of everything that is left to chance.
        market: `live` trades by itself; in a `manual` one nothing happens but what you do; a `Tape`, or several, repeats
            what was traded on the venue.
        clock: the exchange's clock; one of its own by default.
        port: to listen on; 0 takes a free one.
        host: address to listen on.
        tls: speak TLS: True makes an authority and a certificate, a folder keeps them, or hand in `Tls`.
        scenario: what goes wrong and when; see `Scenario`.
        control_port: serve the control endpoint on this port of `host`, 0 for a free one; None serves none.
        lag: seconds until the order and trade queries see what the matching engine did, or least and most of them;
            `"venue"` is the real venue's, up to 50 ms: an order just placed may be "not found". 0 shows it at once.
        former_ids: whether order.status still finds an order by the client order id it had before it was cancelled or
            amended; the documentation does not say, and a client must be right either way.
        queue_delay: least and most seconds a request waits in front of the matching engine.
        limits: rate limits; those of the venue's documentation by default.
        listings: what is traded: `LISTINGS`, `listing(...)`, or `Listing.from_json(...)` of a row of exchangeInfo.
        sors: which books smart order routing joins; those with a symbol that is not listed are left out.
        exchange_filters: limits over all symbols together.
        keep_frames: how many frames `truth.frames` holds; None holds all, those that are not among the newest on disk.
        keep_orders: how many ended orders, fills and lists are in memory; those before are in a temporary file, and can be
            asked for as ever.
        past_days: how many days of candles the venue has from before it began, up to 4,000: made up from the seed, in klines
            of a minute and longer only. Trades and tickers know nothing of them.
        ping_every: seconds between pings; 0 sends none.
        pong_patience: seconds without a pong until a connection is cut.
        lifetime: seconds until a connection is closed because of its age; 0 is never.
        page: serve a page for a browser on this machine at `page_url`.
        allow: origins of pages, and names of this exchange, that are let in beside those of this machine.

    Attributes:
        clock: `now_ms()` is server time; set `offset` (seconds) to put it wrong.
        faults: what can be made to go wrong; see `Faults`.
        truth: what really happened; see `Truth`.
        tls: the authority to trust and the certificate; None without TLS.
    """

    def __init__(
        self,
        seed: int = 1,
        market: Literal["live", "manual"] | Tape | Sequence[Tape] = "live",
        clock: Clock | None = None,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        tls: bool | str | Path | Tls = False,
        scenario: Scenario | None = None,
        control_port: int | None = None,
        lag: float | tuple[float, float] | Literal["venue"] = 0.0,
        former_ids: bool = True,
        queue_delay: tuple[float, float] = (0.0, 0.0),
        limits: LimitRules | None = None,
        listings: Iterable[Listing] = LISTINGS,
        sors: Iterable[SorSpec] = SORS,
        exchange_filters: Iterable[ExchangeFilter] = EXCHANGE_FILTERS,
        keep_frames: int | None = 100_000,
        keep_orders: int = KEPT,
        past_days: int = 0,
        ping_every: float = 20.0,
        pong_patience: float = 60.0,
        lifetime: float = 86_400.0,
        page: bool = False,
        allow: Iterable[str] = (),
    ) -> None:
        visitors = Visitors(allow)
        tapes = [market] if isinstance(market, Tape) else [] if isinstance(market, str) else list(market)
        if (isinstance(market, str) and market not in ("live", "manual")) or not all(
            isinstance(each, Tape) for each in tapes
        ):
            raise ValueError(f"market must be 'live', 'manual', a Tape or several, got {market!r}")
        if not 0 <= past_days <= LONGEST_PAST:
            raise ValueError(f"past_days must be from 0 to {LONGEST_PAST}, got {past_days}")
        self.tls = _tls(tls)
        self._scenario = scenario
        self._control_port = control_port
        self._control: Control | None = None
        self._visitors = visitors
        self._wrong_faults: list[FaultError | SettingError] = []
        self.clock = clock or Clock()
        self._host = host
        self._port = port
        self._timers = Timers()
        self._venue = venue = Venue(
            self.clock,
            seed,
            listings,
            lag=lag_of(lag),
            former_ids=former_ids,
            limits=limits,
            sors=sors,
            exchange_filters=exchange_filters,
            keep=keep_orders,
            past_days=past_days,
            pace=Pace(queue_delay, ping_every, pong_patience, lifetime),
        )
        self.truth = Truth(
            venue.engine, venue.archive, venue.names.__getitem__, self.clock.loop_time, keep_frames, keep_orders
        )
        for name, number in venue.accounts.items():
            self.truth.add_account(name, number)
        for number in venue.own_accounts:
            self.truth.hide(number)
        venue.opened.append(self.truth.add_account)
        venue.listen(self.truth.hear, OrderEvent, ListEvent)
        venue.forgetting.append(self.truth.forget)
        self._market: LiveMarket | TapeMarket | None = None
        if tapes:
            self._market = TapeMarket(venue, self._timers, seed, tapes)
        elif market == "live":
            self._market = LiveMarket(venue, self._timers, seed)
        self._server = Server(
            venue,
            self.truth,
            self._timers,
            seed,
            visitors=visitors,
        )
        self.faults = self._server.faults = Faults(self._server.lines, venue.keys.revoke)
        self._server.gateway = Gateway(
            venue,
            self.truth,
            self.faults,
            self._timers,
            chance=random.Random(f"queue {seed}"),
        )

        if page:
            self._server.page = Page(
                venue,
                self.truth,
                self._server.lines,
                self.faults,
                self.make,
                visitors,
                secure=self.tls is not None,
            )

    # --- life ------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self.clock.bind(asyncio.get_running_loop())
        if self._market is not None:
            self._market.start()
        await self._server.start(self._host, self._port, self.tls.server_context() if self.tls else None)
        if self._control_port is not None:
            from binance_wsapi.simulator.faults.control import Control

            self._control = Control(self.truth, self.faults, self.make, self._visitors)
            try:
                await self._control.start(self._host, self._control_port)
            except OSError:
                await self._server.stop()
                raise
        if self._scenario is not None:
            self._scenario.play(self._make_or_remember, self._timers.later, self._server.watchers)
        return self

    def make(self, described: Mapping[str, Any]) -> None:
        """Make a setting or a fault as a scenario, the command and the control endpoint describe it.

        Args:
            described: its name under `setting` or `fault`, and its parameters beside it: `{"fault": "busy", "seconds": 10}`.
                Every name is in docs/exchange-means.md.

        Raises:
            FaultError, SettingError: it is described wrongly, or cannot be.
        """
        asked: object = described  # what comes over a socket can be anything
        if isinstance(asked, Mapping) and "setting" in asked:
            apply(self, described)
        else:
            inject(self.faults, self.clock, described)

    def _make_or_remember(self, described: Mapping[str, Any]) -> None:
        try:
            self.make(described)
        except (FaultError, SettingError) as error:
            self._wrong_faults.append(error)

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Stop. A mistake of the exchange's own that ended a connection comes to light here.

        Raises:
            RuntimeError: the exchange made a mistake.
            DumpError: a tape has a broken line.
            FaultError, SettingError: a fault or a setting of the scenario could not be.
        """
        self._timers.stop()
        if self._control is not None:
            await self._control.stop()
        await self._server.stop()
        if self._timers.crashes and kind is None:
            raise RuntimeError("the exchange made a mistake") from self._timers.crashes[0]
        if isinstance(self._market, TapeMarket) and self._market.error is not None and kind is None:
            raise self._market.error
        if self._wrong_faults and kind is None:
            raise self._wrong_faults[0]

    async def tape_end(self) -> int:
        """Wait until every tape is at its end; return how many lines were played.

        Raises:
            DumpError: a tape has a broken line.
            RuntimeError: there is no tape.
        """
        if not isinstance(self._market, TapeMarket):
            raise RuntimeError("this market plays no tape")
        await self._market.wait()
        return self._market.played

    @property
    def url(self) -> str:
        """Where the WebSocket API is."""
        return f"{self.streams_url}{API_PATH}"

    @property
    def streams_url(self) -> str:
        """Where the market streams are: below /ws and /stream."""
        return f"ws{self._rest_of_url}"

    @property
    def rest_url(self) -> str:
        """Where the REST API is: below /api/v3."""
        return f"http{self._rest_of_url}"

    @property
    def page_url(self) -> str | None:
        """Where the page for a browser is; None if there is none."""
        return f"http{self._rest_of_url}/" if self._server.page is not None else None

    @property
    def control_url(self) -> str | None:
        """Where the control endpoint is; None if there is none."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._control.port}" if self._control else None

    @property
    def lag(self) -> tuple[float, float]:
        """Least and most seconds until queries see a change."""
        return self._venue.views.lag

    @property
    def _rest_of_url(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'s' if self.tls else ''}://{host}:{self._server.port}"

    def write_transcript(self, path: str | Path, *, secrets: bool = False) -> int:
        """Write every frame that crossed the sockets to a file, one line of JSON each; return how many.

        Args:
            path: the file, which only this user can read; what it held is replaced. No link is followed.
            secrets: leave signatures and API keys in.

        Returns:
            How many frames were written.

        Raises:
            ValueError: the path is none.
            OSError: the file cannot be written, or a link, or something that is no file, is there.
        """
        with os.fdopen(open_private(as_path(path, "path")), "w", encoding="utf-8", errors="surrogateescape") as file:
            file.truncate()
            count = 0
            for line in transcript(self.truth.frames, secrets=secrets):
                file.write(f"{line}\n")
                count += 1
        return count


def _tls(wanted: bool | str | Path | Tls) -> Tls | None:
    if wanted is False:
        return None
    from binance_wsapi.simulator.net.tls import Tls

    if wanted is True:
        return Tls.generate()
    return wanted if isinstance(wanted, Tls) else Tls.in_folder(wanted)
