"""The event loop in virtual time, by the names the tests have for it; it ships in `binance_wsapi.testing`."""

from binance_wsapi.testing.network import Link, Network
from binance_wsapi.testing.virtual import Deadlock, VirtualLoop, on
from binance_wsapi.testing.virtual import run_in_virtual_time as run

__all__ = ["Deadlock", "Link", "Network", "VirtualLoop", "on", "run"]
