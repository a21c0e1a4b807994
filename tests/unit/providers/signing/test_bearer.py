"""Tokens of Google and Entra, exchanged with an endpoint on a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.google_tokens import GoogleTokens
from tests.fakes.provider import FakeProvider
from tests.fakes.replies import body
from tests.unit.gateway.transport.certificates import TestAuthority
from trunkline.core.clock import SystemClock
from trunkline.gateway.transport.client import HttpTransport
from trunkline.providers.signing.bearer import BearerSigner, azure_token, google_token
from trunkline.providers.signing.credential import CachedCredential
from trunkline.providers.upstream import CredentialsUnavailable, UpstreamRequest


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def clock() -> FakeClock:
    """google-auth asks the machine when a token ends, so this one starts there."""
    return FakeClock(SystemClock().now_ms())


@pytest.fixture
async def tokens(tmp_path: Path) -> AsyncIterator[GoogleTokens]:
    async with GoogleTokens(tmp_path) as tokens:
        yield tokens


@pytest.fixture
def credential(tokens: GoogleTokens, clock: FakeClock) -> CachedCredential[str]:
    return CachedCredential("google-vertex", partial(google_token, str(tokens.file)), clock)


async def test_a_service_account_signs_for_a_token_that_many_requests_share(
    tokens: GoogleTokens, credential: CachedCredential[str]
) -> None:
    transport = HttpTransport()
    signer = BearerSigner(credential)
    async with FakeProvider(check=tokens.takes) as vertex:
        asked = UpstreamRequest(
            url=f"{vertex.url}/x",
            headers=(("content-type", "application/json"),),
            body=b"{}",
            connect_timeout_s=5,
            read_timeout_s=5,
            signer=signer,
        )
        responses = await asyncio.gather(*(transport.open(asked) for _ in range(20)))
        assert {response.status for response in responses} == {200}
        assert vertex.complaints == []
        await transport.close()
    assert tokens.issued == ["ya29.test-1"]
    assert tokens.endpoint.complaints == []


async def test_a_token_is_renewed_before_its_hour_is_over(
    tokens: GoogleTokens, credential: CachedCredential[str], clock: FakeClock
) -> None:
    assert await credential.get() == "ya29.test-1"
    clock.advance(3599 - 185)
    assert await credential.get() == "ya29.test-1"
    assert len(tokens.issued) == 1
    clock.advance(10)
    assert await credential.get() == "ya29.test-1"
    await tokens.endpoint.received(2)
    async with asyncio.timeout(10):
        while await credential.get() != "ya29.test-2":
            await asyncio.sleep(0.001)


async def test_an_account_that_was_switched_off_is_no_credential(
    tokens: GoogleTokens, credential: CachedCredential[str]
) -> None:
    tokens.refusal = "account disabled"
    with pytest.raises(CredentialsUnavailable, match="RefreshError"):
        await credential.get()


async def test_an_endpoint_that_is_gone_is_no_credential(
    tokens: GoogleTokens, credential: CachedCredential[str]
) -> None:
    tokens.file.write_text(tokens.file.read_text().replace(tokens.endpoint.origin, "http://127.0.0.1:1"))
    with pytest.raises(CredentialsUnavailable, match="TransportError"):
        await credential.get()


@pytest.mark.parametrize("content", ["{}", "no json", None])
async def test_a_file_that_is_no_service_account_is_no_credential(
    tmp_path: Path, clock: FakeClock, content: str | None
) -> None:
    file = tmp_path / "account.json"
    if content is not None:
        file.write_text(content)
    credential = CachedCredential("google-vertex", partial(google_token, str(file)), clock)
    with pytest.raises(CredentialsUnavailable):
        await credential.get()


async def test_application_default_credentials_are_those_of_the_variable(
    tokens: GoogleTokens, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tokens.file))
    credential = CachedCredential("google-vertex", partial(google_token, None), clock)
    assert await credential.get() == "ya29.test-1"


async def test_a_failure_tells_nothing_of_the_private_key(
    tokens: GoogleTokens, credential: CachedCredential[str]
) -> None:
    key = json.loads(tokens.file.read_text())["private_key"]
    tokens.refusal = key
    with pytest.raises(CredentialsUnavailable) as failure:
        await credential.get()
    assert not any(line in failure.value.detail for line in key.splitlines() if len(line) > 20)


async def test_entra_exchanges_a_workloads_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = TestAuthority(tmp_path)
    (tmp_path / "workload.jwt").write_text("eyJ.workload.jwt")
    granted = body({"access_token": "entra-1", "expires_in": 3600, "token_type": "Bearer"})
    async with FakeProvider(tls=authority.server_context("127.0.0.1")) as entra:
        entra.always(granted)
        monkeypatch.setenv("AZURE_AUTHORITY_HOST", entra.origin)
        monkeypatch.setenv("AZURE_TENANT_ID", "tenant")
        monkeypatch.setenv("AZURE_CLIENT_ID", "client")
        monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "workload.jwt"))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.ca_file))
        held = await asyncio.to_thread(azure_token)
        request = entra.requests[0]
    assert held.value == "entra-1"
    assert 3_500_000 < held.expires_ms - SystemClock().now_ms() <= 3_600_000
    assert request.path == "/tenant/oauth2/v2.0/token"
    form = parse_qs(request.body.decode())
    assert form["scope"] == ["https://cognitiveservices.azure.com/.default"]
    assert (form["client_id"], form["client_assertion"]) == (["client"], ["eyJ.workload.jwt"])
