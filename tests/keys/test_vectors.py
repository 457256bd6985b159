"""The signatures the venue's own documentation shows, reproduced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from binance_wsapi.keys import Ed25519Key, HmacKey, signing_payload, wire_params
from tests.keys.arithmetic import ed25519_verifies

DOCUMENTED: dict[str, Any] = json.loads(Path(__file__).with_name("documented_hmac.json").read_text("utf-8"))
EXAMPLES: list[dict[str, Any]] = DOCUMENTED["examples"]

# FIX API, "Logon request": private key, fields and signature are published there.
FIX_KEY = b"""-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIIJEYWtGBrhACmb9Dvy+qa8WEf0lQOl1s4CLIAB9m89u
-----END PRIVATE KEY-----
"""
FIX_PAYLOAD = b"\x01".join((b"A", b"EXAMPLE", b"SPOT", b"1", b"20240627-11:17:25.223"))
FIX_SIGNATURE = "4MHXelVVcpkdwuLbl6n73HQUXUf1dse2PCgT1DYqW9w8AVZ1RACFGM+5UdlGPrQHrgtS3CvsRURC1oj73j8gCA=="


def test_the_documentation_has_seventeen_examples_that_its_published_secret_reproduces() -> None:
    assert len(EXAMPLES) == 17


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{e['method']}-{e['params']['timestamp']}" for e in EXAMPLES])
def test_a_documented_request_gets_the_documented_signature(example: dict[str, Any]) -> None:
    key = HmacKey(DOCUMENTED["api_key"], DOCUMENTED["secret"])
    assert example["params"]["apiKey"] == key.api_key
    assert key.sign(signing_payload(wire_params(example["params"]))) == example["signature"]


def test_the_documented_payloads_are_built_letter_by_letter() -> None:
    """SIGNED request example (HMAC), step 1: the ASCII payload, and the one with a non-ASCII symbol."""
    ascii_only, non_ascii = (
        signing_payload(wire_params(example["params"]))
        for example in EXAMPLES
        if example["section"].startswith("SIGNED request example (HMAC)")
    )
    api_key = DOCUMENTED["api_key"]
    assert ascii_only.decode() == (
        f"apiKey={api_key}&price=52000.00&quantity=0.01000000&recvWindow=100&side=SELL&symbol=BTCUSDT"
        "&timeInForce=GTC&timestamp=1645423376532&type=LIMIT"
    )
    assert non_ascii.decode() == (
        f"apiKey={api_key}&price=0.10000000&quantity=1.00000000&recvWindow=5000&side=BUY&symbol=１２３４５６"
        "&timeInForce=GTC&timestamp=1645423376532&type=LIMIT"
    )


def test_one_hmac_key_signs_many_payloads_independently() -> None:
    """The keyed state is copied for each signature, never advanced."""
    key = HmacKey(DOCUMENTED["api_key"], DOCUMENTED["secret"])
    first = key.sign(b"a=1")
    assert key.sign(b"a=2") != first
    assert key.sign(b"a=1") == first


def test_ed25519_reproduces_the_published_fix_logon() -> None:
    key = Ed25519Key.from_pem(FIX_KEY, "EXAMPLE")
    assert key.sign(FIX_PAYLOAD) == FIX_SIGNATURE


def test_the_arithmetic_used_as_a_second_opinion_knows_right_from_wrong() -> None:
    """RFC 8032, section 7.1, test 2; and the same with one bit changed."""
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert ed25519_verifies(public, b"\x72", signature)
    assert not ed25519_verifies(public, b"\x73", signature)
