"""What docs/compare/python-binance.md says of `python-binance`: its script as printed, and that its methods have these names.

Reads where the exchange is and which keys to use as JSON from standard input; prints one line of JSON per thing tried. The
constants that hold the hosts are set, and the two texts that stand for a key are replaced.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
import re
import sys
from importlib.metadata import version
from pathlib import Path

from binance import AsyncClient, BinanceSocketManager
from binance.base_client import BaseClient

logging.disable(logging.CRITICAL)
WHERE = json.load(sys.stdin)
PAGE = (Path(__file__).parents[2] / "docs" / "compare" / "python-binance.md").read_text()
BaseClient.API_TESTNET_URL = WHERE["rest"] + "/api"
BaseClient.WS_API_TESTNET_URL = WHERE["ws_api"]
BinanceSocketManager.STREAM_TESTNET_URL = WHERE["streams"] + "/"


def tell(what, error=None):
    print(
        json.dumps({"client": f"python-binance {version('python-binance')}, documented", "what": what, "error": error}),
        file=sys.__stdout__,
        flush=True,
    )


def names():
    theirs = "\n".join(row.split("|")[2] for row in PAGE.splitlines() if row.count("|") >= 4)
    for owner, kind in (("client", AsyncClient), ("bm", BinanceSocketManager)):
        for name in sorted(set(re.findall(rf"`[^`]*\b{owner}\.(\w+)\(", theirs))):
            if name.startswith(("get_", "order_", "create_", "cancel_all")) or owner == "bm":
                tell(name, None if inspect.isfunction(getattr(kind, name, None)) else f"{kind.__name__} has no {name}")


def script():
    (source,) = re.findall(r"<!-- run: foreign -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    source = source.replace('"your-api-key"', repr(WHERE["hmac"]["api_key"]))
    source = source.replace('"your-secret"', repr(WHERE["hmac"]["secret"]))
    said = []
    main = asyncio.run
    asyncio.run = lambda coroutine: main(asyncio.wait_for(coroutine, 20))
    try:
        exec(compile(source, "python-binance.md", "exec"), {"print": lambda *words: said.append(words)})
    except TimeoutError:
        pass  # a socket of its own that it waits for while it closes; what it printed counts
    except Exception as error:  # noqa: BLE001 - whatever the client does is the finding
        tell("the script", f"{type(error).__name__}: {error}; it printed {said}"[:900])
        return
    tell("the script", None if len(said) >= 7 else f"it printed {said}"[:900])


names()
script()
