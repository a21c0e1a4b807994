"""Nothing that looks like a credential is logged, and nothing else is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.observability.redaction import REDACTED, redact, redact_text


@pytest.mark.parametrize(
    "secret",
    [
        "sk-tl-v1-0123456789abcdef0123456789abcdef",
        "sk-or-v1-0123456789abcdef",
        "sk-proj-abc_DEF-1234567890",
        "sk-ant-api03-abcdefgh-ijkl",
        "gsk_abcdefghijklmnop",
        "xai-abcdefghijklmnop",
        "hf_abcdefghijklmnop",
        "AIzaSyA1234567890abcdefghijklmnopqrstu",
        "AKIAIOSFODNN7EXAMPLE",
        "ya29.a0AfH6SMBx-abc",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
        "Bearer abcdef123456",
        "basic dXNlcjpwYXNz",
    ],
)
def test_a_credential_inside_a_text_is_replaced_and_the_text_stays(secret: str) -> None:
    text = redact_text(f"the provider said: {secret}, sorry")
    assert secret.split()[-1] not in text
    assert text.startswith("the provider said: ")
    assert text.endswith(", sorry")
    assert REDACTED in text


def test_a_password_in_a_url_is_replaced_and_the_host_stays() -> None:
    assert redact_text("postgresql://me:hunter2@db.example/x") == f"postgresql://{REDACTED}@db.example/x"


@pytest.mark.parametrize(
    "name", ["authorization", "Authorization", "api_key", "x-api-key", "password", "cookie", "token"]
)
def test_a_field_named_like_a_credential_is_replaced_whatever_it_holds(name: str) -> None:
    assert redact(name, "anything") == REDACTED
    assert redact("headers", {name: "anything"}) == {name: REDACTED}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prompt_tokens", 12),
        ("model", "openai/gpt-4o-mini"),
        ("key_hash", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        ("generation_id", "gen-1767225600-AbCdEfGhIjKlMnOpQrSt"),
        ("request", "task-force risk-averse disk-space"),
        ("url", "https://api.example.com/v1/chat/completions?api-version=1"),
        ("at", "mail@example.com"),
    ],
)
def test_ordinary_facts_stay_as_they_are(name: str, value: object) -> None:
    assert redact(name, value) == value


def test_deep_and_odd_values_end() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert REDACTED in repr(redact("x", loop))
    assert "sk-" not in repr(redact("x", [{"y": (RuntimeError("sk-abcdefghijkl"),)}]))


@given(
    value=st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_redaction_never_raises(value: object) -> None:
    redact("x", value)
