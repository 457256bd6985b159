"""Every benchmark, one after another."""

from __future__ import annotations

from benchmarks import decoding, importing, roundtrip


def main() -> None:
    """Run them."""
    for part in (importing, decoding, roundtrip):
        part.main()
        print()


if __name__ == "__main__":
    main()
