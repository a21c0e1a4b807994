"""Google's token endpoint for one service account: takes a signed assertion, hands out tokens (RFC 7523).

async with GoogleTokens(tmp_path) as tokens:
    ... credentials = tokens.file; what was handed out: tokens.issued ...
"""

import base64
import functools
import json
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.fakes.provider import FakeProvider, RecordedRequest
from tests.fakes.replies import Call, body
from trunkline.core.clock import SystemClock

ACCOUNT = "gateway@acme-prod.iam.gserviceaccount.com"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_AUDIENCE = "https://oauth2.googleapis.com/token"
"""Of every assertion, wherever the file says that the endpoint is."""
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


@functools.cache
def _private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class GoogleTokens:
    """A server, and the service account's file that leads to it."""

    def __init__(self, folder: Path, *, lifetime_s: int = 3599) -> None:
        self.file = folder / "service-account.json"
        self.issued: list[str] = []
        self.lifetime_s = lifetime_s
        self.refusal: str | None = None
        """Answered instead of a token."""
        self.endpoint = FakeProvider(check=self._check).always(self._reply)

    async def __aenter__(self) -> Self:
        await self.endpoint.start()
        pem = _private_key().private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        account = {
            "type": "service_account",
            "project_id": "acme-prod",
            "private_key_id": "k1",
            "private_key": pem.decode(),
            "client_email": ACCOUNT,
            "token_uri": f"{self.endpoint.origin}/token",
        }
        self.file.write_text(json.dumps(account))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.endpoint.stop()

    def takes(self, request: RecordedRequest) -> str | None:
        """What an API says of a request: None where it carries the newest token."""
        carried = request.headers.get("authorization", "")
        return None if self.issued and carried == f"Bearer {self.issued[-1]}" else f"not authorized: {carried[:12]}"

    def _check(self, request: RecordedRequest) -> str | None:
        form = parse_qs(request.body.decode())
        if request.path != "/token" or form.get("grant_type") != [_GRANT]:
            return "unsupported_grant_type"
        head, payload, signature = form["assertion"][0].split(".")
        try:
            _private_key().public_key().verify(
                _decoded(signature), f"{head}.{payload}".encode(), padding.PKCS1v15(), hashes.SHA256()
            )
        except InvalidSignature:
            return "invalid_grant: signature"
        claims = json.loads(_decoded(payload))
        now_s = SystemClock().now_ms() / 1000
        if claims["iss"] != ACCOUNT or claims["aud"] != _AUDIENCE or claims["scope"] != _SCOPE:
            return f"invalid_grant: {claims}"
        if not (claims["iat"] <= now_s + 10 and now_s < claims["exp"] <= claims["iat"] + 3600):
            return f"invalid_grant: {claims}"
        return None

    async def _reply(self, call: Call) -> None:
        if self.refusal is not None:
            await body({"error": "invalid_grant", "error_description": self.refusal}, status=400)(call)
            return
        self.issued.append(f"ya29.test-{len(self.issued) + 1}")
        token = {"access_token": self.issued[-1], "expires_in": self.lifetime_s, "token_type": "Bearer"}
        await body(token)(call)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
