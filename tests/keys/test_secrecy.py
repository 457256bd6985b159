"""Planted secrets are looked for wherever a key could be seen by accident, and must not be found."""

from __future__ import annotations

import base64
import copy
import dataclasses
import gc
import json
import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import PrivateFormat

from binance_wsapi.errors import UsageError
from binance_wsapi.keys import Ed25519Key, HmacKey, RsaKey, Secret, load_from_env
from binance_wsapi.keys.base import Key, mask_api_key
from binance_wsapi.keys.secret import Concealed
from tests.keys import material
from tests.keys.material import API_KEY, pem

CANARY = "CANARYhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5f"
PHRASE = "canary-phrase-4242"
ED_PEM = pem(material.ed25519_key())
RSA_PEM = pem(material.rsa_key())
LOCKED = pem(material.rsa_key(), PHRASE.encode())
LOCKED_OLD = pem(material.rsa_key(), PHRASE.encode(), PrivateFormat.TraditionalOpenSSL)
SEED = material.ed25519_key().private_bytes_raw()


def secrets() -> Iterator[str]:
    """Every form in which a planted secret could turn up."""
    yield from (CANARY, CANARY.encode().hex(), base64.b64encode(CANARY.encode()).decode(), PHRASE)
    yield from (SEED.hex(), base64.b64encode(SEED).decode(), repr(SEED)[2:-1])
    for text in (ED_PEM, RSA_PEM, LOCKED, LOCKED_OLD):
        yield from (line for line in text.decode().splitlines() if len(line) > 20 and "-" not in line)


SECRETS = tuple(secrets())


def assert_silent(text: str) -> None:
    for secret in SECRETS:
        assert secret not in text
        assert secret[:24] not in text


def keys() -> list[Key]:
    return [
        Ed25519Key.from_pem(ED_PEM, API_KEY),
        RsaKey.from_pem(LOCKED, API_KEY, PHRASE),
        HmacKey(API_KEY, CANARY),
        HmacKey(API_KEY, Secret(CANARY)),
    ]


def holders() -> list[Concealed]:
    return [Secret(CANARY), Secret(ED_PEM), Secret(CANARY.encode()), *keys()]


# --------------------------------------------------------------------------- printing


def test_the_search_finds_what_it_looks_for() -> None:
    for planted in (CANARY, PHRASE, ED_PEM.decode(), repr(RSA_PEM), repr(LOCKED_OLD), repr(SEED)):
        with pytest.raises(AssertionError):
            assert_silent(f"x{planted}x")


@pytest.mark.parametrize(
    "show", [repr, str, format, "{}".format, "{!r:>100}".format, "%s".__mod__, "%r".__mod__, ascii]
)
def test_printing_a_holder_shows_nothing(show: Callable[[object], str]) -> None:
    for holder in holders():
        text = show(holder)
        assert type(holder).__name__ in text
        assert_silent(text)


@pytest.mark.parametrize("spec", ["", ">80", "s", ".2f", "x"])
def test_a_format_specification_changes_nothing(spec: str) -> None:
    for holder in holders():
        assert format(holder, spec) == repr(holder)


def test_a_key_prints_its_kind_and_the_ends_of_its_api_key() -> None:
    assert [repr(key) for key in keys()[:3]] == [
        "Ed25519Key(vmPU...Eh8A)",
        "RsaKey(vmPU...Eh8A)",
        "HmacKey(vmPU...Eh8A)",
    ]
    assert repr(Secret("x")) == "Secret(****)"


@pytest.mark.parametrize(
    ("api_key", "shown"), [("a", "****"), ("a" * 15, "****"), ("abcd" + "x" * 8 + "wxyz", "abcd...wxyz")]
)
def test_a_short_api_key_is_masked_whole(api_key: str, shown: str) -> None:
    assert mask_api_key(api_key) == shown


def test_printing_a_container_shows_nothing() -> None:
    @dataclasses.dataclass
    class Settings:
        key: Concealed

    for holder in holders():
        assert_silent(repr([holder]) + repr({"key": holder}) + repr(Settings(holder)) + repr((holder,)))


