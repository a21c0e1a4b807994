"""AWS Signature Version 4, by botocore's signer with the credentials of AWS's usual chain."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from trunkline.core.clock import Clock
from trunkline.providers.signing.credential import CachedCredential, Held
from trunkline.providers.upstream import CredentialsUnavailable, UpstreamRequest

_SIGNED: Final = frozenset({"content-type", "accept"})
"""Headers that the signature covers beside host and date: those that no proxy may change."""
_REFRESHED_MS: Final = 10 * 60_000
"""botocore renews what lapses within ten minutes before it hands it out: so long it is good for."""


class AwsKeys(Struct, frozen=True):
    """What signs: never printed."""

    access_key: str
    secret_key: str
    token: str | None = None

    def __repr__(self) -> str:
        return "AwsKeys()"


class AwsChain:
    """Where keys come from: the environment that was given, else botocore's chain (profiles, SSO, containers, EC2)."""

    __slots__ = ("_chain", "_clock", "_environ", "_profile")

    def __init__(self, profile: str | None, environ: Mapping[str, str], clock: Clock) -> None:
        self._profile = profile
        self._environ = environ
        self._clock = clock
        self._chain = None

    def load(self) -> Held[AwsKeys]:
        """The keys of this moment. Blocks. Raises CredentialsUnavailable, or what botocore raises."""
        # A fifth of a second, which only signing pays for; and here, in a thread, all that signing will need.
        import botocore.session

        given = self._given()
        if given is not None:
            return Held(given)
        if self._chain is None:
            self._chain = botocore.session.Session(profile=self._profile).get_credentials()
        if self._chain is None:
            raise CredentialsUnavailable(
                "AWS's credential chain found no keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
            )
        keys = self._chain.get_frozen_credentials()
        return Held(AwsKeys(keys.access_key, keys.secret_key, keys.token), self._clock.now_ms() + _REFRESHED_MS)

    def _given(self) -> AwsKeys | None:
        access_key = self._environ.get("AWS_ACCESS_KEY_ID", "").strip()
        secret_key = self._environ.get("AWS_SECRET_ACCESS_KEY", "").strip()
        if self._profile is not None or not access_key or not secret_key:
            return None
        return AwsKeys(access_key, secret_key, self._environ.get("AWS_SESSION_TOKEN", "").strip() or None)


class AwsSigner:
    """Signs requests to one service in one region. Implements `providers.upstream.RequestSigner`."""

    __slots__ = ("_clock", "_keys", "_region", "_service")

    def __init__(self, keys: CachedCredential[AwsKeys], region: str, service: str, clock: Clock) -> None:
        self._keys = keys
        self._region = region
        self._service = service
        self._clock = clock

    async def sign(self, request: UpstreamRequest) -> UpstreamRequest:
        """The request with its date, its signature and, for temporary keys, their token."""
        keys = await self._keys.get()
        now = datetime.fromtimestamp(self._clock.now_ms() / 1000, UTC)
        headers = signature_headers(request, keys, self._region, self._service, now.strftime("%Y%m%dT%H%M%SZ"))
        return replace(request, headers=request.headers + headers)


def signature_headers(
    request: UpstreamRequest, keys: AwsKeys, region: str, service: str, timestamp: str
) -> tuple[tuple[str, str], ...]:
    """What signing adds. `timestamp` is written as AWS does: `20150830T123600Z`."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import ReadOnlyCredentials

    added = [("x-amz-date", timestamp)]
    if keys.token is not None:
        added.append(("x-amz-security-token", keys.token))
    signed = {name: value for name, value in request.headers if name in _SIGNED} | dict(added)
    signer = SigV4Auth(ReadOnlyCredentials(keys.access_key, keys.secret_key, keys.token), service, region)
    to_sign = AWSRequest(method=request.method, url=request.url, headers=signed, data=request.body)
    to_sign.context["timestamp"] = timestamp
    # The signer's own `add_auth` would ask the machine for the time, which is the clock's to tell.
    signature = signer.signature(signer.string_to_sign(to_sign, signer.canonical_request(to_sign)), to_sign)
    names = signer.signed_headers(signer.headers_to_sign(to_sign))
    credential = signer.scope(to_sign)
    authorization = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return (*added, ("authorization", authorization))
