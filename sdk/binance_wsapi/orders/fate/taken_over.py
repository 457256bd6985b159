"""What is known, when a doubt arises, of what bore the ids of its request before it was sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from binance_wsapi.orders.fate.unresolved import LiveId, UnderWay
from binance_wsapi.orders.ids.token import Token

__all__ = ["taken_over"]


def taken_over(call: UnderWay, tokens: Sequence[Token]) -> list[Token]:
    """Return the tokens of a call with what is known of what bore their ids, and those of their orders, before."""
    known = dict(zip(call.tokens, call.live_ids, strict=True))
    taken = []
    for each in tokens:
        token = _with_legs(each, known) if each.legs else each
        live = known.get(each.client_id)
        contested = live is not None and live.contested
        if call.change is not None:
            # Another may have the id by now: its number is asked.
            aimed = replace(token, fresh=token.fresh and not contested)
            token = call.change.aim(aimed, named=token.former in call.tokens)
        if live is None or (token.fresh and not contested):
            taken.append(token)
            continue
        taken.append(
            replace(
                token, fresh=token.fresh and not contested, others=token.others | live.others,
                younger=frozenset(live.younger), ended=live.ended,
                before=live.before, contested_ms=live.contested_ms,
            )
        )  # fmt: skip
    return taken


def _with_legs(token: Token, known: Mapping[str, LiveId]) -> Token:
    """Return the token of a list with what is known of what bore the ids of its orders."""
    lives = [known[leg] for leg in token.legs if leg in known]
    contests = {live.token: live.contested_ms for live in lives if live.contested_ms is not None}
    return replace(
        token,
        fresh_legs=token.fresh_legs.difference(contests),
        leg_others=frozenset[int]().union(*(live.others for live in lives)),
        leg_contests=contests,
    )
