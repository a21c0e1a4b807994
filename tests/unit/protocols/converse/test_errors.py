"""What this service's errors mean (inference.md 5.5, 30.11)."""

import json

import pytest

from tests.fakes.bedrock_converse import frame
from trunkline.protocols.converse.errors import classify, fault_of_frame
from trunkline.protocols.converse.event_stream import EventStreamParser, Frame
from trunkline.protocols.faults.types import Classified


def refused(status: int, name: str | None, message: str, **members: str) -> Classified:
    headers = {} if name is None else {"x-amzn-errortype": f"{name}:http://internal.amazon.test/coral/"}
    body = json.dumps({"message": message, **members}).encode()
    return classify(status, headers, body, now_ms=0)


@pytest.mark.parametrize(
    ("status", "name", "message", "error_type"),
    [
        (400, "ValidationException", "Malformed input request, please reformat", "invalid_request"),
        (400, "ValidationException", "The provided model identifier is invalid.", "not_found"),
        (400, None, "Input Tokens Exceeded: Number of input tokens exceeds maximum length.", "context_length_exceeded"),
        (400, "ServiceQuotaExceededException", "Your request exceeds the service quota", "rate_limit_exceeded"),
        (403, "AccessDeniedException", "You don't have access to the model.", "permission_denied"),
        (
            403,
            "AccessDeniedException",
            "Authentication failed: make sure your API Key is valid",
            "provider_unavailable",
        ),
        (403, "UnrecognizedClientException", "The security token is invalid.", "provider_unavailable"),
        (404, "ResourceNotFoundException", "Model use case details have not been submitted", "not_found"),
        (429, "ThrottlingException", "Too many requests", "rate_limit_exceeded"),
        (429, "ModelNotReadyException", "Not ready", "provider_overloaded"),
        (408, "ModelTimeoutException", "Too slow", "timeout"),
        (424, "ModelErrorException", "The model failed", "provider_unavailable"),
        (500, "InternalServerException", "Oops", "server"),
        (503, "ServiceUnavailableException", "Busy", "provider_overloaded"),
    ],
)
def test_an_errors_name_says_more_than_its_status(status: int, name: str | None, message: str, error_type: str) -> None:
    told = refused(status, name, message)
    assert told.error_type == error_type
    assert told.fault.code == name


def test_the_name_may_stand_in_the_body_and_the_message_be_written_large() -> None:
    told = refused(400, None, "", __type="com.amazon.coral.service#ThrottlingException")
    assert (told.error_type, told.fault.code) == ("rate_limit_exceeded", "ThrottlingException")
    large = classify(403, {}, b'{"Message":"Bearer Token has expired"}', now_ms=0)
    assert large.error_type == "provider_unavailable"
    assert large.safe_message is None


def test_no_body_is_an_error_too() -> None:
    assert classify(502, {}, b"<html>", now_ms=0).error_type == "provider_unavailable"


def parsed(headers: dict[str, str], message: str) -> Frame:
    frames, _ = EventStreamParser().feed(frame(headers, {"message": message}))
    return frames[0]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("throttlingException", 429),
        ("modelStreamErrorException", 502),
        ("serviceUnavailableException", 503),
        ("validationException", 400),
        ("internalServerException", 500),
        ("somethingNewException", 500),
    ],
)
def test_an_exception_in_a_stream_has_the_status_that_its_name_stands_for(kind: str, status: int) -> None:
    fault = fault_of_frame(parsed({":message-type": "exception", ":exception-type": kind}, "Why"))
    assert fault is not None
    assert (fault.status, fault.code, fault.message) == (status, kind, "Why")


def test_an_error_message_of_the_framing_is_a_fault_and_an_event_is_none() -> None:
    headers = {":message-type": "error", ":error-code": "InternalFailure", ":error-message": "Oops"}
    fault = fault_of_frame(parsed(headers, ""))
    assert fault is not None
    assert (fault.status, fault.message) == (500, "Oops")
    assert fault_of_frame(parsed({":message-type": "event", ":event-type": "messageStart"}, "")) is None
