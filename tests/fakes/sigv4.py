"""AWS's side of Signature Version 4, written from its published description: refuses what AWS refuses.

verifier = SigV4Verifier({"AKIDEXAMPLE": "secret"}, region="us-east-1", service="bedrock", clock=clock)
complaint = verifier.complaint(request)          # None: it is signed as it must be
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote

from tests.fakes.provider import RecordedRequest
from trunkline.core.clock import Clock

SKEW_S_MAX = 300
_ALGORITHM = "AWS4-HMAC-SHA256"


class SigV4Verifier:
    """Knows keys as a service does. `tokens`: access key → the session token that must come with it."""

    def __init__(
        self,
        secrets: Mapping[str, str],
        *,
        region: str,
        service: str,
        clock: Clock,
        tokens: Mapping[str, str] | None = None,
    ) -> None:
        self._secrets = secrets
        self._tokens = tokens or {}
        self._region = region
        self._service = service
        self._clock = clock

    def complaint(self, request: RecordedRequest) -> str | None:
        """What is wrong with the signature."""
        told = _fields(request.headers.get("authorization", ""))
        if told is None:
            return "no AWS4-HMAC-SHA256 authorization"
        access_key, _, scope = told["Credential"].partition("/")
        date = request.headers.get("x-amz-date", "")
        if scope != f"{date[:8]}/{self._region}/{self._service}/aws4_request":
            return f"scope is {scope}"
        if access_key not in self._secrets:
            return "unknown access key"
        if request.headers.get("x-amz-security-token") != self._tokens.get(access_key):
            return "the session token is not that of the key"
        if abs(self._age_s(date)) > SKEW_S_MAX:
            return "the signature's date is not now"
        names = told["SignedHeaders"].split(";")
        unsigned = self._must_be_signed(request) - set(names)
        if unsigned or names != sorted(names):
            return f"not signed: {sorted(unsigned)}"
        expected = self._signature(request, names, date, scope, self._secrets[access_key])
        return None if hmac.compare_digest(expected, told["Signature"]) else "the signature does not match"

    def _must_be_signed(self, request: RecordedRequest) -> set[str]:
        return {"host", *(name for name in request.headers if name.startswith("x-amz-") or name == "content-type")}

    def _age_s(self, date: str) -> float:
        signed_at = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return self._clock.now_ms() / 1000 - signed_at.timestamp()

    def _signature(self, request: RecordedRequest, names: list[str], date: str, scope: str, secret: str) -> str:
        canonical = canonical_request(request, names)
        to_sign = "\n".join((_ALGORITHM, date, scope, hashlib.sha256(canonical.encode()).hexdigest()))
        key = f"AWS4{secret}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, to_sign.encode(), "sha256").hex()


def canonical_request(request: RecordedRequest, signed_names: list[str]) -> str:
    """The path is encoded once more, as for every service but S3; the query is sorted by name, then value."""
    path, _, query = request.path.partition("?")
    pairs = sorted((quote(k, safe="-_.~"), quote(v, safe="-_.~")) for k, v in parse_qsl(query, keep_blank_values=True))
    headers = "".join(f"{name}:{' '.join(request.headers[name].split())}\n" for name in signed_names)
    return "\n".join(
        (
            request.method,
            "/".join(quote(segment, safe="-_.~") for segment in path.split("/")),
            "&".join(f"{name}={value}" for name, value in pairs),
            headers,
            ";".join(signed_names),
            hashlib.sha256(request.body).hexdigest(),
        )
    )


def _fields(authorization: str) -> dict[str, str] | None:
    algorithm, _, rest = authorization.partition(" ")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    return fields if algorithm == _ALGORITHM and fields.keys() == {"Credential", "SignedHeaders", "Signature"} else None
