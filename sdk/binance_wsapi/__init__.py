"""The request/response WebSocket API of Binance: one signed session, any number of calls, every order's fate known.

Unofficial. Start at `SpotClient`; results and events are in `binance_wsapi.models`, the local exchange in
`binance_wsapi.simulator`. The names of the package are listed in `binance_wsapi._face`.
"""

from __future__ import annotations

import logging as _logging
from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING

if _TYPE_CHECKING:
    from binance_wsapi._face import *  # noqa: F403
    from binance_wsapi._face import __all__ as __all__

# A library does not decide what is printed: without a handler of the application's, warnings go nowhere.
_logging.getLogger("binance_wsapi").addHandler(_logging.NullHandler())


def __getattr__(name: str) -> object:
    """Import the client when its first name is asked for: until then the package is a name above its modules."""
    if not name.startswith("_") or name == "__all__":
        face = _import_module(f"{__name__}._face")
        if name == "__all__" or name in face.__all__:
            globals()[name] = getattr(face, name)
        if name in globals():  # which has our modules as well, once the client has imported them
            value: object = globals()[name]
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_import_module(f"{__name__}._face").__all__})
