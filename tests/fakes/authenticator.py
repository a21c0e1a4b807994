"""A person's authenticator, in software: one ES256 key pair for one site (W3C Web Authentication, level 3).

authenticator = Authenticator("localhost", "http://localhost:8080")
answer = authenticator.create(question)      # of `navigator.credentials.create`, as JSON
answer = authenticator.get(question)         # of `navigator.credentials.get`
"""

import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

Json = dict[str, Any]
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    def __init__(self, site: str, origin: str) -> None:
        self.origin = origin
        self.count = 0
        self.flags = PRESENT | VERIFIED
        self._site = hashlib.sha256(site.encode()).digest()
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._id = secrets.token_bytes(32)
        self._user = ""

    def create(self, question: Json) -> str:
        """Make the credential that is asked for."""
        self._user = question["user"]["id"]
        public = ES256.from_cryptography_key(self._key.public_key())
        credential = AttestedCredentialData.create(b"\0" * 16, self._id, public)
        made = AuthenticatorData.create(self._site, self.flags | ATTESTED, self.count, credential)
        attestation = AttestationObject.create("none", made, {})
        client = self._client_data("webauthn.create", question)
        response = {"clientDataJSON": websafe_encode(client), "attestationObject": websafe_encode(bytes(attestation))}
        return self._answer(response)

    def get(self, question: Json) -> str:
        """Sign the challenge."""
        self.count += 1
        data = AuthenticatorData.create(self._site, self.flags, self.count)
        client = self._client_data("webauthn.get", question)
        signature = self._key.sign(bytes(data) + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": websafe_encode(client),
                "authenticatorData": websafe_encode(bytes(data)),
                "signature": websafe_encode(signature),
                "userHandle": self._user,
            }
        )

    def _client_data(self, kind: str, question: Json) -> bytes:
        return json.dumps({"type": kind, "challenge": question["challenge"], "origin": self.origin}).encode()

    def _answer(self, response: Json) -> str:
        encoded = websafe_encode(self._id)
        return json.dumps({"id": encoded, "rawId": encoded, "type": "public-key", "response": response})
