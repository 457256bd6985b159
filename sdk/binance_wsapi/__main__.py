"""``python -m binance_wsapi`` is the command ``binance-wsapi``."""

from __future__ import annotations

from binance_wsapi.cli import main

if __name__ == "__main__":
    main()
