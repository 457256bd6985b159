"""What the operator of the exchange can do, by name.

Each setting is a method of `LocalExchange` (`operation`), and has the same name and parameters in a scenario file
(`[[setting]]`), at the control endpoint (`POST /settings`), for `LocalExchange.make` and, as JSON, with the command
(`--set`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from binance_wsapi.simulator.argument_types import check_types
from binance_wsapi.simulator.engine import Refused
from binance_wsapi.simulator.operation import Operation

__all__ = ["SETTINGS", "SettingError", "apply", "check_setting"]


class SettingError(ValueError):
    """A setting is described wrongly; the message says what is wrong."""


SETTINGS: dict[str, Callable[..., None]] = {
    "deposit": Operation.deposit,
    "withdraw": Operation.withdraw,
    "lock": Operation.lock,
    "account": Operation.set_account,
    "commission": Operation.set_commission,
    "discount": Operation.set_discount,
    "expire_order": Operation.expire_order,
    "quote": Operation.quote,
    "block_trade": Operation.block_trade,
    "status": Operation.set_status,
    "reference_price": Operation.set_reference_price,
    "conversion": Operation.set_conversion,
    "symbol": Operation.add_symbol,
    "sor": Operation.set_sor,
    "exchange_filters": Operation.set_exchange_filters,
    "limits": Operation.set_limits,
    "former_ids": Operation.set_former_ids,
    "pace": Operation.set_pace,
}
"""Settings by the name they have in a scenario and at the control endpoint."""


def check_setting(setting: object) -> tuple[str, dict[str, Any]]:
    """Return a setting's name and parameters.

    Raises:
        SettingError: there is no such setting, or a parameter is unknown or missing.
    """
    if not isinstance(setting, Mapping):
        raise SettingError("a setting is a table with its name under `setting`")
    name = setting.get("setting")
    if not isinstance(name, str) or name not in SETTINGS:
        raise SettingError(f"setting must be one of {', '.join(SETTINGS)}, got {name!r}")
    params = {key: value for key, value in setting.items() if key != "setting"}
    takes = list(inspect.signature(SETTINGS[name]).parameters.values())[1:]
    known = [each.name for each in takes]
    if wrong := [key for key in params if key not in known]:
        raise SettingError(f"{name} takes {', '.join(known)}, not {wrong[0]!r}")
    if absent := [each.name for each in takes if each.default is each.empty and each.name not in params]:
        raise SettingError(f"{name} needs {', '.join(absent)}")
    try:
        check_types(SETTINGS[name], params)
    except ValueError as error:
        raise SettingError(f"{name}: {error}") from None
    return name, params


def apply(exchange: Operation, setting: object) -> None:
    """Make a setting.

    Raises:
        SettingError: it is described wrongly, or cannot be.
    """
    name, params = check_setting(setting)
    try:
        SETTINGS[name](exchange, **params)
    except Refused as refused:
        raise SettingError(f"{name}: {refused.msg}") from None
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise SettingError(f"{name}: {error}") from None
