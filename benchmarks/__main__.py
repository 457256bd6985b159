"""Every benchmark, one after another."""

from __future__ import annotations

from benchmarks import decoding, engine, exchange, importing, journal, limits, roundtrip, streams


def main() -> None:
    """Run them."""
    for part in (importing, decoding, roundtrip, streams, limits, journal, engine, exchange):
        part.main()
        print()


if __name__ == "__main__":
    main()
