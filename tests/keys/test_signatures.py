"""Signatures made here are accepted by implementations that did not make them."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from binance_wsapi.errors import UsageError
from binance_wsapi.keys import AsyncSigner, Ed25519Key, HmacKey, RsaKey, Signer
from tests.keys import arithmetic, material

PAYLOADS = [
    b"apiKey=abc&symbol=BTCUSDT&timestamp=1645423376532",
    "symbol=这是测试币456&timestamp=1645423376532".encode(),
    b"",
    b"x" * 100_000,
]

Verifier = Callable[[bytes, bytes, bytes], bool]
"""(public key PEM, message, signature) -> is it good?"""

OPENSSL = shutil.which("openssl")


def with_cryptography(pem: bytes, message: bytes, signature: bytes) -> bool:
    public = load_pem_public_key(pem)
    try:
        if isinstance(public, Ed25519PublicKey):
            public.verify(signature, message)
        else:
            assert isinstance(public, RSAPublicKey)
            public.verify(signature, message, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def with_arithmetic(pem: bytes, message: bytes, signature: bytes) -> bool:
    public = load_pem_public_key(pem)
    if isinstance(public, Ed25519PublicKey):
        return arithmetic.ed25519_verifies(public.public_bytes_raw(), message, signature)
    assert isinstance(public, RSAPublicKey)
    numbers = public.public_numbers()
    return arithmetic.rsa_pkcs1v15_sha256_verifies(numbers.n, numbers.e, message, signature)


def openssl(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    assert OPENSSL is not None
    return subprocess.run([OPENSSL, *map(str, arguments)], capture_output=True, check=False)


@pytest.fixture
def with_openssl(tmp_path: Path) -> Verifier:
    def verify(pem: bytes, message: bytes, signature: bytes) -> bool:
        public, text, sig = tmp_path / "public.pem", tmp_path / "message", tmp_path / "signature"
        public.write_bytes(pem)
        text.write_bytes(message)
        sig.write_bytes(signature)
        if isinstance(load_pem_public_key(pem), RSAPublicKey):
            return openssl("dgst", "-sha256", "-verify", public, "-signature", sig, text).returncode == 0
        return (
            openssl("pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", text, "-sigfile", sig).returncode
            == 0
        )

    return verify


# Without the program the same tests still run, on arithmetic, and their names say that openssl had no part in it.
THIRD = "openssl" if OPENSSL else "openssl-is-missing-here"


@pytest.fixture(params=["cryptography", "arithmetic", THIRD])
def verifies(request: pytest.FixtureRequest, with_openssl: Verifier) -> Verifier:
    verifiers: dict[str, Verifier] = {"cryptography": with_cryptography, "openssl": with_openssl}
    return verifiers.get(request.param, with_arithmetic)


def ed25519() -> Ed25519Key:
    return Ed25519Key(material.API_KEY, material.ed25519_key())


def rsa() -> RsaKey:
    return RsaKey(material.API_KEY, material.rsa_key())


@pytest.mark.parametrize("make", [ed25519, rsa])
@pytest.mark.parametrize("payload", PAYLOADS, ids=["ascii", "non-ascii", "empty", "long"])
def test_a_signature_verifies_with_the_registered_public_key(
    make: Callable[[], Ed25519Key | RsaKey], payload: bytes, verifies: Verifier
) -> None:
    if not payload and verifies.__qualname__.startswith("with_openssl"):
        payload = b"\n"  # openssl pkeyutl cannot read an empty file
    key = make()
    signature = base64.b64decode(key.sign(payload), validate=True)
    assert verifies(key.public_pem(), payload, signature)
    assert not verifies(key.public_pem(), payload + b"0", signature)
    assert not verifies(key.public_pem(), payload, signature[:-1] + bytes((signature[-1] ^ 1,)))


def test_hmac_equals_openssl_or_the_definition(tmp_path: Path) -> None:
    """RFC 2104 written out; and the command the documentation gives, where there is an openssl to run it."""
    import hashlib

    secret, payload = b"NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j", PAYLOADS[1]
    signature = HmacKey(material.API_KEY, secret).sign(payload)
    block = secret.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in block) + payload).digest()
    assert signature == hashlib.sha256(bytes(b ^ 0x5C for b in block) + inner).hexdigest()
    if OPENSSL:
        message = tmp_path / "message"
        message.write_bytes(payload)
        answer = openssl("dgst", "-hex", "-sha256", "-hmac", secret.decode(), message).stdout.decode()
        assert signature == answer.split()[-1]


@pytest.mark.parametrize("length", [1, 63, 64, 65, 200])
def test_hmac_takes_secrets_shorter_and_longer_than_a_block(length: int) -> None:
    import hmac

    secret = "k" * length
    assert HmacKey(material.API_KEY, secret).sign(b"p") == hmac.digest(secret.encode(), b"p", "sha256").hex()


def test_signatures_have_the_documented_form() -> None:
    """Hexadecimal for HMAC; base64 of 64 bytes for Ed25519 and of the modulus' length for RSA."""
    mac = HmacKey(material.API_KEY, "secret").sign(b"p")
    assert len(mac) == 64
    assert set(mac) <= set("0123456789abcdef")
    for key, size in ((ed25519(), 64), (rsa(), 256)):
        signature = key.sign(b"p")
        assert len(base64.b64decode(signature, validate=True)) == size
        assert "\n" not in signature


