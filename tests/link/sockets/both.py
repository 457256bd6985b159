"""For tests that hold for both transports: importing `on_each_transport` runs every test of a module on each."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from binance_wsapi.link.sockets import choice

__all__ = ["needs_fast", "on_each_transport"]

needs_fast = pytest.mark.skipif(find_spec("picows") is None, reason="the `fast` extra is not installed: no picows")


@pytest.fixture(autouse=True, params=["websockets", pytest.param("picows", marks=needs_fast)])
def on_each_transport(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take this transport where the settings leave the choice to the library."""
    monkeypatch.setattr(choice, "automatic", lambda: request.param)
