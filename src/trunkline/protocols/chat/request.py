"""A chat or completions request: bytes in, a validated `ChatRequest` out; and from there to the hub.

The body is looked at once from above (members as raw text), the documented members are decoded typed, the messages
are walked once. Everything else stays the text that the caller wrote, ready for the native path.
"""

from collections.abc import Mapping

import msgspec
from msgspec import Raw, Struct

from trunkline.core.errors import InvalidPrompt, InvalidRequest
from trunkline.protocols.chat import messages as chat_messages
from trunkline.protocols.chat.reasoning import resolve
from trunkline.protocols.chat.survey import Survey, survey
from trunkline.protocols.chat.tools import parse_tool_choice, parse_tools
from trunkline.protocols.chat.validation import ParseLimits, check_nesting, decode, invalid, is_string, top_level
from trunkline.protocols.chat.wire_messages import EMPTY, WireMessage
from trunkline.protocols.chat.wire_request import (
    HEAD_KEYS,
    METADATA_PAIRS_MAX,
    Head,
    JsonObjectFormat,
    JsonSchemaResponse,
    WireTool,
)
from trunkline.protocols.requests import (
    CacheMarker,
    GenerationRequest,
    JsonObject,
    JsonSchema,
    Reasoning,
    Sampling,
    ToolChoice,
)

__all__ = ["ChatRequest", "ParseLimits", "parse_chat", "parse_completion", "to_hub"]

PARAMETERS = frozenset(
    {
        "temperature",
        "top_p",
        "top_k",
        "min_p",
        "top_a",
        "frequency_penalty",
        "presence_penalty",
        "repetition_penalty",
        "max_tokens",
        "max_completion_tokens",
        "logit_bias",
        "logprobs",
        "top_logprobs",
        "prediction",
        "seed",
        "stop",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "include_reasoning",
        "reasoning",
        "reasoning_effort",
        "web_search_options",
        "verbosity",
    }
)
"""The parameter enum (routing-and-catalog.md 4.3) but for the two that `response_format` decides on."""

BESIDE_HEAD = frozenset({"messages", "tools", "tool_choice"})
"""Documented members that are decoded on their own."""

_messages = msgspec.json.Decoder(list[WireMessage])
_head = msgspec.json.Decoder(Head)
_completion_logprobs: msgspec.json.Decoder[bool | int] = msgspec.json.Decoder(bool | int)
_prompts: msgspec.json.Decoder[str | list[str]] = msgspec.json.Decoder(str | list[str])


class ChatRequest(Struct, frozen=True, kw_only=True):
    """One validated request. `members` are all top-level members as sent, but for nulls; the rest is read from them."""

    members: Mapping[str, Raw]
    head: Head
    messages: tuple[WireMessage, ...]
    survey: Survey
    tools: tuple[WireTool, ...]
    tool_choice: ToolChoice | None
    reasoning: Reasoning | None
    models: tuple[str, ...]
    """`model` first, then `models`, duplicates removed, as sent; may be empty."""
    used_parameters: frozenset[str]
    """Exact names of the parameter enum that the request uses (routing-and-catalog.md 4.3)."""
    text_completion: bool
    """A `prompt` was given: the answer takes the shape of inference.md 19."""
    size_bytes: int

    @property
    def stream(self) -> bool:
        return bool(self.head.stream)

    @property
    def provider(self) -> Raw:
        """The `provider` object as sent; empty when absent."""
        return self.members.get("provider", EMPTY)

    @property
    def plugins(self) -> Raw:
        """The `plugins` array as sent; empty when absent."""
        return self.members.get("plugins", EMPTY)

    @property
    def route(self) -> str | None:
        return self.head.route

    @property
    def preset(self) -> str | None:
        return self.head.preset

    @property
    def input_modalities(self) -> frozenset[str]:
        """`text` and whatever else stands in any message."""
        return self.survey.input_modalities

    @property
    def output_modalities(self) -> frozenset[str]:
        """Asked for explicitly; empty: the model's default."""
        return frozenset(self.head.modalities or ())

    @property
    def prompt_tokens_estimate(self) -> int:
        return self.survey.tokens_estimate

    @property
    def max_output_tokens(self) -> int | None:
        return self.head.max_output_tokens

    @property
    def n(self) -> int:
        return self.head.n or 1

    @property
    def user(self) -> str | None:
        """The caller's end user: for records, never sent upstream (inference.md 28)."""
        return self.head.user if self.head.user is not None else self.head.safety_identifier

    @property
    def session_id(self) -> str | None:
        return self.head.session_id

    @property
    def metadata(self) -> str | None:
        """JSON text of the caller's `metadata` object."""
        raw = self.members.get("metadata")
        return None if raw is None else bytes(raw).decode()

    @property
    def service_tier(self) -> str | None:
        """`fast` is `priority`, and so is `speed:"fast"` where no tier is named (inference.md 14)."""
        tier = self.head.service_tier
        if tier == "fast" or (tier is None and self.head.speed == "fast"):
            return "priority"
        return tier

    @property
    def echo_upstream_body(self) -> bool:
        """Only streams echo (inference.md 4.6)."""
        return self.stream and self.head.debug is not None and bool(self.head.debug.echo_upstream_body)

    @property
    def include_reasoning(self) -> bool:
        """The answer shows reasoning."""
        return self.reasoning is None or not self.reasoning.exclude

    @property
    def num_images(self) -> int:
        return self.survey.images

    @property
    def num_audio(self) -> int:
        return self.survey.audio

    @property
    def num_media(self) -> int:
        """Images, files, recordings and videos together."""
        return self.survey.images + self.survey.files + self.survey.audio + self.survey.videos