def test_every_key_is_a_signer_and_only_ed25519_can_log_on() -> None:
    hmac_key = HmacKey(material.API_KEY, "secret")
    for key in (ed25519(), rsa(), hmac_key):
        assert isinstance(key, Signer)
        assert not isinstance(key, AsyncSigner)
        assert key.api_key == material.API_KEY
        assert key.can_log_on is (key.kind == "Ed25519")


async def test_a_remote_key_of_ones_own_is_an_async_signer() -> None:
    class KeyService:
        api_key = "remote"
        can_log_on = True

        async def sign_async(self, payload: bytes) -> str:
            return ed25519().sign(payload)

    service = KeyService()
    assert isinstance(service, AsyncSigner)
    assert not isinstance(service, Signer)
    assert await service.sign_async(b"p") == ed25519().sign(b"p")


def test_an_api_key_cannot_be_exchanged_under_a_running_session() -> None:
    with pytest.raises(AttributeError):
        ed25519().api_key = "other"  # type: ignore[misc]


@pytest.mark.parametrize("bits", [1024, 1536])
def test_rsa_below_2048_bits_is_refused(bits: int) -> None:
    with pytest.raises(UsageError, match=f"has {bits} bits; the venue takes 2048 to 4096"):
        RsaKey(material.API_KEY, material.rsa_key(bits))


def test_rsa_above_4096_bits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is lowered rather than minutes spent on a key of 8192 bits."""
    import binance_wsapi.keys.rsa as module

    assert module.MAX_BITS == 4096
    monkeypatch.setattr(module, "MIN_BITS", 1024)
    monkeypatch.setattr(module, "MAX_BITS", 2047)
    with pytest.raises(UsageError, match="has 2048 bits; the venue takes 1024 to 2047"):
        rsa()


@pytest.mark.parametrize("bits", [0, 512, 2047, 8192])
def test_rsa_keys_are_generated_in_three_sizes_only(bits: int) -> None:
    with pytest.raises(UsageError, match="2048, 3072 or 4096"):
        RsaKey.generate(bits=bits)


def test_generated_keys_are_new_each_time() -> None:
    assert Ed25519Key.generate().public_pem() != Ed25519Key.generate().public_pem()
    assert RsaKey.generate("key", bits=2048).api_key == "key"


@pytest.mark.parametrize("key_class", [Ed25519Key, RsaKey])
def test_a_key_of_another_kind_is_refused_by_the_constructor(key_class: type[Ed25519Key | RsaKey]) -> None:
    for word, other in material.other_keys().items():
        with pytest.raises(UsageError) as caught:
            key_class(material.API_KEY, other)  # type: ignore[arg-type]
        assert word in str(caught.value)
    with pytest.raises(UsageError, match="this is a str, and no key"):
        key_class(material.API_KEY, "-----BEGIN")  # type: ignore[arg-type]


def test_the_remedy_names_the_class_for_the_key() -> None:
    with pytest.raises(UsageError, match="use RsaKey"):
        Ed25519Key(material.API_KEY, material.rsa_key())  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="use Ed25519Key"):
        RsaKey(material.API_KEY, material.ed25519_key())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "api_key",
    [
        "",
        " ",
        "abc def",
        " abc",
        "abc\n",
        "abc\r\n",
        "a\tb",
        "ключ",
        "abc\u00a0",
        "a\u200bb",
        "a&b",
        "a=b",
        "a\0",
        "\ufeffa",
    ],
)
def test_an_api_key_that_no_venue_gives_is_refused(api_key: str) -> None:
    with pytest.raises(UsageError, match="API key"):
        HmacKey(api_key, "secret")


@pytest.mark.parametrize("api_key", [None, b"abc", 7])
def test_an_api_key_that_is_no_text_is_refused(api_key: object) -> None:
    with pytest.raises(UsageError, match=f"not {type(api_key).__name__}"):
        HmacKey(api_key, "secret")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("", "empty"),
        (b"", "empty"),
        ("two words", "white space"),
        ("abc\n", "white space"),
        ("ключ", "visible ASCII"),
        ("abc\ud800", "visible ASCII"),
        (7, "not int"),
        (None, "not NoneType"),
        (material.API_KEY, "the same text"),
        ("-----BEGIN PRIVATE KEY-----", "use Ed25519Key or RsaKey"),
    ],
)
def test_a_secret_that_cannot_be_one_is_refused(secret: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        HmacKey(material.API_KEY, secret)
