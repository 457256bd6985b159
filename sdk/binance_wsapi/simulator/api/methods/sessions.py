"""Authentication requests and user data stream requests: who is logged on, and who hears what."""

from __future__ import annotations

from typing import Any

from binance_wsapi.simulator.access.params import integer, text
from binance_wsapi.simulator.access.refusal import bad, unauthorized
from binance_wsapi.simulator.api.calls import Call, Method, Security

__all__ = ["METHODS"]


def logon(call: Call) -> dict[str, Any]:
    key = call.venue.keys.find(call.sent["apiKey"])
    if key.kind != "ed25519":
        # "Only Ed25519 keys are supported for this feature"; which error says so is not documented.
        raise bad(-4056, "HMAC_SHA256 and RSA API keys are not supported for session.logon.")
    call.session.log_on(key)
    return call.session.status()


def status(call: Call) -> dict[str, Any]:
    return call.session.status()


def logout(call: Call) -> dict[str, Any]:
    call.session.log_out()
    return call.session.status()


def subscribe(call: Call) -> dict[str, Any]:
    session = call.session
    if session.key is None or Security.USER_STREAM not in session.key.permissions:
        raise unauthorized()
    number = session.subscribe(call.venue.account(session.key.account), session.key, by_logon=True)
    return {"subscriptionId": number}


def subscribe_signature(call: Call) -> dict[str, Any]:
    key = call.venue.keys.find(call.sent["apiKey"])
    if Security.USER_STREAM not in key.permissions:
        raise unauthorized()
    return {"subscriptionId": call.session.subscribe(call.account, key, by_logon=False)}


def subscribe_listen_token(call: Call) -> dict[str, Any]:
    """The sample has microseconds, on a connection that asked for no unit; the REST answer has milliseconds."""
    token = call.venue.tokens.find(call.get("listenToken"), call.venue.clock.now_us())
    account = call.venue.account(token.account)
    number = call.session.subscribe_until(account, token.expires_us, call.venue.later)
    return {"subscriptionId": number, "expirationTime": token.expires_us}


def unsubscribe(call: Call) -> dict[str, Any]:
    session = call.session
    number = call.get("subscriptionId")
    if number is None:
        for each in list(session.subscriptions):
            session.end_subscription(each)
    elif number in session.subscriptions:
        session.end_subscription(number)
    else:
        raise bad(-2036, "User Data Stream subscription not active.")
    return {}


def subscriptions(call: Call) -> list[dict[str, Any]]:
    """One by a listen token says when it ends: the field is in the SBE schemas (WebSocketSessionSubscriptionsResponse)."""
    return [
        {"subscriptionId": number, **({"expirationTime": each.expires_us} if each.expires_us else {})}
        for number, each in call.session.subscriptions.items()
    ]


METHODS = (
    Method("session.logon", logon, (), Security.SIGNED, weight=2),
    Method("session.status", status, weight=2),
    Method("session.logout", logout, weight=2),
    Method("userDataStream.subscribe", subscribe, weight=2),
    Method("userDataStream.subscribe.signature", subscribe_signature, (), Security.SIGNED, weight=2),
    Method(
        "userDataStream.subscribe.listenToken", subscribe_listen_token, (text("listenToken", required=True),), weight=2
    ),
    Method("userDataStream.unsubscribe", unsubscribe, (integer("subscriptionId"),), weight=2),
    Method("session.subscriptions", subscriptions, weight=2),
)
