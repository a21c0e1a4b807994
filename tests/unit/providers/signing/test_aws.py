"""AWS's signature: against AWS's published vectors, and against a verifier of its own on a real socket."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.clock import FakeClock
from tests.fakes.provider import FakeProvider
from tests.fakes.sigv4 import SigV4Verifier
from trunkline.gateway.transport.client import HttpTransport
from trunkline.providers.signing.aws import AwsChain, AwsKeys, AwsSigner, signature_headers
from trunkline.providers.signing.credential import NEVER_MS, CachedCredential
from trunkline.providers.upstream import CredentialsUnavailable, UpstreamRequest

VECTOR_KEYS = AwsKeys("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
VECTOR_TIME = "20150830T123600Z"
STS_TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuw"
    "thAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNV"
    "XAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
)


def request(url: str, method: str = "GET", body: bytes = b"", **headers: str) -> UpstreamRequest:
    return UpstreamRequest(
        url=url,
        method=method,
        headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()),
        body=body,
        connect_timeout_s=5,
        read_timeout_s=5,
    )


@pytest.mark.parametrize(
    ("name", "asked", "keys", "signed_headers", "signature"),
    [
        (
            "get-vanilla",
            request("https://example.amazonaws.com/"),
            VECTOR_KEYS,
            "host;x-amz-date",
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        (
            "get-vanilla-query-order-key-case",
            request("https://example.amazonaws.com/?Param2=value2&Param1=value1"),
            VECTOR_KEYS,
            "host;x-amz-date",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            "post-vanilla",
            request("https://example.amazonaws.com/", "POST"),
            VECTOR_KEYS,
            "host;x-amz-date",
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
        ),
        (
            "post-vanilla-query",
            request("https://example.amazonaws.com/?Param1=value1", "POST"),
            VECTOR_KEYS,
            "host;x-amz-date",
            "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
        ),
        (
            "post-x-www-form-urlencoded",
            request(
                "https://example.amazonaws.com/",
                "POST",
                b"Param1=value1",
                content_type="application/x-www-form-urlencoded",
            ),
            VECTOR_KEYS,
            "content-type;host;x-amz-date",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
        (
            "post-sts-header-before",
            request("https://example.amazonaws.com/", "POST"),
            AwsKeys(VECTOR_KEYS.access_key, VECTOR_KEYS.secret_key, STS_TOKEN),
            "host;x-amz-date;x-amz-security-token",
            "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith(("get-", "post-")) else "",
)
def test_signatures_are_those_of_the_published_vectors(
    name: str, asked: UpstreamRequest, keys: AwsKeys, signed_headers: str, signature: str
) -> None:
    headers = dict(signature_headers(asked, keys, "us-east-1", "service", VECTOR_TIME))
    assert headers["authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders={signed_headers}, Signature={signature}"
    ), name
    assert headers["x-amz-date"] == VECTOR_TIME


KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "s3cr3t/+"}
PATH = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def transport() -> AsyncIterator[HttpTransport]:
    transport = HttpTransport()
    yield transport
    await transport.close()


def signer(environ: dict[str, str], clock: FakeClock, profile: str | None = None) -> AwsSigner:
    keys = CachedCredential("amazon-bedrock", AwsChain(profile, environ, clock).load, clock)
    return AwsSigner(keys, "eu-west-1", "bedrock", clock)


async def ask(transport: HttpTransport, provider: FakeProvider, signing: AwsSigner, path: str = PATH) -> int:
    asked = UpstreamRequest(
        url=provider.origin + path,
        headers=(("content-type", "application/json"), ("user-agent", "trunkline"), ("accept", "application/json")),
        body='{"messages": [{"role": "user", "content": [{"text": "Hé"}]}]}'.encode(),
        connect_timeout_s=5,
        read_timeout_s=5,
        signer=signing,
    )
    response = await transport.open(asked)
    await response.read_all(10_000)
    return response.status


def strict_provider(clock: FakeClock, **tokens: str) -> FakeProvider:
    secrets = {"AKIDEXAMPLE": "s3cr3t/+", "ASIATEMPORARY": "other"}
    verifier = SigV4Verifier(secrets, region="eu-west-1", service="bedrock", clock=clock, tokens=tokens)
    return FakeProvider(check=verifier.complaint)


@pytest.mark.parametrize(
    "path", [PATH, "/model/arn%3Aaws%3Abedrock%3A%3A1%3Ainference-profile%2Fx/converse-stream", "/"]
)
async def test_a_strict_verifier_takes_what_leaves_the_socket(
    clock: FakeClock, transport: HttpTransport, path: str
) -> None:
    async with strict_provider(clock) as provider:
        assert await ask(transport, provider, signer(KEYS, clock), path) == 200
        assert provider.complaints == []
        assert provider.requests[0].headers["x-amz-date"] == "20260101T000000Z"


async def test_the_verifier_refuses_another_secret_an_old_date_and_a_foreign_region(
    clock: FakeClock, transport: HttpTransport
) -> None:
    async with strict_provider(clock) as provider:
        wrong = {**KEYS, "AWS_SECRET_ACCESS_KEY": "guess"}
        assert await ask(transport, provider, signer(wrong, clock)) == 400
        late = FakeClock(clock.now_ms() - 301_000)
        assert await ask(transport, provider, signer(KEYS, late)) == 400
        keys = CachedCredential("bedrock", AwsChain(None, KEYS, clock).load, clock)
        assert await ask(transport, provider, AwsSigner(keys, "us-east-1", "bedrock", clock)) == 400
        assert [complaint.split(" is")[0] for complaint in provider.complaints] == [
            "the signature does not match",
            "the signature's date",
            "scope",
        ]


async def test_the_token_of_temporary_keys_is_sent_and_signed(clock: FakeClock, transport: HttpTransport) -> None:
    temporary = {
        "AWS_ACCESS_KEY_ID": "ASIATEMPORARY",
        "AWS_SECRET_ACCESS_KEY": "other",
        "AWS_SESSION_TOKEN": "FwoGZXIvYXdz//==",
    }
    async with strict_provider(clock, ASIATEMPORARY="FwoGZXIvYXdz//==") as provider:
        assert await ask(transport, provider, signer(temporary, clock)) == 200
        without = {**temporary, "AWS_SESSION_TOKEN": ""}
        assert await ask(transport, provider, signer(without, clock)) == 400


@pytest.fixture
def aws_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """AWS's two files, and nothing else of this machine that could be a credential."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path


