"""What a client is told of its own request, it is told in its own words, whoever was to be asked (operating.md OP-50).

Each case is one request in the words of each way in, an upstream format that cannot say it, and the field to be named.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import structs

from tests.unit.routing.worlds import endpoint
from trunkline.core.errors import InvalidRequest
from trunkline.gateway.conversion import TravelPolicy
from trunkline.gateway.generation_conversion import InboundGeneration
from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat.client import ChatFormat
from trunkline.protocols.chat.request import parse_chat, parse_completion
from trunkline.protocols.client import ClientRequest
from trunkline.protocols.compression import CompressionLimits
from trunkline.protocols.messages.client import parse_messages
from trunkline.protocols.responses.inbound.request import parse_responses
from trunkline.protocols.validation import ParseLimits

LIMITS = ParseLimits(models_max=3, nesting_max=50, messages_max=100, tools_max=100)
ZIP = "data:application/zip;base64,UEsDBA=="
FILM = "https://media.example/film.mp4"
PICTURE = "https://media.example/picture"
SOUND = {"data": "UklGRg==", "format": "wav"}
BEFORE = "Look at this."


def chat(*parts: dict[str, Any], **more: Any) -> ClientRequest:
    content = [{"type": "text", "text": BEFORE}, *parts]
    return parse_chat(as_body(messages=[{"role": "user", "content": content}], **more), LIMITS)


def responses(*parts: dict[str, Any], **more: Any) -> ClientRequest:
    content = [{"type": "input_text", "text": BEFORE}, *parts]
    return parse_responses(
        as_body(instructions="Be kind.", input=[{"role": "user", "content": content}], **more), LIMITS
    )


def messages(*blocks: dict[str, Any], **more: Any) -> ClientRequest:
    said = [{"role": "user", "content": [{"type": "text", "text": BEFORE}, *blocks]}]
    return parse_messages(as_body(system="Be kind.", max_tokens=100, messages=said, **more), LIMITS)


def as_body(**members: Any) -> bytes:
    return json.dumps({"model": "acme/rocket"} | members).encode()


def refusal(request: ClientRequest, protocol: str, **target: Any) -> InvalidRequest:
    """Why an upstream of this format cannot be sent the request."""
    served = structs.replace(endpoint("acme"), protocol=protocol, protocols=(protocol,))
    policy = TravelPolicy(path="hub", compression=target.pop("compression", None))
    asked = UpstreamTarget(
        provider="acme", upstream_model="rocket", protocol=protocol, supported_parameters=frozenset(), **target
    )
    with pytest.raises(InvalidRequest) as caught:
        InboundGeneration(request=request, format=ChatFormat()).convert(served, asked, policy).encode()
    return caught.value


@pytest.mark.parametrize("protocol", ["cohere-v2", "bedrock-converse", "anthropic-messages"])
@pytest.mark.parametrize(
    ("request_of", "field"),
    [
        (
            lambda: chat({"type": "file", "file": {"file_data": ZIP, "filename": "a.zip"}}),
            "messages[0].content[1].file.file_data",
        ),
        (
            lambda: responses({"type": "input_file", "file_data": ZIP, "filename": "a.zip"}),
            "input[0].content[1].file_data",
        ),
        (
            lambda: messages(
                {
                    "type": "document",
                    "source": {"type": "base64", "media_type": "application/zip", "data": "UEsDBA=="},
                }
            ),
            "messages[0].content[1].source",
        ),
    ],
    ids=["chat", "responses", "messages"],
)
def test_a_file_that_cannot_be_sent_is_named_where_its_client_put_it(
    protocol: str, request_of: Callable[[], ClientRequest], field: str
) -> None:
    refused = refusal(request_of(), protocol)
    assert refused.field == field
    assert f"`{field}`" in refused.message


@pytest.mark.parametrize(
    ("request_of", "protocol", "field"),
    [
        (lambda: responses({"type": "input_video", "video_url": FILM}), "cohere-v2", "input[0].content[1].video_url"),
        (lambda: responses({"type": "input_audio", "input_audio": SOUND}), "cohere-v2", "input[0].content[1]"),
        (
            lambda: chat({"type": "input_audio", "input_audio": SOUND}),
            "anthropic-messages",
            "messages[0].content[1].input_audio",
        ),
        (
            lambda: chat({"type": "video_url", "video_url": {"url": FILM}}),
            "openai-responses",
            "messages[0].content[1].video_url.url",
        ),
        (
            lambda: responses({"type": "input_image", "image_url": PICTURE}),
            "bedrock-converse",
            "input[0].content[1].image_url",
        ),
        (
            lambda: messages({"type": "image", "source": {"type": "url", "url": PICTURE}}),
            "google-gemini",
            "messages[0].content[1].source.url",
        ),
        (
            lambda: messages({"type": "document", "source": {"type": "file", "file_id": "file_1"}}),
            "google-gemini",
            "messages[0].content[1].source.file_id",
        ),
    ],
)
def test_every_medium_is_named_where_its_client_put_it(
    request_of: Callable[[], ClientRequest], protocol: str, field: str
) -> None:
    refused = refusal(request_of(), protocol)
    assert refused.field == field
    assert f"`{field}`" in refused.message


def test_a_medium_inside_a_tools_result_is_named_there() -> None:
    call: dict[str, Any] = {"type": "tool_use", "id": "c", "name": "look", "input": {}}
    inside = {"type": "document", "source": {"type": "base64", "media_type": "application/zip", "data": "UEsDBA=="}}
    body = as_body(
        max_tokens=10,
        messages=[
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": [inside]}]},
        ],
    )
    refused = refusal(parse_messages(body, LIMITS), "bedrock-converse")
    assert refused.field == "messages[2].content[0].content[0].source"


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (parse_chat(as_body(messages=[{"role": "user", "content": "word " * 5000}]), LIMITS), "messages"),
        (parse_completion(as_body(prompt="word " * 5000), LIMITS), "prompt"),
        (parse_responses(as_body(input="word " * 5000), LIMITS), "input"),
        (
            parse_messages(
                as_body(max_tokens=9, system="word " * 5000, messages=[{"role": "user", "content": "hi"}]), LIMITS
            ),
            "messages",
        ),
    ],
    ids=["chat", "completions", "responses", "messages"],
)
def test_what_is_wrong_with_the_whole_conversation_is_said_of_its_own_field(
    request_: ClientRequest, field: str
) -> None:
    limits = CompressionLimits(budget_tokens=-10_000, messages_max=None)
    assert refusal(request_, "openai-chat", compression=limits).field == field


@pytest.mark.parametrize(
    ("request_of", "field"),
    [
        (lambda: chat(reasoning={"enabled": False}), "reasoning"),
        (lambda: responses(reasoning={"effort": "none"}), "reasoning"),
        (lambda: messages(thinking={"type": "disabled"}), "thinking"),
    ],
    ids=["chat", "responses", "messages"],
)
@pytest.mark.parametrize("protocol", ["openai-chat", "openai-responses", "google-gemini", "anthropic-messages"])
def test_a_wish_for_no_reasoning_is_refused_by_its_own_name(
    protocol: str, request_of: Callable[[], ClientRequest], field: str
) -> None:
    refused = refusal(request_of(), protocol, reasoning_mandatory=True)
    assert refused.field == field and f"`{field}`" in refused.message


@pytest.mark.parametrize(("way", "cap"), [(chat, "max_tokens"), (responses, "max_output_tokens")])
def test_a_budget_beyond_the_answer_names_the_clients_own_cap(way: Callable[..., ClientRequest], cap: str) -> None:
    with pytest.raises(InvalidRequest, match=f"`{cap}` is 50"):
        way(reasoning={"max_tokens": 90}, **{cap: 50})