def test_logging_shows_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for holder in holders():
            logging.getLogger("desk").warning("using %s and %r", holder, holder)
    assert len(caplog.records) == len(holders())
    assert_silent(caplog.text)


# --------------------------------------------------------------------------- taking apart


def test_a_holder_has_no_dictionary_to_dump() -> None:
    for holder in holders():
        with pytest.raises(TypeError):
            vars(holder)
        assert not hasattr(holder, "__dict__")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_holder_is_not_pickled(protocol: int) -> None:
    for holder in holders():
        with pytest.raises(TypeError, match="holds a secret and is neither copied nor serialised"):
            pickle.dumps(holder, protocol)


@pytest.mark.parametrize(
    "way",
    [
        copy.copy,
        copy.deepcopy,
        lambda holder: copy.deepcopy({"key": [holder]}),
        lambda holder: holder.__reduce__(),
        lambda holder: holder.__reduce_ex__(4),
        lambda holder: holder.__getstate__(),
    ],
)
def test_a_holder_is_neither_copied_nor_reduced(way: Callable[[Any], object]) -> None:
    for holder in holders():
        with pytest.raises(TypeError, match="neither copied nor serialised"):
            way(holder)


def test_asdict_does_not_copy_a_holder_out_of_a_dataclass() -> None:
    @dataclasses.dataclass
    class Settings:
        key: Concealed

    for holder in holders():
        with pytest.raises(TypeError):
            dataclasses.asdict(Settings(holder))


@pytest.mark.parametrize(
    "encode", [json.dumps, msgspec.json.encode, msgspec.to_builtins, bytes, list, dict, iter, len, hash]
)
def test_no_encoder_and_no_conversion_takes_a_secret(encode: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError) as caught:
        encode(Secret(CANARY))
    assert_silent(str(caught.value))


@pytest.mark.parametrize("encode", [json.dumps, msgspec.json.encode, msgspec.to_builtins, bytes, list, dict, iter, len])
def test_no_encoder_and_no_conversion_takes_a_key(encode: Callable[[Any], object]) -> None:
    for key in keys():
        with pytest.raises(TypeError) as caught:
            encode(key)
        assert_silent(str(caught.value))


def test_an_encoder_that_falls_back_to_str_shows_nothing() -> None:
    for holder in holders():
        assert_silent(json.dumps({"key": holder}, default=str))


def test_no_object_of_the_library_shows_a_secret(all_objects: None) -> None:
    held = holders()
    gc.collect()
    seen = 0
    for thing in gc.get_objects():
        if str(type(thing).__module__).startswith("binance_wsapi."):
            seen += 1
            assert_silent(repr(thing))
    assert seen >= len([holder for holder in held if gc.is_tracked(holder)]) > 0


# --------------------------------------------------------------------------- Secret


def test_a_secret_reveals_what_it_was_given() -> None:
    assert Secret("schlüssel").reveal() == "schlüssel".encode()
    for value in (b"abc", bytearray(b"abc"), memoryview(b"abc")):
        assert Secret(value).reveal() == b"abc"


def test_a_secret_does_not_follow_the_buffer_it_was_made_from() -> None:
    buffer = bytearray(b"abc")
    secret = Secret(buffer)
    buffer[:] = b"xyz"
    assert secret.reveal() == b"abc"