async def test_a_profile_of_the_credentials_file_signs_before_keys_of_the_environment(
    aws_files: Path, clock: FakeClock, transport: HttpTransport
) -> None:
    (aws_files / "credentials").write_text(
        "[team]\naws_access_key_id = ASIATEMPORARY\naws_secret_access_key = other\naws_session_token = t\n"
    )
    async with strict_provider(clock, ASIATEMPORARY="t") as provider:
        assert await ask(transport, provider, signer(KEYS, clock, "team")) == 200


async def test_keys_of_a_process_are_renewed_before_they_lapse(aws_files: Path) -> None:
    """Twelve minutes of life are less than botocore wants to see: each load brings new ones."""
    script = aws_files / "keys.py"
    script.write_text(
        "import json, datetime as d, pathlib\n"
        f"calls = pathlib.Path({str(aws_files / 'calls')!r})\n"
        "calls.write_text(calls.read_text() + 'x' if calls.exists() else 'x')\n"
        "n = len(calls.read_text())\n"
        "ends = d.datetime.now(d.timezone.utc) + d.timedelta(minutes=12)\n"
        "print(json.dumps({'Version': 1, 'AccessKeyId': f'ASIA{n}', 'SecretAccessKey': 's', 'SessionToken': 't',"
        " 'Expiration': ends.isoformat()}))\n"
    )
    (aws_files / "config").write_text(f"[profile team]\ncredential_process = {sys.executable} {script}\n")
    clock = FakeClock()
    chain = AwsChain("team", {}, clock)
    first, second = chain.load(), chain.load()
    assert first.value.access_key != second.value.access_key
    assert first.expires_ms == clock.now_ms() + 10 * 60_000


async def test_without_any_keys_the_message_says_what_to_set(aws_files: Path, clock: FakeClock) -> None:
    with pytest.raises(CredentialsUnavailable, match="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        await signer({}, clock).sign(request("https://bedrock.example/"))


async def test_an_unknown_profile_is_named_without_a_secret(aws_files: Path, clock: FakeClock) -> None:
    with pytest.raises(CredentialsUnavailable, match="ProfileNotFound") as failure:
        await signer(KEYS, clock, "nobody").sign(request("https://bedrock.example/"))
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in failure.value.detail


def test_keys_are_never_printed(clock: FakeClock) -> None:
    held = AwsChain(None, KEYS, clock).load()
    assert held.expires_ms == NEVER_MS
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in repr(held) + repr(held.value)
    assert KEYS["AWS_ACCESS_KEY_ID"] not in repr(held) + repr(held.value)
