"""``history``: rows between two times, into a file or onto standard output."""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import AsyncIterable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from binance_wsapi.cli.shared.options import command
from binance_wsapi.cli.shared.run import Run
from binance_wsapi.errors import UsageError

if TYPE_CHECKING:
    import polars as pl

    from binance_wsapi.client.spot import SpotClient
    from binance_wsapi.history.rows import HistoryProgress, HistoryRows
    from binance_wsapi.models import Interval

__all__ = ["history"]

KINDS = ("klines", "trades", "aggregate-trades", "my-trades", "orders")


@command
async def history(
    run: Run,
    symbol: Annotated[str, typer.Argument(metavar="SYMBOL", help="Trading pair.")],
    start: Annotated[
        str, typer.Option("--from", metavar="TIME", help="First moment: 2024-01-31 or 2024-01-31T12:00Z.")
    ],
    end: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="The moment before which they end; now by default.")
    ] = None,
    what: Annotated[str, typer.Option(metavar="KIND", help=f"{', '.join(KINDS)}.")] = "klines",
    interval: Annotated[str, typer.Option(metavar="LENGTH", help="Of a candle: 1m, 1h, 1d and so on.")] = "1h",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="file.csv or file.parquet; else CSV is printed."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", metavar="", help="Replace the file if it is there.")] = False,
) -> None:
    """Fetch what happened between two times: candles, trades, own trades, orders.

    A file appears when it is complete. After Ctrl-C or an error there is
    no new file, and an earlier file stays.
    """
    if what not in KINDS:
        raise UsageError(f"--what must be one of {', '.join(KINDS)}, got {what!r:.40}")
    length = _length(interval)
    _span(start, end)
    kind = _format(run, output, force=force)
    bar = _Bar(run, f"{symbol.upper()} {what}", hidden=output is None and sys.stdout.isatty())
    async with run.client(private=what in {"my-trades", "orders"}) as client:
        rows = _rows(client, symbol.upper(), what, length, start, end, bar)
        with bar:
            if output is None:
                count = await (_write_json(rows, run) if run.as_json else _write_csv(rows, sys.stdout))
            else:
                count = await _into(output, kind, rows)
    run.tell(f"{count} rows" + (f" in {output}" if output is not None else ""))


def _length(interval: str) -> Interval:
    """Return the length of a candle."""
    from binance_wsapi.models import Interval

    try:
        return Interval(interval)
    except ValueError:
        raise UsageError(f"--interval must be one of {', '.join(Interval)}, got {interval!r:.40}") from None


def _span(start: str, end: str | None) -> None:
    """See that both times are times, by the names of the options, before anything is connected."""
    from binance_wsapi.history.moments import read_moment

    since = read_moment("--from", start)
    if end is not None and read_moment("--to", end) < since:
        raise UsageError(f"--to must not be before --from, got {end} and {start}")


def _format(run: Run, output: Path | None, *, force: bool) -> str:
    """Return csv or parquet, having seen that the file can be made: before an hour is spent on its rows."""
    if output is None:
        return ""
    kind = output.suffix.lower().removeprefix(".")
    if kind not in {"csv", "parquet"}:
        raise UsageError(f"--output must end with .csv or .parquet, got {output.name!r:.60}")
    if run.as_json:
        raise UsageError("--json prints the rows: leave out --output")
    try:
        taken = output.exists()
    except OSError as error:
        raise UsageError(f"--output: {output.name!r:.60} cannot be the name of a file: {error.strerror}") from None
    if taken and not force:
        raise UsageError(f"{output} is there already: --force replaces it")
    if not output.parent.is_dir() or not os.access(output.parent, os.W_OK):
        raise UsageError(f"--output: {output.parent} is no folder that can be written to")
    if kind == "parquet":
        from binance_wsapi.history.frames import require

        require("polars")
    return kind


def _rows(
    client: SpotClient, symbol: str, what: str, interval: Interval, start: str, end: str | None, bar: _Bar
) -> HistoryRows[Any]:
    past = client.history
    if what == "klines":
        return past.klines(symbol, interval, start, end, on_progress=bar.move)
    methods: dict[str, Any] = {
        "trades": past.trades,
        "aggregate-trades": past.aggregate_trades,
        "my-trades": past.my_trades,
        "orders": past.orders,
    }
    rows: HistoryRows[Any] = methods[what](symbol, start, end, on_progress=bar.move)
    return rows


async def _into(output: Path, kind: str, rows: HistoryRows[Any]) -> int:
    """Write a file beside the wanted one, and give it its name when it is complete."""
    part = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        if kind == "csv":
            with part.open("w", encoding="utf-8", newline="") as file:
                count = await _write_csv(rows, file)
        else:
            frame = await rows.to_polars()
            _write_parquet(frame, part)
            count = frame.height
        part.replace(output)
    except OSError as error:
        raise UsageError(f"{output} cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    return count


def _write_parquet(frame: pl.DataFrame, part: Path) -> None:
    """Write a table.

    Raises:
        UsageError: it cannot be written: the disk is full, for instance.
    """
    from polars.exceptions import PolarsError

    try:
        frame.write_parquet(part)
    except PolarsError as error:
        why = str(error).rpartition(": ")[2]
    else:
        return
    # Outside ``except``: the frames of the package hold the rows.
    raise UsageError(f"--output cannot be written: {why}")


async def _write_csv(rows: AsyncIterable[Any], file: TextIO) -> int:
    """Write rows as they come: decimals as the venue sent them, times as milliseconds since 1970."""
    from binance_wsapi.history.frames import attributes

    writer, count = csv.writer(file, lineterminator="\n"), 0
    names: list[str] = []
    async for row in rows:
        if not names:
            names = list(attributes(type(row)))
            writer.writerow(names)
        writer.writerow([_cell(getattr(row, name)) for name in names])
        count += 1
    file.flush()
    return count


async def _write_json(rows: AsyncIterable[Any], run: Run) -> int:
    count = 0
    async for row in rows:
        run.line(row, "")
        count += 1
    return count


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "milliseconds"):
        return str(value.milliseconds)
    return str(value)


class _Bar:
    """A progress bar on stderr, where a person looks on.

    Args:
        run: whose standard error it is drawn on.
        what: stands in front of it.
        hidden: rows are printed on the same terminal, and would be written into it.
    """

    def __init__(self, run: Run, what: str, *, hidden: bool) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.percentage:>3.0f} %  {task.fields[rows]} rows"),
            TimeRemainingColumn(compact=True),
            console=run.err,
            transient=True,
            disable=hidden or not run.err.is_terminal,
        )
        self._task = self._progress.add_task(what, total=1.0, rows=0)

    def move(self, progress: HistoryProgress) -> None:
        self._progress.update(self._task, completed=progress.fraction, rows=progress.rows)

    def __enter__(self) -> None:
        self._progress.start()

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
