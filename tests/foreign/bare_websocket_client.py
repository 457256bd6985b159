"""`websocket-client` and nothing above it, in the environment of `binance-connector`: frames as few clients send them.

Messages in fragments with pings between, pings with payloads, hundreds of requests in one write, closing handshakes that it
begins. Reads where the exchange is and which keys to use as JSON from standard input; prints one line of JSON per thing
tried.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import time
from importlib.metadata import version

import websocket
from websocket import ABNF

WHERE = json.load(sys.stdin)
ORDER = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "price": "20000",
    "quantity": "0.01",
}


def tell(what, fine=True, seen=""):
    error = None if fine else f"unexpected: {seen}"[:300]
    name = f"websocket-client {version('websocket-client')}"
    print(json.dumps({"client": name, "what": what, "error": error}), flush=True)


def connect():
    return websocket.create_connection(WHERE["ws_api"], timeout=20)


def frame(opcode, data, last=True):
    return ABNF(int(last), 0, 0, 0, opcode, 1, data).format()


def text(request):
    return frame(ABNF.OPCODE_TEXT, json.dumps(request, ensure_ascii=False).encode())


def signed(**params):
    full = params | {"apiKey": WHERE["hmac"]["api_key"], "timestamp": int(time.time() * 1000)}
    payload = "&".join(f"{name}={full[name]}" for name in sorted(full)).encode()
    return full | {"signature": hmac.new(WHERE["hmac"]["secret"].encode(), payload, hashlib.sha256).hexdigest()}


def fragments(socket):
    request = {"id": "pieces", "method": "ticker.price", "params": {"symbol": "这是测试币USDT"}}
    data = json.dumps(request, ensure_ascii=False).encode()
    for size in (1, 7, 30):
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        pings = 0
        for number, piece in enumerate(pieces):
            opcode = ABNF.OPCODE_CONT if number else ABNF.OPCODE_TEXT
            socket.sock.sendall(frame(opcode, piece, last=number == len(pieces) - 1))
            if number % 3 == 0 and number < len(pieces) - 1:
                socket.sock.sendall(frame(ABNF.OPCODE_PING, b"between"))
                pings += 1
        pongs, answer = 0, None
        while answer is None or pongs < pings:
            opcode, found = socket.recv_data_frame(control_frame=True)
            if opcode == ABNF.OPCODE_PONG and found.data == b"between":
                pongs += 1
            elif opcode == ABNF.OPCODE_TEXT:
                answer = json.loads(found.data)
        tell(f"a request in pieces of {size} bytes with pings between", answer["status"] == 200, answer)
    socket.sock.sendall(
        frame(ABNF.OPCODE_TEXT, b"", last=False)
        + frame(ABNF.OPCODE_CONT, b'{"id":1,"method":"ping"}', last=False)
        + frame(ABNF.OPCODE_CONT, b"")
    )
    tell("empty pieces", json.loads(socket.recv())["id"] == 1)


def control(socket):
    for payload in (b"", b"x", b"\x00\xff" * 62, b"y" * 125):
        socket.ping(payload)
        opcode, found = socket.recv_data_frame(control_frame=True)
        tell(f"a ping with {len(payload)} bytes", (opcode, found.data) == (ABNF.OPCODE_PONG, payload), found.data)
    socket.pong(b"nobody asked")
    socket.send(json.dumps({"id": 2, "method": "ping"}))
    tell("a pong nobody asked for", json.loads(socket.recv())["id"] == 2)


def bursts(socket):
    for count in (64, 500):
        socket.sock.sendall(b"".join(text({"id": number, "method": "ping"}) for number in range(count)))
        ids = sorted(json.loads(socket.recv())["id"] for _ in range(count))
        tell(f"{count} requests in one write", ids == list(range(count)), ids)
    requests = [
        {"id": number, "method": "order.place", "params": signed(**ORDER, newClientOrderId=f"burst-{number}")}
        for number in range(64)
    ]
    socket.sock.sendall(b"".join(map(text, requests)))
    statuses = [json.loads(socket.recv())["status"] for _ in requests]
    tell(
        "64 orders in one write: 50 placed, 14 over the limit",
        statuses.count(200) == 50 and statuses.count(429) == 14,
        statuses,
    )
    requests = [
        {
            "id": number,
            "method": "order.cancel",
            "params": signed(symbol="BTCUSDT", origClientOrderId=f"burst-{number}"),
        }
        for number in range(50)
    ]
    socket.sock.sendall(b"".join(map(text, requests)))
    statuses = {json.loads(socket.recv())["status"] for _ in requests}
    tell("all of them cancelled in one write", statuses == {200}, statuses)


def closing():
    for data in (b"", b"\x03\xe8", b"\x03\xe9" + b"r" * 100, b"\x0b\xb8", b"\x13\x87"):
        socket = connect()
        socket.sock.sendall(frame(ABNF.OPCODE_CLOSE, data))
        opcode, found = socket.recv_data_frame(control_frame=True)
        tell(f"a close with {data[:2]!r}", (opcode, found.data[:2]) == (ABNF.OPCODE_CLOSE, data[:2]), found.data)
        socket.shutdown()


def application():
    told = []

    def hear(app, message):
        told.append(json.loads(message))
        if len(told) > 5:
            app.close()

    def begin(app):
        app.send(json.dumps({"method": "SUBSCRIBE", "params": ["btcusdt@trade", "btcusdt@bookTicker"], "id": 3}))

    app = websocket.WebSocketApp(WHERE["streams"] + "/stream", on_open=begin, on_message=hear)
    app.run_forever(ping_interval=2, ping_timeout=1, ping_payload="hello")
    tell("its application listens to streams", len(told) > 5 and told[0] == {"result": None, "id": 3}, told)


def main():
    socket = connect()
    fragments(socket)
    control(socket)
    bursts(socket)
    socket.close()
    closing()
    application()


main()