def test_secrets_are_equal_by_content_and_to_nothing_else() -> None:
    assert Secret("a") == Secret(b"a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != Secret("aa")
    assert Secret("a") != "a"
    assert Secret("a") != b"a"


def test_equality_is_left_to_the_constant_time_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    import hmac

    asked: list[bytes] = []

    def compare(one: bytearray, other: bytearray) -> bool:
        asked.append(bytes(one))
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", compare)
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert asked == [b"a", b"a"]


def test_wiping_overwrites_the_bytes_and_ends_the_secret() -> None:
    secret = Secret(CANARY)
    buffer = secret._buffer
    secret.wipe()
    assert bytes(buffer) == bytes(len(CANARY))
    with pytest.raises(UsageError, match="was wiped"):
        secret.reveal()
    secret.wipe()
    assert secret == secret
    assert secret != Secret("x")
    other = Secret("y")
    other.wipe()
    assert secret != other


@pytest.mark.parametrize("value", ["", b"", bytearray()])
def test_an_empty_secret_is_refused(value: str) -> None:
    with pytest.raises(UsageError, match="empty"):
        Secret(value)


# --------------------------------------------------------------------------- errors


def write(path: Path, data: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(data)
    path.chmod(mode)
    return path


def damaged(text: bytes) -> bytes:
    lines = text.splitlines(keepends=True)
    lines[1] = lines[1][::-1].lstrip()[:40] + b"\n"
    return b"".join(lines)


Misuse = Callable[[Path], object]

MISUSES: dict[str, Misuse] = {
    "pem as str": lambda d: Ed25519Key.from_pem(ED_PEM.decode(), API_KEY),  # type: ignore[arg-type]
    "pem as path": lambda d: Ed25519Key.from_file(ED_PEM.decode(), API_KEY),
    "pem bytes as path": lambda d: Ed25519Key.from_file(ED_PEM, API_KEY),  # type: ignore[arg-type]
    "secret as path": lambda d: HmacKey.from_file(CANARY, API_KEY),
    "secret as Path": lambda d: RsaKey.from_file(Path(CANARY), API_KEY),
    "secret as pem": lambda d: Ed25519Key.from_pem(CANARY.encode(), API_KEY),
    "pem as api key": lambda d: Ed25519Key.from_pem(ED_PEM, ED_PEM.decode()),
    "secret with space as api key": lambda d: HmacKey(CANARY + " ", CANARY),
    "secret is the api key": lambda d: HmacKey(CANARY, CANARY),
    "secret with a line break": lambda d: HmacKey(API_KEY, CANARY + "\n"),
    "secret with a surrogate": lambda d: HmacKey(API_KEY, CANARY + "\ud800"),
    "secret in a list": lambda d: HmacKey(API_KEY, [CANARY]),  # type: ignore[arg-type]
    "pem as secret": lambda d: HmacKey(API_KEY, ED_PEM),
    "damaged": lambda d: Ed25519Key.from_pem(damaged(ED_PEM), API_KEY),
    "damaged rsa": lambda d: RsaKey.from_pem(damaged(RSA_PEM), API_KEY),
    "damaged and encrypted": lambda d: RsaKey.from_pem(damaged(LOCKED), API_KEY, PHRASE),
    "cut off": lambda d: Ed25519Key.from_pem(ED_PEM[:80], API_KEY),
    "utf-16": lambda d: Ed25519Key.from_pem(ED_PEM.decode().encode("utf-16"), API_KEY),
    "two keys": lambda d: Ed25519Key.from_pem(ED_PEM + RSA_PEM, API_KEY),
    "pss": lambda d: RsaKey.from_pem(material.rsa_pss_pem(), API_KEY),
    "wrong class": lambda d: Ed25519Key.from_pem(RSA_PEM, API_KEY),
    "wrong class, other way": lambda d: RsaKey.from_pem(ED_PEM, API_KEY),
    "wrong kind": lambda d: RsaKey.from_pem(pem(material.other_keys()["Ed448"]), API_KEY),
    "no passphrase": lambda d: RsaKey.from_pem(LOCKED, API_KEY),
    "wrong passphrase": lambda d: RsaKey.from_pem(LOCKED, API_KEY, PHRASE + "x"),
    "wrong passphrase, old format": lambda d: RsaKey.from_pem(LOCKED_OLD, API_KEY, PHRASE + "x"),
    "wrong passphrase from a callable": lambda d: RsaKey.from_pem(LOCKED, API_KEY, lambda: PHRASE + "x"),
    "needless passphrase": lambda d: RsaKey.from_pem(RSA_PEM, API_KEY, PHRASE),
    "long passphrase": lambda d: RsaKey.from_pem(LOCKED, API_KEY, PHRASE * 100),
    "passphrase in a list": lambda d: RsaKey.from_pem(LOCKED, API_KEY, [PHRASE]),  # type: ignore[arg-type]
    "open file": lambda d: Ed25519Key.from_file(write(d / "a.pem", ED_PEM, 0o644), API_KEY),
    "damaged file": lambda d: RsaKey.from_file(write(d / "a.pem", damaged(RSA_PEM)), API_KEY),
    "locked file": lambda d: RsaKey.from_file(write(d / "a.pem", LOCKED), API_KEY, PHRASE + "x"),
    "file of two secrets": lambda d: HmacKey.from_file(write(d / "a.txt", (CANARY + "\n" + PHRASE).encode()), API_KEY),
    "raw key": lambda d: Ed25519Key(API_KEY, SEED),  # type: ignore[arg-type]
    "raw rsa key": lambda d: RsaKey(API_KEY, RSA_PEM),  # type: ignore[arg-type]
    "save over a file": lambda d: keys()[0].save(write(d / "a.pem", b"x"), passphrase=PHRASE),  # type: ignore[attr-defined]
    "save with a long passphrase": lambda d: keys()[0].save(d / "b.pem", passphrase=PHRASE * 100),  # type: ignore[attr-defined]
    "env, two sources": lambda d: load_from_env(
        environ={"BINANCE_API_KEY": API_KEY, "BINANCE_API_SECRET": CANARY, "BINANCE_PRIVATE_KEY_PEM": ED_PEM.decode()}
    ),
    "env, secret as pem": lambda d: load_from_env(
        environ={"BINANCE_API_KEY": API_KEY, "BINANCE_PRIVATE_KEY_PEM": CANARY}
    ),
    "env, secret as file": lambda d: HmacKey.from_env(
        environ={"BINANCE_API_KEY": API_KEY, "BINANCE_API_SECRET_FILE": CANARY}
    ),
    "env, pem as secret": lambda d: HmacKey.from_env(
        environ={"BINANCE_API_KEY": API_KEY, "BINANCE_API_SECRET": ED_PEM.decode()}
    ),
    "env, wrong passphrase": lambda d: RsaKey.from_env(
        environ={
            "BINANCE_API_KEY": API_KEY,
            "BINANCE_PRIVATE_KEY_PEM": LOCKED.decode(),
            "BINANCE_PRIVATE_KEY_PASSPHRASE": PHRASE + "x",
        }
    ),
    "env, no api key": lambda d: load_from_env(environ={"BINANCE_API_SECRET": CANARY}),
    "prefix that is a secret": lambda d: load_from_env(CANARY + "\n"),
}


def library_locals(trace: TracebackType | None) -> Iterator[str]:
    """What a crash reporter that prints local variables would add from the frames of the library."""
    for frame, _ in traceback.walk_tb(trace):
        if "binance_wsapi" in frame.f_code.co_filename and "tests" not in frame.f_code.co_filename:
            yield from (f"{name}={value!r}" for name, value in frame.f_locals.items())


@pytest.mark.parametrize("misuse", MISUSES.values(), ids=MISUSES)
def test_no_error_shows_a_secret(misuse: Misuse, tmp_path: Path) -> None:
    """Neither its text nor its chain of causes nor the local variables of the frames it came through."""
    with pytest.raises(UsageError) as caught:
        misuse(tmp_path)
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    assert_silent(str(error))
    assert_silent(repr(error))
    assert_silent(repr(error.args) + repr(vars(error)))
    # Text only: the source lines of a traceback show names, never values.
    assert_silent("".join(traceback.format_exception(error)))
    assert_silent("\n".join(library_locals(error.__traceback__)))


def test_a_failing_passphrase_callable_shows_no_key_on_its_way_out() -> None:
    def ask() -> str:
        raise LookupError("vault is sealed")

    with pytest.raises(LookupError) as caught:
        RsaKey.from_pem(LOCKED, API_KEY, ask)
    assert_silent("\n".join(library_locals(caught.value.__traceback__)))
    assert any("reveal_passphrase" in line.name for line in traceback.extract_tb(caught.value.__traceback__))


@pytest.mark.parametrize("payload", [None, "text", 7])
def test_signing_something_else_than_bytes_shows_no_key(payload: Any) -> None:
    for key in keys():
        with pytest.raises(TypeError) as caught:
            key.sign(payload)  # type: ignore[attr-defined]
        assert_silent(str(caught.value) + "\n".join(library_locals(caught.value.__traceback__)))
