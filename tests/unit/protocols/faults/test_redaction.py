"""What an upstream's text must not carry to a caller."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.protocols.faults.redaction import TEXT_CHARS_MAX, redact

SECRETS = [
    "sk-proj-AbC123xyz789AbC123xyz789",
    "sk-ant-api03-Zm9vYmFyMTIzNDU2Nzg5MA",
    "sk-or-v1-0123456789abcdef0123456789abcdef",
    "gsk_a1b2c3d4e5f6g7h8i9j0",
    "xai-a1b2c3d4e5f6g7h8i9j0",
    "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "ya29.a0AfH6SMBx1234567890abcdef",
    "hf_a1B2c3D4e5F6g7H8i9J0",
    "pplx-0123456789abcdef0123456789abcdef",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "org-A1b2C3d4E5f6G7h8I9j0",
    "proj_a1b2c3d4e5f6",
    "user-a1b2c3d4e5f6",
    "123e4567-e89b-12d3-a456-426614174000",
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/abc",
    "jane.doe+llm@corp.example.com",
    "10.12.13.14:8443",
    "192.168.1.77",
    "2001:0db8:85a3:0000:0000:8a2e:0370:7334",
    "0123456789abcdef0123456789abcdef01234567",
]

FRAMES = [
    "{}",
    "Incorrect API key provided: {}. Find yours elsewhere.",
    '{{"error":{{"message":"bad","owner":"{}"}}}}',
    '{{\\"raw\\":\\"{}\\"}}',
    "Authorization: Bearer {}\r\n",
    "x{}"[1:] + ",next",
    "({})",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("frame", FRAMES)
def test_no_secret_survives_in_any_frame(secret: str, frame: str) -> None:
    assert secret not in redact(frame.format(secret))


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("postgres://admin:hunter2@db.example.com/x", "hunter2"),
        ("https://user:pa55@api.example.com/v1", "pa55"),
        ("see https://blob.example.com/f.png?sig=abc%2Fdef&se=2026", "sig=abc"),
        ("at http://models.prod.internal:8000/v1/chat", "models.prod"),
        ("http://localhost:11434/api", "11434"),
        ("api_key=hunter2secret", "hunter2secret"),
        ('"password": "correct horse"', "correct"),
        ("x-api-key: abcd", "abcd"),
        ("AWS secret: qwertyuiop", "qwertyuiop"),
        ("projects/acme-prod-4711/locations/x", "acme-prod"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQ\n-----END PRIVATE KEY-----", "MIIEvQ"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEvQ", "MIIEvQ"),
        ("Authorization: Basic dXNlcjpwYXNzd29yZDE=", "dXNlcjpwYXNz"),
    ],
)
def test_what_opens_a_door_is_removed(text: str, gone: str) -> None:
    assert gone not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "This model's maximum context length is 1048565 tokens. However, you requested 1250025 tokens.",
        "Invalid schema for function 'get_current_weather': In context=(), 'required' is required.",
        "The model `Qwen/Qwen3-235B-A22B-Instruct-2507` does not support tools.",
        "The model gpt-4o-mini-2024-07-18 and claude-sonnet-4-5-20250929 and llama-3.3-70b-versatile exist.",
        "messages.0.content.1.image.source.base64.data: URL sources are not supported",
        "See https://platform.openai.com/docs/guides/error-codes/api-errors for more.",
        "Rate limit reached: Limit 30000, Used 29999, Requested 1200. Try again in 2.4s.",
        "Token limit exceeded: tokens must be at most 4096",
    ],
)
def test_what_helps_the_caller_stays(text: str) -> None:
    assert redact(text) == text


@given(st.text(max_size=300))
def test_any_text_is_redacted_once_and_for_all(text: str) -> None:
    once = redact(text)
    assert len(once) <= TEXT_CHARS_MAX + 1
    assert len(redact(once)) <= TEXT_CHARS_MAX + 1


@pytest.mark.parametrize(
    "hostile",
    [
        "a" * 200_000,
        "http://" * 30_000,
        "sk-" * 60_000,
        "a@" * 100_000,
        "eyJ" * 60_000,
        "1." * 100_000,
        "a:" * 100_000,
        "aA1-" * 50_000,
        "-----BEGIN KEY-----" * 10_000,
        "password:" * 20_000,
        "bearer " * 30_000,
    ],
    ids=lambda text: text[:12],
)
def test_hostile_text_costs_no_time(hostile: str) -> None:
    started = time.process_time()
    assert len(redact(hostile)) <= TEXT_CHARS_MAX + 1
    assert time.process_time() - started < 1
