"""What a session needs of a key, wherever the key lives.

`Ed25519Key`, `RsaKey` and `HmacKey` are `Signer`s. A key in a hardware module or a key service is brought in by a class
of one's own: it is never asked for the key, only for signatures.

There are two protocols because a signature is computed on the event loop. `Signer.sign` is called there directly and
must come back in microseconds to at most a millisecond: a key in memory, or a local hardware module. A signer that waits
for a network, such as a key service, implements `AsyncSigner` instead; a session awaits it while it goes on reading. An
object that is both is awaited. ``recvWindow`` runs from the timestamp, which is part of what is signed, so a slow
signature eats into it. With Ed25519 there is one signature for each logon rather than one for each request, which is
what makes a remote key practical.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

__all__ = ["AsyncSigner", "Signer"]


@runtime_checkable
class Signer(Protocol):
    """Sign without waiting.

    The methods of a class are looked at by ``isinstance``, their signatures are not; ask once, not for every request.
    """

    @property
    def api_key(self) -> str:
        """The API key, as the venue shows it."""
        ...

    @property
    def can_log_on(self) -> bool:
        """Whether ``session.logon`` takes this key: true for Ed25519 only (Session authentication)."""
        ...

    def sign(self, payload: bytes) -> str:
        """Return the signature of the payload as it goes into the request.

        Args:
            payload: what `signing_payload` returns.

        Returns:
            Hexadecimal HMAC-SHA-256, or standard base64 of an RSASSA-PKCS1-v1_5 (SHA-256) or Ed25519 signature.
        """
        ...


@runtime_checkable
class AsyncSigner(Protocol):
    """Sign where an answer has to be waited for."""

    @property
    def api_key(self) -> str:
        """The API key, as the venue shows it."""
        ...

    @property
    def can_log_on(self) -> bool:
        """Whether ``session.logon`` takes this key: true for Ed25519 only (Session authentication)."""
        ...

    async def sign_async(self, payload: bytes) -> str:
        """Return the signature of the payload, in the form `Signer.sign` describes.

        Cancelling the await must leave the signer usable: a call that runs out of time is cancelled here.
        """
        ...
