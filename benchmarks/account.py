"""What the peer of the benchmarks tells of an account: the answers to its questions, and one report for each order."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable

__all__ = ["Account"]

_ROWS = re.compile(rb'"method"\s*:\s*"(?:my\w+|\w*[oO]rderLists(?:\.status)?)"')
_ORDER_ID = re.compile(rb'"orderId"\s*:\s*"?([0-9]+)')

_STATUS = (
    b'{"makerCommission":15,"takerCommission":15,"buyerCommission":0,"sellerCommission":0,"canTrade":true,'
    b'"canWithdraw":true,"canDeposit":true,"commissionRates":{"maker":"0.0015","taker":"0.0015","buyer":"0.0",'
    b'"seller":"0.0"},"brokered":false,"requireSelfTradePrevention":false,"preventSor":false,"updateTime":1660801833000,'
    b'"accountType":"SPOT","balances":[],"permissions":["SPOT"],"uid":354937868}'
)
_REPORT = (
    b'{"subscriptionId":0,"event":{"e":"executionReport","E":%(at)d,"s":"BTCUSDT","c":"%(id)s","S":"SELL","o":"LIMIT",'
    b'"f":"GTC","q":"0.00847000","p":"23416.10000000","P":"0.00000000","F":"0.00000000","g":-1,"C":"","x":"TRADE",'
    b'"X":"FILLED","r":"NONE","i":%(number)d,"l":"0.00847000","z":"0.00847000","L":"23416.10000000","n":"0.00000000",'
    b'"N":"BNB","T":%(at)d,"t":%(number)d,"I":%(number)d,"w":false,"m":false,"M":true,"O":%(at)d,"Z":"198.33521500",'
    b'"Y":"198.33521500","Q":"0.00000000","W":%(at)d,"V":"NONE"}}'
)
_STATE = (
    b'{"symbol":"BTCUSDT","orderId":%(number)d,"orderListId":-1,"clientOrderId":"%(id)s","price":"23416.10000000",'
    b'"origQty":"0.00847000","executedQty":"0.00000000","cummulativeQuoteQty":"0.00000000","status":"NEW",'
    b'"timeInForce":"GTC","type":"LIMIT","side":"BUY","stopPrice":"0.00000000","icebergQty":"0.00000000","time":%(at)d,'
    b'"updateTime":%(at)d,"isWorking":true,"workingTime":%(at)d,"origQuoteOrderQty":"0.00000000",'
    b'"selfTradePreventionMode":"NONE"}'
)
_OPEN = (
    (b'"X":"FILLED"', b'"X":"NEW"'), (b'"x":"TRADE"', b'"x":"NEW"'), (b'"w":false', b'"w":true'),
    (b'"l":"0.00847000"', b'"l":"0.00000000"'), (b'"z":"0.00847000"', b'"z":"0.00000000"'),
    (b'"Z":"198.33521500"', b'"Z":"0.00000000"'), (b'"Y":"198.33521500"', b'"Y":"0.00000000"'),
    (b'"t":%(number)d', b'"t":-1'), (b'"S":"SELL"', b'"S":"BUY"'),
    (b'"status":"FILLED"', b'"status":"NEW"'), (b'"executedQty":"0.00847000"', b'"executedQty":"0.00000000"'),
    (b'"cummulativeQuoteQty":"198.33521500"', b'"cummulativeQuoteQty":"0.00000000"'), (b'"side":"SELL"', b'"side":"BUY"'),
)  # fmt: skip
_FILLS = re.compile(rb'"fills":\[[^]]*\]')


def _open(text: bytes) -> bytes:
    """Return what is said of an order that fills, as it is said of one that stays open."""
    for filled, resting in _OPEN:
        text = text.replace(filled, resting)
    return _FILLS.sub(b'"fills":[]', text)


_REPORT_OPEN = _open(_REPORT)


class Account:
    """The account of one connection: what it sells fills at once, what it buys stays open.

    Args:
        order_result: returns the result of an order.
        number: of the order that this result tells of.

    Attributes:
        subscribed: whether its events are told.
    """

    def __init__(self, order_result: Callable[[bytes], bytes], number: bytes) -> None:
        self.subscribed = False
        self._order_result = order_result
        self._number = number
        self._numbers = itertools.count(int(number))
        self._open: dict[int, bytes] = {}

    def placed(self, request: bytes, client_id: bytes) -> tuple[bytes, bytes]:
        """Return the result of an order, and the message that tells its execution."""
        number, at = next(self._numbers), int(time.time() * 1000)
        values = {b"at": at, b"id": client_id, b"number": number}
        result = self._order_result(request).replace(self._number, b"%d" % number)
        if b'"side":"BUY"' not in request:
            return result, _REPORT % values
        self._open[number] = _STATE % values
        return _open(result), _REPORT_OPEN % values

    def answer(self, request: bytes) -> bytes | None:
        """Return the result of a question about the account; None of what is none."""
        if b'"userDataStream.subscribe"' in request:
            self.subscribed = True
            return b'{"subscriptionId":0}'
        if b'"account.status"' in request:
            return _STATUS
        if b'"openOrders.status"' in request:
            return b"[" + b",".join(self._open.values()) + b"]"
        if b'"order.status"' in request:
            found = _ORDER_ID.search(request)
            return self._open.get(0 if found is None else int(found[1]))
        return b"[]" if _ROWS.search(request) else None
