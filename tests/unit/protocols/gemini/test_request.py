"""The golden request of inference.md 30.12 (a), and the members around the conversation."""

import pytest

from tests.unit.protocols.gemini.requests import NEWEST, PDF, PNG, call, detail, encode, target, user
from trunkline.core.errors import InvalidRequest
from trunkline.protocols.gemini.hosts import VERTEX
from trunkline.protocols.gemini.protocol import GeminiProtocol
from trunkline.protocols.gemini.request import LEAST_RESTRICTIVE
from trunkline.protocols.requests import Image

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def test_golden_conversation_with_system_image_pdf_signed_reasoning_parallel_calls_and_results() -> None:
    chat = {
        "messages": [
            {
                "role": "system",
                "content": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
            },
            user(
                [
                    {"type": "text", "text": "Where is this?"},
                    {"type": "image_url", "image_url": {"url": PNG, "detail": "high"}},
                    {"type": "file", "file": {"filename": "a.pdf", "file_data": PDF}},
                ]
            ),
            {
                "role": "assistant",
                "content": "Let me look.",
                "tool_calls": [call("a", "weather", '{"city":"Oslo"}'), call("b", "time", '{"city":"Oslo"}')],
                "reasoning_details": [
                    detail(type="reasoning.text", text="Oslo, I think."),
                    detail(type="reasoning.text", text="Signed.", signature="sig-thought", index=1),
                    detail(type="reasoning.encrypted", data="sig-call", id="a", index=2),
                ],
            },
            {"role": "tool", "tool_call_id": "b", "content": '{"hour": 9}'},
            {"role": "tool", "tool_call_id": "a", "content": "rain"},
        ],
        "tools": [
            {"type": "function", "function": {"name": "weather", "description": "Weather.", "parameters": SCHEMA}},
            {"type": "function", "function": {"name": "time", "strict": True}},
        ],
        "tool_choice": "required",
        "max_tokens": 1000,
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 40,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "seed": 7,
        "stop": ["END", ""],
        "logprobs": True,
        "top_logprobs": 3,
        "reasoning": {"effort": "high"},
        "user": "someone",
        "service_tier": "flex",
        "prompt_cache_key": "k",
    }
    assert encode(chat) == {
        "contents": [
            {
                "role": "user",
                "parts": [
                    {"text": "Where is this?"},
                    {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}},
                    {"inlineData": {"mimeType": "application/pdf", "data": "JVBERi0xLjQK"}},
                ],
            },
            {
                "role": "model",
                "parts": [
                    {"text": "Signed.", "thought": True, "thoughtSignature": "sig-thought"},
                    {"text": "Let me look."},
                    {
                        "functionCall": {"name": "weather", "args": {"city": "Oslo"}, "id": "a"},
                        "thoughtSignature": "sig-call",
                    },
                    {"functionCall": {"name": "time", "args": {"city": "Oslo"}, "id": "b"}},
                ],
            },
            {
                "role": "user",
                "parts": [
                    {"functionResponse": {"name": "weather", "response": {"output": "rain"}, "id": "a"}},
                    {"functionResponse": {"name": "time", "response": {"hour": 9}, "id": "b"}},
                ],
            },
        ],
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "tools": [
            {
                "functionDeclarations": [
                    {"name": "weather", "description": "Weather.", "parametersJsonSchema": SCHEMA},
                    {"name": "time"},
                ]
            }
        ],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY"}},
        "generationConfig": {
            "maxOutputTokens": 1000,
            "temperature": 0.5,
            "topP": 0.9,
            "topK": 40,
            "frequencyPenalty": 0.1,
            "presencePenalty": 0.2,
            "seed": 7,
            "stopSequences": ["END"],
            "responseLogprobs": True,
            "logprobs": 3,
            "thinkingConfig": {"thinkingLevel": "high", "includeThoughts": True},
        },
        "safetySettings": list(LEAST_RESTRICTIVE),
    }


def test_nothing_asked_for_is_nothing_sent() -> None:
    assert encode({}).keys() == {"contents", "safetySettings"}


def test_parameters_that_the_endpoint_does_not_take_are_left_out() -> None:
    chat = {
        "temperature": 1,
        "seed": 1,
        "reasoning": {"effort": "low"},
        "tools": [{"type": "function", "function": {"name": "f"}}],
        "tool_choice": "auto",
    }
    body = encode(chat, target(supported_parameters=frozenset({"temperature", "tools"})))
    assert body["generationConfig"] == {"temperature": 1}
    assert "toolConfig" not in body
    assert "tools" not in encode(chat, target(supported_parameters=frozenset({"temperature"})))


@pytest.mark.parametrize(
    ("choice", "calling"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        ({"type": "function", "function": {"name": "f"}}, {"mode": "ANY", "allowedFunctionNames": ["f"]}),
    ],
)
def test_tool_choices_are_modes(choice: object, calling: object) -> None:
    body = encode({"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": choice})
    assert body["toolConfig"] == {"functionCallingConfig": calling}


def test_safety_settings_are_the_callers_where_the_operator_lets_them() -> None:
    strict = [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_LOW_AND_ABOVE"}]
    chat = {"safetySettings": strict, "cachedContent": "cachedContents/1"}
    body = encode(chat, target(passthrough=frozenset({"safetySettings"})))
    assert body["safetySettings"] == strict
    assert "cachedContent" not in body
    assert encode(chat)["safetySettings"] == list(LEAST_RESTRICTIVE)


@pytest.mark.parametrize(
    ("protocol", "model", "stream", "path"),
    [
        (GeminiProtocol(), NEWEST, False, "models/gemini-3-flash-preview:generateContent"),
        (GeminiProtocol(), NEWEST, True, "models/gemini-3-flash-preview:streamGenerateContent?alt=sse"),
        (GeminiProtocol(), "tunedModels/mine", False, "tunedModels/mine:generateContent"),
        (
            GeminiProtocol(VERTEX),
            "gemini-2.5-pro",
            False,
            "publishers/google/models/gemini-2.5-pro:generateContent",
        ),
    ],
)
def test_model_and_kind_of_answer_are_in_the_path(
    protocol: GeminiProtocol, model: str, stream: bool, path: str
) -> None:
    assert protocol.path(target(model), stream=stream) == path


@pytest.mark.parametrize("url", ["https://acme.example/a.png", "https://generativelanguage.googleapis.com/v1beta/a"])
def test_vertex_opens_no_address_for_a_caller(url: str) -> None:
    """It would open them as the operator, whose files are not the caller's to read."""
    assert GeminiProtocol(VERTEX).needs_content(Image(url), target())
    with pytest.raises(InvalidRequest, match="cannot be sent an address"):
        encode({"messages": [user([{"type": "image_url", "image_url": {"url": url}}])]}, host=VERTEX)
