"""A Messages request: bytes in, validated; what routing, holds and records are told of it (inference.md 18.1)."""

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import TypeVar

import msgspec
from msgspec import Raw

from trunkline.core import ids
from trunkline.core.errors import InvalidRequest
from trunkline.protocols.headed_request import HeadedRequest
from trunkline.protocols.heard import Expected
from trunkline.protocols.hub_survey import HubSurvey, survey_of, used_parameters
from trunkline.protocols.messages.hub_request import Said, hub_request
from trunkline.protocols.messages.tools_in import read_tools
from trunkline.protocols.messages.wire_blocks import (
    BlockIn,
    DocumentBlockIn,
    DocumentSource,
    FileSource,
    ImageBlockIn,
    MessageIn,
    TextBlockIn,
    ToolResultBlockIn,
    UrlSource,
    read_blocks,
    read_messages,
    read_system,
)
from trunkline.protocols.messages.wire_request import FALLBACKS_MAX, HEAD, USER_CHARS_MAX, Head
from trunkline.protocols.opening import opening_of
from trunkline.protocols.requests import GenerationRequest, JsonSchema
from trunkline.protocols.validation import ParseLimits, check_nesting, decode, invalid, invalid_prompt, top_level
from trunkline.protocols.wire_types import ModelSlug

R = TypeVar("R", bound="MessagesRequest")

_slug: msgspec.json.Decoder[str] = msgspec.json.Decoder(ModelSlug)
_TYPED = frozenset({"messages", "tools"})
"""Members whose depth is checked where it is free, part by part."""


class MessagesRequest(HeadedRequest, frozen=True, kw_only=True):
    """Implements `protocols.client.AskedRequest`."""

    said: Said
    head: Head
    survey: HubSurvey
    names_uploads: bool
    names_addresses: bool
    """Some medium is given by its address."""
    hub: GenerationRequest | None
    """The request in no provider's format; None where it holds media, which are not to be kept twice."""

    @property
    def prompt_cache_key(self) -> str | None:
        """This format has none."""
        return None

    def opening(self) -> tuple[bytes, bytes]:
        """See `protocols.opening`."""
        system = (("system", _text(self.said.system or "")),)
        return opening_of(chain(system, ((message.role, _text(message.content)) for message in self.said.messages)))

    @property
    def stream(self) -> bool:
        return bool(self.head.stream)

    @property
    def input_modalities(self) -> frozenset[str]:
        return self.survey.media.modalities

    @property
    def output_modalities(self) -> frozenset[str]:
        return frozenset()

    @property
    def prompt_field(self) -> str:
        return "messages"

    @property
    def max_output_tokens(self) -> int | None:
        return self.head.max_tokens

    @property
    def n(self) -> int:
        return 1

    @property
    def service_tier(self) -> str | None:
        return self.said.service_tier

    @property
    def wants_pro(self) -> bool:
        """Messages has no word for it."""
        return False

    @property
    def user(self) -> str | None:
        """`user`, else `metadata.user_id` (inference.md 18.1)."""
        head = self.head
        if head.user is None and head.metadata is not None and head.metadata.user_id is not None:
            return head.metadata.user_id[:USER_CHARS_MAX]
        return head.user

    @property
    def metadata(self) -> str | None:
        """Nothing but the end user stands there, and that is recorded as `user`."""
        return None

    @property
    def echo_upstream_body(self) -> bool:
        return False

    @property
    def answer_tool(self) -> str | None:
        """The name under which an answer that follows a schema comes as a call, where the upstream needs that."""
        return self.said.answer_tool

    @property
    def include_reasoning(self) -> bool:
        """Always: `display` hides the words of thinking, never what must come back with the next turn."""
        return True

    def to_hub(self) -> GenerationRequest:
        """Raises InvalidRequest when there is a tool that only upstreams of this format run."""
        self.said.tools.require_functions()
        return self.hub if self.hub is not None else hub_request(self.said)

    def expected(self) -> Expected:
        """Server tools are called by their upstream: of requests with any, calls are not judged."""
        tools, schema = self.said.tools, self.head.schema
        output = None if schema is None else JsonSchema("answer", schema.schema)
        return Expected(tools.functions if tools.native_only is None else None, output)


