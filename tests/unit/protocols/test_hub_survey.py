"""What routing is told of a hub request is what it is told of the chat request that says the same."""

import pytest
from msgspec import json

from trunkline.protocols.chat.client import ChatClientRequest
from trunkline.protocols.chat.request import parse_chat
from trunkline.protocols.hub_survey import survey_of, used_parameters
from trunkline.protocols.validation import ParseLimits

IMAGE = {"type": "image_url", "image_url": {"url": "https://a.example/x.png"}}
PDF = {"type": "file", "file": {"filename": "a.pdf", "file_data": "https://a.example/a.pdf"}}
SOUND = {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
TOOL = {"type": "function", "function": {"name": "get_temp", "parameters": {"type": "object"}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}


def asked(**members: object) -> ChatClientRequest:
    return parse_chat(json.encode({"messages": [{"role": "user", "content": "Grüße"}]} | members), ParseLimits())


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"temperature": 0.5, "top_p": 1, "top_k": 4, "min_p": 0, "top_a": 1, "seed": 7, "max_tokens": 9},
        {"frequency_penalty": 0.1, "presence_penalty": 0.1, "repetition_penalty": 1, "stop": ["x"]},
        {"logprobs": True, "top_logprobs": 2, "logit_bias": {"1": 2}, "verbosity": "low"},
        {"tools": [TOOL], "tool_choice": "auto", "parallel_tool_calls": False},
        {"tools": [], "tool_choice": "auto"},
        {"response_format": {"type": "json_object"}},
        {"response_format": SCHEMA},
        {"reasoning": {"effort": "low"}},
        {"prediction": {"type": "content", "content": "x"}, "web_search_options": {"search_context_size": "low"}},
    ],
)
def test_the_same_parameters_are_used(members: dict[str, object]) -> None:
    request = asked(**members)
    assert used_parameters(request.to_hub()) == request.used_parameters


def test_media_and_tokens_are_counted_alike() -> None:
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "What is this?"}, IMAGE, PDF, SOUND]},
        {
            "role": "assistant",
            "content": "A cat.",
            "reasoning": "Hm",
            "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}],
        },
        {"role": "tool", "tool_call_id": "c", "content": "ok"},
    ]
    request = asked(messages=messages)
    survey = survey_of(request.to_hub())
    assert survey.media == request.survey.media
    assert survey.media.modalities == request.input_modalities == {"text", "image", "file", "audio"}
    assert survey.tokens_estimate == request.prompt_tokens_estimate
