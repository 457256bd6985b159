"""What is particular to the budget in Redis, against a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from binance_wsapi.errors import UsageError
from binance_wsapi.limits.shared.redis import RedisStore
from binance_wsapi.limits.shared.store import StoreUnavailable
from tests.limits.conftest import NO_REDIS, RedisServer
from tests.limits.shared.test_stores import NOW, ask, grant, tell


@pytest.fixture
def own_server(redis_binary: str | None, redis_server: RedisServer, tmp_path: Path) -> Iterator[RedisServer]:
    """A server that a test may kill."""
    assert redis_binary is not None, NO_REDIS
    server = RedisServer(redis_binary, tmp_path)
    server.start()
    yield server
    server.stop()


def test_a_server_that_dies_is_a_store_that_is_away_and_that_forgot_when_it_comes_back(own_server: RedisServer) -> None:
    store = RedisStore(own_server.url, timeout=2.0)
    before = tell(store, ask(want=300))
    own_server.stop()
    with pytest.raises(StoreUnavailable):
        tell(store, ask(held=300), epoch=before.epoch)
    with pytest.raises(StoreUnavailable) as caught:
        tell(store, ask(held=300), epoch=before.epoch)
    assert not caught.value.maybe, "the connection was refused: nothing was done"
    own_server.start()
    after = tell(store, ask(held=300), epoch=before.epoch, members=2, now_ms=NOW + 50)
    assert after.epoch != before.epoch
    after = tell(store, ask(held=300), epoch=after.epoch, now_ms=NOW + 60)
    assert after.grants[0].room <= 0, "others may have used what is not known of here"
    store.close()


def test_keys_end_by_themselves(redis_server: RedisServer) -> None:
    import redis

    store = RedisStore(redis_server.url, timeout=2.0)
    tell(store, ask())
    client = redis.Redis.from_url(redis_server.url)
    keys = list(client.scan_iter())
    assert keys == [b"{binance-wsapi}:limits:1:unknown:ip:default"]
    assert 0 < client.pttl(keys[0]) <= 172_800_000
    client.close()
    store.close()


def test_environments_and_accounts_share_nothing(redis_server: RedisServer) -> None:
    stores = [
        RedisStore(redis_server.url, environment=environment, ip=ip, timeout=2.0)
        for environment, ip in (("production", "a"), ("production", "b"), ("testnet", "a"))
    ]
    assert [grant(store, ask(want=1_000)) for store in stores] == [1_000] * 3
    assert len(stores[0].inspect()) == 3
    for store in stores:
        store.close()


def test_a_time_to_forget_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="forget_after"):
        RedisStore("redis://127.0.0.1", forget_after=0)


def test_an_address_that_is_none_is_refused_without_quoting_it() -> None:
    with pytest.raises(UsageError) as caught:
        RedisStore("http://:CanaryOfStore9999@host")
    assert "CanaryOfStore9999" not in str(caught.value)


def test_a_password_is_in_no_error(own_server: RedisServer) -> None:
    url = own_server.url.replace("redis://", "redis://user:CanaryOfStore9999@")
    store = RedisStore(url, timeout=2.0)
    with pytest.raises(StoreUnavailable) as caught:
        tell(store, ask())
    assert "CanaryOfStore9999" not in f"{caught.value} {store!r}"
    store.close()


def test_what_a_server_will_never_do_is_told_by_its_name_and_without_the_password(own_server: RedisServer) -> None:
    import redis

    admin = redis.Redis.from_url(own_server.url)
    rights = {"scripts": ["+@all", "-@scripting"], "reader": ["+@read", "+@scripting", "+@connection"]}
    for user, categories in rights.items():
        admin.acl_setuser(user, enabled=True, passwords=["+CanaryOfStore9999"], categories=categories, keys=["*"])
    admin.acl_setuser("other", enabled=True, passwords=["+CanaryOfStore9999"], categories=["+@all"], keys=["other*"])
    host = own_server.url.removeprefix("redis://").partition("/")[0]
    cases = {f"{user}:CanaryOfStore9999@{host}/0": "may not run scripts or write" for user in (*rights, "other")}
    cases |= {
        f"other:CanaryOfStore8888@{host}/0": "refuses the user or the password",
        f"{host}/999": "no such database",
    }
    for address, reason in cases.items():
        store = RedisStore(f"redis://{address}", timeout=2.0)
        with pytest.raises(StoreUnavailable, match=reason) as caught:
            tell(store, ask())
        assert caught.value.hopeless
        assert str(caught.value).startswith(f"redis://{host}/")
        assert "Canary" not in str(caught.value)
        store.close()
    admin.replicaof("127.0.0.1", 1)
    store = RedisStore(own_server.url, timeout=2.0)
    with pytest.raises(StoreUnavailable, match="read-only replica") as caught:
        tell(store, ask())
    assert not caught.value.hopeless, "it may become the primary"
    store.close()
    admin.close()
