"""An address of Redis is right or refused, never repeated, and never a way around TLS."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import subprocess
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from binance_wsapi.errors import UsageError
from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.redis_address import what_is_wrong
from binance_wsapi.limits.shared.store import Report, StoreUnavailable
from binance_wsapi.simulator import Tls
from tests.limits.conftest import RedisServer
from tests.limits.shared.reports import now_ms, tell

PASSWORD = "hunter2redisplanted"


@pytest.mark.parametrize(
    "url",
    [
        f"redis://:pa/ss{PASSWORD}@host:6379/0",
        f"http://:{PASSWORD}@host",
        f"redis://user:{PASSWORD}@host:port",
        f"redis://:a#b{PASSWORD}@h:6379",
        f"redis://:a?b{PASSWORD}@h:6379",
        f"redis://h:6379/0?socket_timeout={PASSWORD}",
        f"redis://h:6379/0?db={PASSWORD}",
        f"redis://:{PASSWORD}@[::1",
        f"redis://:{PASSWORD}@h:6379/zero",
        f"redis://:{PASSWORD} x@h:6379",
        f"rediss://:{PASSWORD}@h?ssl_cert_reqs=none",
        f"rediss://:{PASSWORD}@h?ssl_cert_reqs=optional",
        f"rediss://:{PASSWORD}@h?ssl_check_hostname=false",
        f"redis://:{PASSWORD}@h?ssl_ca_certs=x",
        "",
        "host:6379",
        *(
            f"redis://:{PASSWORD}@h?{option}"
            for option in (
                "protocol=9",
                "protocol=1",
                "protocol=",
                "protocol=\N{ARABIC-INDIC DIGIT TWO}",
                "protocol=2&protocol=3",
                "db=2147483648",
                f"db={'9' * 5_000}",
                "health_check_interval=86401",
                "client_name=",
                "client_name=a%20b",
                "client_name=a%0ab",
                "client_name=%00",
            )
        ),
        f"redis://:{PASSWORD}@h/99999999999",
        f"redis://:{PASSWORD}@h/1?db=2",
    ],
)
def test_an_address_that_is_none_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(UsageError, match="url must") as caught:
        RedisStore(url)
    assert PASSWORD not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None
    for frame, _ in traceback.walk_tb(caught.value.__traceback__):
        if "/tests/" not in frame.f_code.co_filename:
            assert PASSWORD not in repr(list(frame.f_locals.items())), frame.f_code.co_name


@pytest.mark.parametrize(
    "url", ["redis://h", "redis://u:p%2Fw@h:6379/3?client_name=x", "rediss://[::1]:6379", "unix:///run/redis"]
)
def test_an_address_that_is_right_is_taken(url: str) -> None:
    assert what_is_wrong(url) == ""
    RedisStore(url).close()


def test_a_store_that_cannot_be_reached_tells_no_password() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    store = RedisStore(f"redis://user:{PASSWORD}@127.0.0.1:{port}", timeout=0.2)
    for ask in (lambda: store.exchange([Report("a:ip:b", store.member, "x", 1, 5, [])]), store.inspect):
        with pytest.raises(StoreUnavailable) as caught:
            ask()
        text = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
        assert PASSWORD not in text
    assert PASSWORD not in repr(vars(store))
    store.close()


NESTED = b"*1\r\n" * 200_000 + b":1\r\n"
ODD: dict[str, bytes] = {
    "moved to nowhere": b"-MOVED x\r\n",
    "asked of nowhere": b"-ASK x\r\n",
    "no number": b":\xff\r\n",
    "no length": b"$x\r\n",
    "a float": b",x\r\n",
    "an unhashable key": b"%1\r\n*1\r\n:1\r\n:1\r\n",
    "an unhashable member": b"~1\r\n*1\r\n:1\r\n",
    "too deep": NESTED,
    "nothing of Redis": b"\x00\xff<html>\r\n",
    "a refusal that quotes": b"-WRONGPASS " + PASSWORD.encode() + b"\r\n",
}
FIELDS = [
    b"$1\r\ne\r\n",
    b":1\r\n",
    b":1\r\n",
    b"*0\r\n",
    b"*0\r\n",
    b"*0\r\n",
    b"$0\r\n\r\n",
    b"$0\r\n\r\n",
    b":0\r\n",
]
"""An answer of the script to a report that asks nothing."""


def answer(*replaced: tuple[int, bytes]) -> bytes:
    """Return an answer with other fields."""
    fields = FIELDS.copy()
    for index, field in replaced:
        fields[index] = field
    return b"*1\r\n*9\r\n" + b"".join(fields)


UNREADABLE: dict[str, bytes] = {
    "null": b"$-1\r\n",
    "a number": b":5\r\n",
    "a text": b"+OK\r\n",
    "no reply": b"*0\r\n",
    "two replies": b"*2\r\n" + 2 * answer()[4:],
    "two of nine fields": b"*1\r\n*2\r\n$1\r\ne\r\n:1\r\n",
    "an epoch that is no text": answer((0, b"$1\r\n\xff\r\n")),
    "a version that is none": answer((1, b"$1\r\nx\r\n")),
    "members that are none": answer((2, b"*0\r\n")),
    "a ban without an end": answer((3, b"*1\r\n$1\r\nx\r\n")),
    "an end that is none": answer((3, b"*2\r\n$1\r\nx\r\n$1\r\ny\r\n")),
    "grants that were not asked for": answer((4, b"*2\r\n:1\r\n:1\r\n")),
    "a trouble that is a number": answer((7, b":1\r\n")),
    "a number that is none": b":\xff\xfe\r\n",
    "moved to nowhere": b"-MOVED x\r\n",
    "too deep": NESTED,
}


def odd_server(everything: bytes | None = None, script: bytes = b"", *, endless: float | None = None) -> socket.socket:
    """Listen like a Redis that greets as it should and answers the script, or everything, oddly.

    With ``endless`` an odd answer is sent byte by byte with such pauses, again and again.
    """
    listener = socket.create_server(("127.0.0.1", 0))

    def talk(peer: socket.socket) -> None:
        with peer, contextlib.suppress(OSError):
            while heard := peer.recv(65536).upper():
                greeted = b"+OK\r\n" * len(re.findall(rb"\*\d+\r\n", heard))  # to each command
                said = script if b"EVALSHA" in heard else greeted
                odd = everything if everything is not None else said
                while endless is not None and odd != greeted:
                    for place in range(len(odd)):
                        peer.sendall(odd[place : place + 1])
                        time.sleep(endless)
                peer.sendall(odd)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return listener


def asked(listener: socket.socket, options: str, what: str, *, timeout: float = 2.0) -> StoreUnavailable:
    """Ask a server in a way that fails, and return the error."""
    store = RedisStore(f"redis://user:{PASSWORD}@127.0.0.1:{listener.getsockname()[1]}/0{options}", timeout=timeout)
    asks: dict[str, Callable[[], object]] = {
        "exchange": lambda: store.exchange([Report("a:ip:b", store.member, "x", 1, 5, [])]),
        "inspect": store.inspect,
        "change": lambda: store.change(lambda _state: True),
    }
    with contextlib.closing(store), pytest.raises(StoreUnavailable) as caught:
        asks[what]()
    return caught.value


def tells(error: BaseException) -> str:
    """What a reporter says that captures variables."""
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


@pytest.mark.parametrize("what", ["exchange", "inspect", "change"])
@pytest.mark.parametrize("options", ["", "?protocol=3"])
@pytest.mark.parametrize("name", ODD)
def test_an_odd_answer_to_the_first_words_is_an_unavailable_store_without_the_password(
    name: str, options: str, what: str
) -> None:
    with odd_server(ODD[name]) as listener:
        error = asked(listener, options, what)
    assert error.__cause__ is error.__context__ is None
    assert PASSWORD not in tells(error)


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_answer_of_the_script_that_cannot_be_read_is_an_unavailable_store(name: str) -> None:
    with odd_server(script=UNREADABLE[name]) as listener:
        error = asked(listener, "?protocol=2", "exchange")
    assert error.maybe, "the script may have run"
    assert not error.hopeless
    assert "an answer that cannot be read" in str(error)
    assert error.__cause__ is error.__context__ is None
    assert PASSWORD not in tells(error)


def test_an_answer_of_the_script_that_is_whole_is_read() -> None:
    with odd_server(script=answer((3, b"*2\r\n$1\r\nx\r\n:7\r\n"))) as listener:
        store = RedisStore(f"redis://user:{PASSWORD}@127.0.0.1:{listener.getsockname()[1]}", timeout=2.0)
        (reply,) = store.exchange([Report("a:ip:b", store.member, "x", 1, 5, [])])
        store.close()
    assert (reply.epoch, reply.version, reply.bans, reply.grants) == ("e", 1, {"x": 7}, [])


def test_a_server_with_a_certificate_for_another_name_hears_nothing(tmp_path: Path) -> None:
    tls = Tls.generate(names=("other.example",), addresses=("10.9.9.9",))
    authority = tls.write_ca(tmp_path / "ca.pem")
    context = tls.server_context()
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(plain, server_side=True) as secure:
                    heard.append(secure.recv(4096))
            except (ssl.SSLError, OSError):
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    store = RedisStore(
        f"rediss://user:{PASSWORD}@localhost:{listener.getsockname()[1]}/0?ssl_ca_certs={authority}", timeout=2.0
    )
    with pytest.raises(StoreUnavailable, match="certificate"):
        store.exchange([Report("a:ip:b", store.member, "x", 1, 5, [])])
    store.close()
    listener.close()
    assert heard == []


def test_a_real_server_over_tls_is_spoken_to_under_its_name_and_under_no_other(
    redis_server: RedisServer, redis_binary: str, tmp_path: Path
) -> None:
    of_this, of_another = tmp_path / "this", tmp_path / "another"
    authority = Tls.in_folder(of_this).write_ca(tmp_path / "ca.pem")
    stranger = Tls.in_folder(of_another).write_ca(tmp_path / "stranger.pem")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {"port": "0", "tls-port": str(port), "bind": "127.0.0.1 127.0.0.2", "save": "", "tls-auth-clients": "no",
               "tls-cert-file": str(of_this / "server.pem"), "tls-key-file": str(of_this / "server-key.pem"),
               "tls-ca-cert-file": str(authority), "requirepass": PASSWORD}  # fmt: skip
    arguments = [each for name, value in options.items() for each in (f"--{name}", value)]
    server = subprocess.Popen([redis_binary, *arguments], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    try:
        assert any("Ready to accept" in line for line in server.stdout), "it was built without TLS"
        say = f"localhost:{port}/0?ssl_ca_certs"
        with closing(RedisStore(f"rediss://:{PASSWORD}@{say}={authority}", timeout=2.0)) as right:
            assert tell(right, now_ms(), want=5).grants[0].granted == 5
            assert [state.scope for state in right.inspect()] == [right.ip]
        refused = {
            f"rediss://:{PASSWORD}@{say}={stranger}": "certificate of the server is not valid",
            f"rediss://:{PASSWORD}@127.0.0.2:{port}/0?ssl_ca_certs={authority}": "certificate of the server is not valid",
            f"rediss://:{PASSWORD}x@{say}={authority}": "refuses the user or the password",
            f"rediss://{say}={authority}": "asks for a password",
            f"redis://:{PASSWORD}@localhost:{port}": "Error",
        }
        for url, why in refused.items():
            with closing(RedisStore(url, timeout=2.0)) as wrong:
                for ask in (lambda store: tell(store, now_ms()), RedisStore.inspect):
                    with pytest.raises(StoreUnavailable, match=why) as caught:
                        ask(wrong)
                    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
                    report.stack[:] = [frame for frame in report.stack if "/tests/" not in frame.filename]
                    assert PASSWORD not in "".join(report.format())
    finally:
        server.kill()
        server.communicate()


@pytest.mark.parametrize("option", ["ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile"])
def test_a_file_of_tls_that_cannot_be_read_is_told_when_it_is_named(option: str, tmp_path: Path) -> None:
    missing = tmp_path / "nope"
    with pytest.raises(UsageError, match=f"as {option}, got '{missing}': No such file"):
        RedisStore(f"rediss://user:CanaryOfStore9999@127.0.0.1/0?{option}={missing}")
