"""What an object says that is entered, iterated over or awaited in the way of the other client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Never

from binance_wsapi.errors import UsageError

__all__ = ["EnteredByCoroutines", "EnteredByThreads"]


class EnteredByCoroutines:
    """Something of the asynchronous client that is entered with ``async with``."""

    __slots__ = ()

    if not TYPE_CHECKING:  # a type checker refuses each as it is

        def __enter__(self) -> Never:
            raise self._enter_first("with")

        def __exit__(self, *_: object) -> None: ...

        def __iter__(self) -> Never:
            raise self._enter_first("for")

        def __await__(self) -> Never:
            raise self._enter_first("await")

    def _enter_first(self, used: str) -> UsageError:
        return UsageError(
            f"a {type(self).__name__} is entered with `async with ... as it`, got `{used}`: inside, read events with "
            "`async for`; for scripts, binance_wsapi.blocking.SpotClient has the same for `with` and `for`"
        )


class EnteredByThreads:
    """Something of the blocking client."""

    __slots__ = ()

    if not TYPE_CHECKING:

        async def __aenter__(self) -> Never:
            raise self._is_blocking("async with", "with")

        async def __aexit__(self, *_: object) -> None: ...

        def __aiter__(self) -> Never:
            raise self._is_blocking("async for", "for")

        def __await__(self) -> Never:
            raise self._is_blocking("await", "with")

    def _is_blocking(self, used: str, instead: str) -> UsageError:
        return UsageError(
            f"a blocking {type(self).__name__} is used with `{instead}`, got `{used}`: in a coroutine use "
            "binance_wsapi.SpotClient"
        )
