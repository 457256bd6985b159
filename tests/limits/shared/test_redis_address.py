"""An address of Redis is right or refused, never repeated, and never a way around TLS."""

from __future__ import annotations

import socket
import ssl
import threading
import traceback
from pathlib import Path

import pytest

from binance_wsapi.errors import UsageError
from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.redis_address import what_is_wrong
from binance_wsapi.limits.shared.store import Report, StoreUnavailable
from binance_wsapi.simulator.net.tls import Tls

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


@pytest.mark.parametrize("option", ["ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile"])
def test_a_file_of_tls_that_cannot_be_read_is_told_when_it_is_named(option: str, tmp_path: Path) -> None:
    missing = tmp_path / "nope"
    with pytest.raises(UsageError, match=f"as {option}, got '{missing}': No such file"):
        RedisStore(f"rediss://user:CanaryOfStore9999@127.0.0.1/0?{option}={missing}")