def parse_chat(body: bytes, limits: ParseLimits) -> ChatRequest:
    """The body of POST /chat/completions. Raises InvalidRequest or InvalidPrompt for anything that is no request."""
    members = top_level(body)
    text_completion = "messages" not in members and "prompt" in members
    if text_completion:
        members = _with_prompt_as_message(members)
    return _parse(members, limits, text_completion=text_completion, size_bytes=len(body))


def parse_completion(body: bytes, limits: ParseLimits) -> ChatRequest:
    """The body of POST /completions (inference.md 19): `prompt` is one string, or an array of one.

    `logprobs` is a number there: so many alternatives for each token.
    """
    members = top_level(body)
    if "prompt" not in members:
        raise invalid("prompt", "is missing. Send the text to be continued.")
    members.pop("messages", None)
    members = _with_prompt_as_message(members)
    if (logprobs := members.get("logprobs")) is not None:
        count = decode(_completion_logprobs, logprobs, "logprobs")
        if not isinstance(count, bool):
            if not 0 <= count <= 20:
                raise invalid("logprobs", "must be between 0 and 20.")
            members["logprobs"] = Raw(b"true")
            members["top_logprobs"] = Raw(b"%d" % count)
    return _parse(members, limits, text_completion=True, size_bytes=len(body))


def _with_prompt_as_message(members: dict[str, Raw]) -> dict[str, Raw]:
    prompt = members.pop("prompt")
    if not is_string(prompt):
        texts = decode(_prompts, prompt, "prompt")
        if len(texts) != 1:
            raise invalid("prompt", "must be one string. Send one request for each prompt.")
        prompt = Raw(msgspec.json.encode(texts[0]))
    members["messages"] = chat_messages.user_message_of(prompt)
    return members


def _parse(members: dict[str, Raw], limits: ParseLimits, *, text_completion: bool, size_bytes: int) -> ChatRequest:
    head = _parse_head(members)
    for name, listed in (("stop", head.stop), ("modalities", head.modalities)):
        if listed == []:
            del members[name]  # an empty list says nothing, and some upstreams refuse it
    messages = _parse_messages(members, limits)
    raw_tools = members.get("tools")
    tools = parse_tools(raw_tools, limits)
    _check_head(head, limits)
    _check_free_form(members, limits)
    return ChatRequest(
        members=members,
        head=head,
        messages=messages,
        survey=survey(messages, len(raw_tools) if raw_tools is not None else 0),
        tools=tools,
        tool_choice=parse_tool_choice(members.get("tool_choice"), tools),
        reasoning=resolve(head.reasoning, head.reasoning_effort, head.include_reasoning, head.max_output_tokens),
        models=_models(head),
        used_parameters=_used_parameters(members, head),
        text_completion=text_completion,
        size_bytes=size_bytes,
    )


def _parse_head(members: Mapping[str, Raw]) -> Head:
    """The documented members, joined again without the big ones, in one typed decode."""
    documented: list[bytes | Raw] = []
    for name, raw in members.items():
        key = HEAD_KEYS.get(name)
        if key is not None:
            documented += (b",", key, raw)
    return decode(_head, b"{" + b"".join(documented[1:]) + b"}")


