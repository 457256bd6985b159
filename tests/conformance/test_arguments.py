"""Arguments that are described once and unpacked in several methods: each is shown, described, and spelled right."""

from __future__ import annotations

import inspect
import pydoc
from typing import Any

import pytest

from binance_wsapi import SpotClient
from binance_wsapi.api.spot import arguments
from binance_wsapi.blocking import SpotClient as BlockingClient
from tests.conformance.catalogue import DESCRIBED, record

LISTS = ["ListArguments", "OcoArguments", "WorkingArguments", "OtoArguments", "OtocoArguments"]
PLACING = {
    "orderList.place": (),
    "orderList.place.oco": ("above_price", "below_peg_offset_value"),
    "orderList.place.oto": ("working_price", "pending_stop_price"),
    "orderList.place.opo": ("working_price", "pending_stop_price"),
    "orderList.place.otoco": ("working_price", "pending_below_type"),
    "orderList.place.opoco": ("working_price", "pending_below_type"),
}


def needed(method: Any) -> dict[str, Any]:
    """Return a value for each argument without which a method cannot be called."""
    given = inspect.signature(method).parameters.values()
    return {each.name: "1" for each in given if each.default is each.empty and each.name != "self"}


@pytest.mark.parametrize("name", LISTS)
def test_each_field_is_described_and_none_is_required(name: str) -> None:
    kind = getattr(arguments, name)
    assert not kind.__required_keys__
    for field in kind.__annotations__:
        assert len(DESCRIBED[field]) > 20, field
        assert DESCRIBED[field].endswith("."), field


@pytest.mark.parametrize("client", [SpotClient, BlockingClient])
@pytest.mark.parametrize("name", ["place_oco", "place_otoco", "submit_oco", "submit_otoco"])
def test_help_shows_every_argument_by_name(client: type, name: str) -> None:
    shown = pydoc.render_doc(getattr(client, name))
    kind = arguments.OcoArguments if name.endswith("_oco") else arguments.OtocoArguments
    for field in kind.__annotations__:
        assert f" {field}: " in shown


@pytest.mark.parametrize("method", PLACING)
async def test_a_misspelt_argument_is_refused_with_the_nearest_name(method: str) -> None:
    place = getattr(
        SpotClient, "place_order_list" if method == "orderList.place" else method.replace("orderList.place.", "place_")
    )
    for name in ("timeout", "self_trade_prevention_mode", *PLACING[method]):
        with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}x': did you mean '{name}'"):
            await record(method, **needed(place), **{f"{name}x": 1})
    with pytest.raises(TypeError, match=r"unexpected keyword argument 'qqqq'(\n|$)"):
        await record(method, **needed(place), qqqq=1)