def read_request(body: bytes, limits: ParseLimits, type_: type[R]) -> R:
    """The body of POST /messages. Raises InvalidRequest or InvalidPrompt for anything that is no request."""
    members = top_level(body)
    head = HEAD.read(members)
    models = _models(head, limits)
    _check_free_form(members, limits)
    if "messages" not in members:
        raise invalid("messages", "is missing. Send at least one message.")
    messages = read_messages(members["messages"])
    if not messages:
        raise invalid_prompt("messages", "is empty. Send at least one message.")
    if len(messages) > limits.messages_max:
        raise invalid(
            "messages",
            f"has {len(messages):,} entries, more than {limits.messages_max:,}. Shorten the conversation.",
        )
    system = members.get("system")
    said = Said(
        members=members,
        head=head,
        system=None if system is None else read_system(system),
        messages=messages,
        tools=read_tools(members.get("tools"), members.get("tool_choice"), limits),
        nesting_max=limits.nesting_max,
    )
    hub = hub_request(said)
    survey = survey_of(hub)
    return type_(
        said=said,
        members=members,
        head=head,
        survey=survey,
        models=models,
        used_parameters=used_parameters(hub),
        names_uploads=survey.names_uploads and any(map(_is_upload, _sources(messages))),
        names_addresses=survey.media.total > 0 and any(isinstance(s, UrlSource) for s in _sources(messages)),
        hub=None if survey.media.total else hub,
    )


def _models(head: Head, limits: ParseLimits) -> tuple[str, ...]:
    if head.fallbacks is not None:
        more = _fallbacks(head.fallbacks, has_models=head.models is not None)
    else:
        more = head.models or []
        if len(more) > limits.models_max:
            raise InvalidRequest(f"'models' array must have {limits.models_max} items or fewer.", field="models")
    return tuple(dict.fromkeys([head.model, *more] if head.model else more))


def _fallbacks(fallbacks: list[dict[str, Raw]], *, has_models: bool) -> list[str]:
    """At most three objects that have a `model` and nothing else (inference.md 18.1)."""
    if has_models:
        raise invalid("fallbacks", "cannot stand beside `models`. Send one of them.")
    if len(fallbacks) > FALLBACKS_MAX:
        raise invalid("fallbacks", f"has {len(fallbacks)} entries, more than {FALLBACKS_MAX}. Send fewer.")
    models: list[str] = []
    for index, fallback in enumerate(fallbacks):
        path = f"fallbacks[{index}]"
        for name in fallback:
            if name != "model":
                raise invalid(f"{path}.{name[:64]}", "is not supported: a fallback has only a `model`.")
        if "model" not in fallback:
            raise invalid(f"{path}.model", "is missing. Name the model to fall back to.")
        models.append(decode(_slug, fallback["model"], f"{path}.model"))
    return models


def _check_free_form(members: Mapping[str, Raw], limits: ParseLimits) -> None:
    for name, raw in members.items():
        if name not in _TYPED:
            check_nesting(raw, name, limits.nesting_max)


def _text(content: str | tuple[BlockIn, ...]) -> str:
    if isinstance(content, str):
        return content
    return "".join(block.text for block in content if isinstance(block, TextBlockIn))


def _sources(messages: tuple[MessageIn, ...]) -> Iterator[DocumentSource]:
    """Where the media of the messages come from, those in results of tools too."""
    for message in messages:
        if not isinstance(message.content, str):
            yield from _sources_of(message.content)


def _sources_of(blocks: tuple[BlockIn, ...]) -> Iterator[DocumentSource]:
    for block in blocks:
        if isinstance(block, ImageBlockIn | DocumentBlockIn):
            yield block.source
        elif isinstance(block, ToolResultBlockIn) and isinstance(block.content, list):
            yield from _sources_of(read_blocks(block.content, "messages"))


def _is_upload(source: DocumentSource) -> bool:
    """Whether it names a file of the workspace; another id is Anthropic's own affair."""
    return isinstance(source, FileSource) and ids.is_file_id(source.file_id) is not None
