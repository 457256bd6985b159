"""The open connections of the exchange, and what can be done to all of them: the `Lines` that `Faults` pulls at."""

from __future__ import annotations

from collections import deque

from binance_wsapi.simulator.access.frames import encode
from binance_wsapi.simulator.api.session import Session
from binance_wsapi.simulator.faults.faults import Way
from binance_wsapi.simulator.net.link import Link
from binance_wsapi.simulator.streams.client import StreamClient
from binance_wsapi.simulator.timers import Timers
from binance_wsapi.simulator.venue.venue import Venue

__all__ = ["OpenLines"]


class OpenLines:
    """Every connection while it is open.

    Attributes:
        links, api_sessions, stream_clients: open connections by their numbers.
        ended: numbers of those that ended last, and the event loop's time when they did.
    """

    def __init__(self, venue: Venue, timers: Timers) -> None:
        self._venue = venue
        self._timers = timers
        self.links: dict[int, Link] = {}
        self.api_sessions: dict[int, Session] = {}
        self.stream_clients: dict[int, StreamClient] = {}
        self.ended: deque[tuple[int, float]] = deque(maxlen=1000)

    def cut_all(self) -> int:
        links = list(self.links.values())
        for link in links:
            link.cut()
        return len(links)

    def shutdown(self, lead: float) -> None:
        links = list(self.links.values())
        event = {"e": "serverShutdown", "E": self._venue.clock.now_ms()}
        for link in links:
            if link.number in self.api_sessions:
                event["E"] = self._venue.clock.now_us() // self.api_sessions[link.number].unit
                link.send(encode({"event": event}))
            elif link.number in self.stream_clients:
                self.stream_clients[link.number].shut_down()

        def close() -> None:
            for link in links:
                link.close(1001)

        if lead > 0:
            self._timers.later(lead, close)
        else:
            close()

    def close(self, code: int, reason: str) -> None:
        for link in list(self.links.values()):
            link.close(code, reason)

    def silence(self, way: Way) -> None:
        for link in self.links.values():
            link.silence(way)

    def heal(self) -> None:
        for link in self.links.values():
            link.heal()

    def dribble(self, piece: int, pause: float) -> None:
        for link in self.links.values():
            link.dribble(piece, pause)

    def say(self, frame: str | bytes) -> None:
        for link in list(self.links.values()):
            link.send(frame)

    def say_raw(self, data: bytes) -> None:
        for link in list(self.links.values()):
            link.send_raw(data)

    def loop_time(self) -> float:
        return self._venue.clock.loop_time()

    def stop_trading(self, until: float) -> None:
        self._venue.no_trading_until = until

    def ban(self, seconds: float) -> None:
        for ip in {str(link.socket.remote_address[0]) for link in self.links.values()} or {"127.0.0.1"}:
            self._venue.limits.ban(ip, seconds)

    def set_lag(self, least: float, most: float) -> None:
        self._venue.views.lag = (least, most)
        if most <= 0:
            self._venue.views.show_all()

    def reset(self) -> None:
        self.cut_all()
        self._venue.reset()

    def terminate_subscriptions(self) -> None:
        for session in self.api_sessions.values():
            for number in list(session.subscriptions):
                session.end_subscription(number)
