"""What of a request body becomes a preset (routing-and-catalog.md 15.3)."""

import re
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.presets.types import NewVersion, PresetApi

SLUG_CHARS_MAX = 100
KEPT = (
    "model",
    "models",
    "provider",
    "route",
    "temperature",
    "top_p",
    "top_k",
    "top_a",
    "min_p",
    "frequency_penalty",
    "presence_penalty",
    "repetition_penalty",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "seed",
    "stop",
    "stop_sequences",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "response_format",
    "text",
    "reasoning",
    "reasoning_effort",
    "thinking",
    "verbosity",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "plugins",
    "service_tier",
    "modalities",
    "image_config",
    "max_tool_calls",
    "stop_server_tools_when",
    "cache_enabled",
    "cache_ttl_seconds",
)
"""Members that a preset holds, in the order in which it shows them; all others are of one request."""
MARK = "@preset/"

_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


class _Part(Struct, frozen=True):
    type: str = "text"
    text: str | None = None


class _Message(Struct, frozen=True):
    role: str
    content: str | list[_Part] | None = None


_messages = msgspec.json.Decoder(list[_Message])
_text: msgspec.json.Decoder[str] = msgspec.json.Decoder(str)
_text_or_parts: msgspec.json.Decoder[str | list[_Part]] = msgspec.json.Decoder(str | list[_Part])


def require_slug(slug: str) -> str:
    """The slug, if it is one. Raises InvalidRequest."""
    if len(slug) > SLUG_CHARS_MAX or not _SLUG.fullmatch(slug):
        raise InvalidRequest(
            f"{slug[:SLUG_CHARS_MAX]!r} is no preset slug: small letters and digits, in words joined by - or _, at "
            f"most {SLUG_CHARS_MAX} characters.",
            field="slug",
        )
    return slug


def new_version(members: Mapping[str, Raw], api: PresetApi) -> NewVersion:
    """The settings in a request body; `members` are those of a body that passed the API's own validation.

    Raises InvalidRequest for a body whose model is itself a preset.
    """
    kept = {name: raw for name in KEPT if (raw := members.get(name)) is not None and bytes(raw) != b"null"}
    if (model := kept.get("model")) is not None and MARK in _text.decode(model):
        raise InvalidRequest("A preset cannot stand on another preset: name a model in `model`.", field="model")
    return NewVersion(config=json.encode(kept).decode(), system_prompt=_system_prompt(members, api))


def _system_prompt(members: Mapping[str, Raw], api: PresetApi) -> str | None:
    match api:
        case "chat":
            return _leading_system(members.get("messages"))
        case "messages":
            return _joined(members.get("system"))
        case "responses":
            return _joined(members.get("instructions"))


def _leading_system(raw: Raw | None) -> str | None:
    """The text of the system and developer messages that the conversation begins with."""
    if raw is None:
        return None
    texts: list[str] = []
    for message in _messages.decode(raw):
        if message.role not in ("system", "developer"):
            break
        texts.append(_plain(message.content))
    return _paragraphs(texts)


def _joined(raw: Raw | None) -> str | None:
    return None if raw is None or bytes(raw) == b"null" else _paragraphs([_plain(_text_or_parts.decode(raw))])


def _plain(content: str | list[_Part] | None) -> str:
    if isinstance(content, str):
        return content
    return "\n\n".join(part.text for part in content or () if part.text)


def _paragraphs(texts: Iterable[str]) -> str | None:
    return "\n\n".join(text for text in texts if text) or None
