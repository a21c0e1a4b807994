"""Upstream failures and their consequences: the trigger table of routing-and-catalog.md 6, row by row."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from tests import shapes
from tests.recorded import exchanges, requires_recorded
from trunkline.core.errors import Availability, Constraint, Internal, InvalidRequest, NoEndpoints, TrunklineError
from trunkline.protocols.error_body import render_error
from trunkline.protocols.events import UpstreamFault
from trunkline.protocols.faults.classify import classify, classify_failure, classify_fault


def body(message: str, code: str | None = None, kind: str | None = None) -> bytes:
    return json.dumps({"error": {"message": message, "code": code, "type": kind}}).encode()


@pytest.mark.parametrize(
    ("status", "error_type", "ours", "next_endpoint", "transient", "uptime"),
    [
        (400, "invalid_request", 400, "none", False, False),
        (401, "provider_unavailable", 502, "any", False, True),
        (402, "provider_unavailable", 502, "any", False, True),
        (403, "permission_denied", 403, "any", False, False),
        (404, "not_found", 404, "any", False, True),
        (408, "timeout", 504, "any", True, True),
        (413, "payload_too_large", 413, "none", False, False),
        (422, "unprocessable", 422, "none", False, False),
        (429, "rate_limit_exceeded", 429, "any", False, False),
        (500, "server", 500, "any", True, True),
        (502, "provider_unavailable", 502, "any", True, True),
        (503, "provider_overloaded", 503, "any", True, True),
        (504, "timeout", 504, "any", True, True),
        (520, "provider_unavailable", 502, "any", True, True),
        (524, "timeout", 504, "any", True, True),
        (529, "provider_overloaded", 529, "any", True, True),
        (418, "invalid_request", 400, "none", False, False),
    ],
)
def test_every_status_has_its_row(
    status: int, error_type: str, ours: int, next_endpoint: str, transient: bool, uptime: bool
) -> None:
    got = classify(status, {}, b"")
    assert (got.error_type, got.status, got.next_endpoint) == (error_type, ours, next_endpoint)
    assert (got.transient, got.counts_against_uptime, got.next_model) == (transient, uptime, True)


@pytest.mark.parametrize(
    ("status", "sent", "error_type", "next_endpoint"),
    [
        (400, body("x", "context_length_exceeded"), "context_length_exceeded", "larger_context"),
        (400, body("prompt is too long: 9 tokens > 8 maximum"), "context_length_exceeded", "larger_context"),
        (400, body("This model's maximum context length is 8192 tokens."), "context_length_exceeded", "larger_context"),
        (413, body("Input is too long for requested model."), "context_length_exceeded", "larger_context"),
        (400, body("max_tokens is too large: 99999."), "max_tokens_exceeded", "larger_context"),
        (400, body("x", "content_policy_violation"), "content_policy_violation", "unmoderated"),
        (403, body("Your input was flagged by moderation"), "content_policy_violation", "unmoderated"),
        (403, body("Country, region, or territory not supported"), "permission_denied", "any"),
        (400, body("Unsupported parameter: 'top_k'", "unsupported_parameter"), "invalid_request", "any"),
        (400, body("logit_bias does not support this"), "invalid_request", "any"),
        (400, body("Could not process image"), "invalid_image", "none"),
        (400, body("x", "image_too_large"), "image_too_large", "none"),
        (400, body("Failed to download image from https://a.example/b.png"), "image_download_failed", "none"),
        (400, body("Invalid schema for function 'f'"), "invalid_request", "none"),
        (413, body("Request too large", "rate_limit_exceeded"), "rate_limit_exceeded", "any"),
        (400, body("API key not valid. Please pass a valid API key."), "provider_unavailable", "any"),
        (400, body("Your credit balance is too low to access the Anthropic API."), "provider_unavailable", "any"),
        (400, body("This organization has been disabled."), "provider_unavailable", "any"),
        (400, body("The requested model 'x' does not exist.", "model_not_found"), "not_found", "any"),
        (400, b'[{"error":{"message":"x","status":"INVALID_ARGUMENT"}}]', "invalid_request", "none"),
        (500, body("maximum context length"), "server", "any"),
    ],
)
def test_words_decide_what_is_wrong_with_a_request(
    status: int, sent: bytes, error_type: str, next_endpoint: str
) -> None:
    got = classify(status, {}, sent)
    assert (got.error_type, got.next_endpoint) == (error_type, next_endpoint)


@pytest.mark.parametrize(
    ("sent", "code", "message"),
    [
        (b'{"error":{"message":"m","code":"c","type":"t"}}', "c", "m"),
        (b'{"error":{"message":"m","code":400,"status":"INVALID_ARGUMENT"}}', "INVALID_ARGUMENT", "m"),
        (b'[{"error":{"message":"m","code":429,"status":"RESOURCE_EXHAUSTED"}}]', "RESOURCE_EXHAUSTED", "m"),
        (b'{"type":"error","error":{"type":"overloaded_error","message":"m"}}', "overloaded_error", "m"),
        (b'{"object":"error","message":"m","type":"t","code":"1214"}', "t", "m"),
        (b'{"error":{"message":"m","code":"1214"}}', "1214", "m"),
        (b'{"detail":"m"}', None, "m"),
        (b'{"error":"m"}', None, "m"),
        (b'{"errors":[{"message":"m","code":7003}],"success":false}', "7003", "m"),
        (b"<html>Bad Gateway</html>", None, ""),
        (b"", None, ""),
        (
            b'{"error":{"message":"Provider returned error","code":400,'
            b'"metadata":{"raw":"{\\"error\\":{\\"message\\":\\"m\\"}}"}}}',
            None,
            "m",
        ),
    ],
)
def test_every_dialect_of_error_bodies_is_read(sent: bytes, code: str | None, message: str) -> None:
    fault = classify(400, {}, sent).fault
    assert (fault.code, fault.message) == (code, message)
    assert fault.raw == sent.decode()


def test_bedrock_names_its_error_in_a_header() -> None:
    headers = {"x-amzn-errortype": "ModelNotReadyException:http://internal.amazon.com/"}
    got = classify(429, headers, b'{"message":"m"}')
    assert (got.error_type, got.fault.code) == ("provider_overloaded", "ModelNotReadyException")


def test_only_sentences_about_the_request_are_shown_and_without_secrets() -> None:
    shown = classify(400, {}, body("Invalid value for org-a1b2c3d4e5f6 with key sk-abcdefgh12345678")).safe_message
    assert shown is not None
    assert "Invalid value" in shown
    assert "a1b2c3" not in shown
    assert "12345678" not in shown
    for status in (401, 403, 404, 429, 500, 503):
        assert classify(status, {}, body("secret")).safe_message is None


@pytest.mark.parametrize(
    ("kind", "error_type", "status"),
    [
        ("connect", "provider_unavailable", 502),
        ("dns", "provider_unavailable", 502),
        ("tls", "provider_unavailable", 502),
        ("reset", "provider_unavailable", 502),
        ("protocol", "provider_unavailable", 502),
        ("timeout_connect", "timeout", 504),
        ("timeout_read", "timeout", 504),
        ("timeout_total", "timeout", 504),
    ],
)
def test_transport_failures_are_transient_and_never_final_for_a_model(kind: str, error_type: str, status: int) -> None:
    got = classify_failure(kind)
    assert (got.error_type, got.status, got.next_endpoint, got.transient) == (error_type, status, "any", True)
    assert got.fault.truncated


def test_an_error_inside_a_200_counts_as_the_status_that_it_contains() -> None:
    assert classify_fault(UpstreamFault(status=429, message="x")).error_type == "rate_limit_exceeded"
    assert classify_fault(UpstreamFault(status=200, message="no choices")).error_type == "provider_unavailable"
    broken = classify_fault(UpstreamFault(status=200, message="context length", truncated=True))
    assert (broken.error_type, broken.transient) == ("provider_unavailable", True)


@requires_recorded
def test_every_recorded_error_is_classified_with_its_upstreams_message() -> None:
    failed = [e for f in ("openai-chat.jsonl.gz", "openrouter-chat.jsonl.gz") for e in exchanges(f)]
    failed = [exchange for exchange in failed if exchange["response"]["status"] >= 400]
    assert len(failed) > 40
    for exchange in failed:
        got = classify(exchange["response"]["status"], {}, exchange["response"]["body"].encode())
        assert got.fault.message, exchange["id"]
        assert got.error_type != "authentication", exchange["id"]
        assert got.status not in (401, 402), exchange["id"]


@given(status=st.integers(0, 999), sent=st.binary(max_size=200))
def test_no_body_breaks_the_classifier(status: int, sent: bytes) -> None:
    assert 400 <= classify(status, {"retry-after": "soon"}, sent).status < 600


def rendered(error: TrunklineError, **more: str | None) -> str:
    return render_error(error, docs_base="https://t.example/docs", user_id=more.get("user_id")).decode()


def test_an_error_body_has_the_recorded_shape() -> None:
    error = InvalidRequest("x/y is not a valid model ID", provider_code="model_not_found", metadata={"a": 1})
    assert rendered(error, user_id="user_1") == (
        '{"error":{"message":"x/y is not a valid model ID","code":400,"metadata":'
        '{"error_type":"invalid_request","provider_code":"model_not_found","a":1}},"user_id":"user_1"}'
    )
    assert not shapes.error_body(json.loads(rendered(error)))


def test_an_availability_error_explains_itself() -> None:
    availability = Availability(
        code="privacy_restricted",
        retryable=False,
        requested_models=("acme/m1",),
        retry_after_s=15,
        excluded_by=("data_policy:zdr",),
        constraint=Constraint("provider.zdr", "true"),
    )
    got = json.loads(rendered(NoEndpoints("No endpoint for acme/m1 meets the data policy", availability=availability)))
    assert got["error"]["error_type"] == "not_found"
    assert got["error"]["http_status"] == 404
    assert got["error"]["availability"] == {
        "code": "privacy_restricted",
        "retryable": False,
        "requested_models": ["acme/m1"],
        "retry_after": 15,
        "excluded_by": ["data_policy:zdr"],
        "constraint": {"field": "provider.zdr", "detail": "true"},
        "docs_url": "https://t.example/docs/errors#privacy_restricted",
    }


def test_a_500_tells_nothing_but_its_type() -> None:
    error = Internal("KeyError at /srv/app.py", provider_code="boom", metadata={"path": "/srv"})
    out = render_error(error, docs_base="", user_id=None, metadata=Raw(b'{"attempt":1}'))
    assert json.loads(out) == {
        "error": {"message": "Internal Server Error", "code": 500, "metadata": {"error_type": "server"}}
    }


def test_router_metadata_stands_beside_the_error() -> None:
    out = render_error(InvalidRequest("x"), docs_base="", user_id=None, metadata=Raw(b'{"attempt":0}'))
    assert json.loads(out)["openrouter_metadata"] == {"attempt": 0}
