"""What an operation without a conversation (embeddings, rerank, images …) tells the gateway of a request.

Its own request adds what it asks for. Everything here has the value that means "not asked for".
"""

from collections.abc import Mapping

import msgspec
from msgspec import Raw, Struct

from trunkline.protocols.lenient_json import NOTHING
from trunkline.protocols.validation import decode, invalid

_TEXT_ONLY = frozenset({"text"})
_NONE = frozenset[str]()

USER_CHARS_MAX = 256
_string = msgspec.json.Decoder(str)
_strings = msgspec.json.Decoder(list[str])
_object = msgspec.json.Decoder(dict[str, Raw])


class PlainRequest(Struct, frozen=True, kw_only=True):
    """Implements `protocols.client.AskedRequest`."""

    models: tuple[str, ...]
    provider: Raw = NOTHING
    user: str | None = None
    session_id: str | None = None
    metadata: str | None = None
    prompt_field: str = "input"
    prompt_tokens_estimate: int = 0
    input_modalities: frozenset[str] = _TEXT_ONLY
    output_modalities: frozenset[str] = _NONE
    used_parameters: frozenset[str] = _NONE
    stream: bool = False
    n: int = 1
    num_images: int = 0
    num_audio: int = 0
    num_media: int = 0
    plugins: Raw = NOTHING
    route: str | None = None
    preset: str | None = None
    max_output_tokens: int | None = None
    service_tier: str | None = None
    wants_pro: bool = False
    echo_upstream_body: bool = False


class PlainHead(Struct, frozen=True, kw_only=True):
    """The members that all of them share (inference.md 20–25, 28)."""

    models: tuple[str, ...]
    provider: Raw
    user: str | None
    session_id: str | None
    metadata: str | None


def plain_head(members: Mapping[str, Raw], models_max: int) -> PlainHead:
    """`model`, `models`, `provider`, `user`, `session_id`, `metadata`. Raises InvalidRequest."""
    models = [_text(members, "model")] if "model" in members else []
    if "models" in members:
        more = decode(_strings, members["models"], "models")
        if len(more) > models_max:
            raise invalid("models", f"must have {models_max} items or fewer.")
        models += more
    if not models:
        raise invalid("model", "is missing. Name one, as author/name.")
    for name in ("provider", "metadata"):
        if name in members:
            decode(_object, members[name], name)
    return PlainHead(
        models=tuple(dict.fromkeys(models)),
        provider=members.get("provider", NOTHING),
        user=_short(members, "user"),
        session_id=_short(members, "session_id"),
        metadata=bytes(members["metadata"]).decode() if "metadata" in members else None,
    )


def _text(members: Mapping[str, Raw], name: str) -> str:
    return decode(_string, members[name], name)


def _short(members: Mapping[str, Raw], name: str) -> str | None:
    if name not in members:
        return None
    text = _text(members, name)
    if len(text) > USER_CHARS_MAX:
        raise invalid(name, f"has {len(text)} characters, more than {USER_CHARS_MAX}. Send a shorter one.")
    return text
