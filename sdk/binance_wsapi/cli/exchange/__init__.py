"""``binance-wsapi exchange``: what is traded on it, the keys it accepts, what it says, and the command that runs it."""