def _parse_messages(members: Mapping[str, Raw], limits: ParseLimits) -> tuple[WireMessage, ...]:
    raw = members.get("messages")
    if raw is None:
        raise InvalidRequest('Input required: specify "prompt" or "messages".', field="messages")
    messages = decode(_messages, raw, "messages")
    if not messages:
        raise InvalidPrompt("`messages` is empty. Send at least one message.", field="messages")
    if len(messages) > limits.messages_max:
        raise invalid(
            "messages",
            f"has {len(messages):,} entries, more than {limits.messages_max:,}. Shorten the conversation.",
        )
    return tuple(messages)


def _check_head(head: Head, limits: ParseLimits) -> None:
    """What no type can say: rules between members."""
    if head.models is not None and len(head.models) > limits.models_max:
        raise InvalidRequest(f"'models' array must have {limits.models_max} items or fewer.", field="models")
    if head.top_logprobs is not None and not head.logprobs:
        raise invalid("top_logprobs", "needs `logprobs: true`. Add it or leave `top_logprobs` out.")
    if head.metadata is not None and len(head.metadata) > METADATA_PAIRS_MAX:
        raise invalid("metadata", f"has {len(head.metadata)} pairs, more than {METADATA_PAIRS_MAX}. Send fewer.")
    if head.modalities is not None and "audio" in head.modalities and not head.stream:
        raise invalid("stream", "must be true when `modalities` asks for audio. Audio is only streamed.")


def _check_free_form(members: Mapping[str, Raw], limits: ParseLimits) -> None:
    for name, raw in members.items():
        if name != "messages" and name != "tools":
            check_nesting(raw, name, limits.nesting_max)


def _models(head: Head) -> tuple[str, ...]:
    named = ([head.model] if head.model else []) + (head.models or [])
    return tuple(dict.fromkeys(named))


def _used_parameters(members: Mapping[str, Raw], head: Head) -> frozenset[str]:
    used = PARAMETERS & members.keys()
    match head.response_format:
        case JsonSchemaResponse():
            return used | {"structured_outputs"}
        case JsonObjectFormat():
            return used | {"response_format"}
        case _:
            return used


def to_hub(request: ChatRequest) -> GenerationRequest:
    """The request in no provider's format. What the hub has no word for rides along in `extra`."""
    head, members = request.head, request.members
    output, output_raw = _output(request)
    return GenerationRequest(
        messages=tuple([chat_messages.hub_message(message) for message in request.messages]),
        tools=tuple([chat_messages.hub_tool(tool) for tool in request.tools]),
        tool_choice=request.tool_choice,
        parallel_tool_calls=head.parallel_tool_calls,
        sampling=_sampling(request),
        output=output,
        output_raw=output_raw,
        reasoning=request.reasoning,
        verbosity=head.verbosity,
        modalities=tuple(head.modalities or ()),
        audio=members.get("audio", EMPTY),
        image_config=members.get("image_config", EMPTY),
        prediction=members.get("prediction", EMPTY),
        web_search_options=members.get("web_search_options", EMPTY),
        service_tier=request.service_tier,
        prompt_cache_key=head.prompt_cache_key,
        cache=CacheMarker(head.cache_control.ttl) if head.cache_control is not None else None,
        stream=request.stream,
        extra={name: raw for name, raw in members.items() if is_extra(name)},
    )


def is_extra(name: str) -> bool:
    """True for a member that the hub has no word for: passed on only where the endpoint takes it."""
    return (name not in HEAD_KEYS and name not in BESIDE_HEAD) or name == "prompt_cache_options"


def _sampling(request: ChatRequest) -> Sampling:
    head = request.head
    stop = head.stop
    return Sampling(
        max_tokens=head.max_output_tokens,
        temperature=head.temperature,
        top_p=head.top_p,
        top_k=head.top_k,
        min_p=head.min_p,
        top_a=head.top_a,
        frequency_penalty=head.frequency_penalty,
        presence_penalty=head.presence_penalty,
        repetition_penalty=head.repetition_penalty,
        seed=head.seed,
        stop=(stop,) if isinstance(stop, str) else tuple(stop or ()),
        logit_bias=request.members.get("logit_bias", EMPTY),
        logprobs=head.logprobs,
        top_logprobs=head.top_logprobs,
        n=head.n,
    )


def _output(request: ChatRequest) -> tuple[JsonObject | JsonSchema | None, Raw]:
    match request.head.response_format:
        case None:
            return None, EMPTY
        case JsonObjectFormat():
            return JsonObject(), EMPTY
        case JsonSchemaResponse(json_schema=asked):
            return JsonSchema(asked.name, asked.schema, asked.description, asked.strict), EMPTY
        case _:
            return None, request.members["response_format"]
