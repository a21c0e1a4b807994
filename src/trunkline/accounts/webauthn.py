"""Passkeys as the browser speaks of them (W3C Web Authentication, level 3), checked by the `fido2` library.

Sans-IO: what a browser must be asked, and whether what it answered is genuine. Who asks when stands in `passkeys.py`.
"""

import ipaddress
import struct
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from msgspec import DecodeError, Struct
from msgspec.json import Decoder

from trunkline.core import json
from trunkline.core.errors import InvalidRequest

T = TypeVar("T")

ANSWER_BYTES_MAX = 8_192
"""A registration with the largest attestation that is seen in the field is half of it."""
_answers: Decoder[dict[str, object]] = Decoder(dict[str, object])
_REQUIRED = UserVerificationRequirement.REQUIRED
_DAMAGED = (ValueError, KeyError, TypeError, IndexError, AssertionError, AttributeError, struct.error)
"""What the library raises for answers that are none, and for those that are not genuine."""


class NewCredential(Struct, frozen=True):
    """What an authenticator made."""

    credential_id: bytes
    credential: bytes
    sign_count: int


class Presented(Struct, frozen=True):
    """An answer to the question who is there, not yet checked."""

    credential_id: bytes
    challenge: bytes
    response: AuthenticationResponse


class WebAuthn:
    """The ceremonies of one address. Only made for addresses that browsers allow it for (`is_possible`)."""

    __slots__ = ("_origin", "_server")

    def __init__(self, public_url: str, site_name: str) -> None:
        parts = urlsplit(public_url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        entity = PublicKeyCredentialRpEntity(id=parts.hostname or "", name=site_name)
        self._server = Fido2Server(entity, verify_origin=self._is_own)

    def ask_new(self, challenge: bytes, account_id: str, name: str, others: list[bytes]) -> bytes:
        """JSON for `navigator.credentials.create`. `others`: credentials that the account has already."""
        user = PublicKeyCredentialUserEntity(id=account_id.encode(), name=name, display_name=name)
        options, _ = self._server.register_begin(
            user,
            [AttestedCredentialData(data) for data in others],
            resident_key_requirement=ResidentKeyRequirement.REQUIRED,
            user_verification=_REQUIRED,
            challenge=challenge,
        )
        return json.encode(dict(options.public_key))

    def ask_who(self, challenge: bytes) -> bytes:
        """JSON for `navigator.credentials.get`: the authenticator offers what it knows of this site."""
        options, _ = self._server.authenticate_begin(user_verification=_REQUIRED, challenge=challenge)
        return json.encode(dict(options.public_key))

    def read_new(self, answer: str) -> tuple[bytes, RegistrationResponse]:
        """The challenge that an answer to `ask_new` was made for, and the answer. Raises InvalidRequest."""
        response = _trying(lambda: RegistrationResponse.from_dict(_members(answer)))
        return response.response.client_data.challenge, response

    def check_new(self, challenge: bytes, response: RegistrationResponse) -> NewCredential:
        """What was made. Raises InvalidRequest when the answer is not genuine."""
        made = _trying(lambda: self._server.register_complete(_state(challenge), response))
        if made.credential_data is None:
            raise _refusal()
        return NewCredential(made.credential_data.credential_id, bytes(made.credential_data), made.counter)

    def read_who(self, answer: str) -> Presented:
        """An answer to `ask_who`, unchecked. Raises InvalidRequest."""
        response = _trying(lambda: AuthenticationResponse.from_dict(_members(answer)))
        return Presented(response.raw_id, response.response.client_data.challenge, response)

    def check_who(self, presented: Presented, credential: bytes) -> int:
        """What the authenticator counted. Raises InvalidRequest when the answer was not signed by that credential."""
        known = _trying(lambda: AttestedCredentialData(credential))
        _trying(lambda: self._server.authenticate_complete(_state(presented.challenge), [known], presented.response))
        return presented.response.response.authenticator_data.counter

    def _is_own(self, origin: str) -> bool:
        return origin == self._origin


def is_possible(public_url: str) -> bool:
    """Browsers want a name, not a number, and https anywhere but on the machine itself."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return parts.scheme == "https" or host == "localhost" or host.endswith(".localhost")
    return False


def _state(challenge: bytes) -> dict[str, str]:
    return {"challenge": websafe_encode(challenge), "user_verification": _REQUIRED.value}


def _members(answer: str) -> dict[str, object]:
    if len(answer) > ANSWER_BYTES_MAX:
        raise _refusal()
    try:
        return _answers.decode(answer)
    except DecodeError:
        raise _refusal() from None


def _trying(read: Callable[[], T]) -> T:
    try:
        return read()
    except _DAMAGED:
        raise _refusal() from None


def _refusal() -> InvalidRequest:
    return InvalidRequest("The passkey's answer is not genuine. Try again.", field="credential")
