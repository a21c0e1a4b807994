"""A validated chat or completions request: what the gateway, routing and both encoders ask of it."""

from collections.abc import Iterable, Iterator
from itertools import chain, count

from msgspec import Raw

from trunkline.protocols.chat.survey import UPLOAD, Survey
from trunkline.protocols.chat.wire_messages import DeveloperMessage, SystemMessage, TextPart, WireMessage, WirePart
from trunkline.protocols.chat.wire_request import HEAD, Head, JsonSchemaResponse, WireTool
from trunkline.protocols.headed_request import HeadedRequest
from trunkline.protocols.opening import OPENING_CHARS_MAX
from trunkline.protocols.requests import Reasoning, ToolChoice
from trunkline.protocols.wire_types import COMPRESSION_OFF, COMPRESSION_ON, EMPTY

BESIDE_HEAD = frozenset({"messages", "tools", "tool_choice"})
"""Documented members that are decoded on their own."""


class ChatRequest(HeadedRequest, frozen=True, kw_only=True):
    """One validated request."""

    head: Head
    messages: tuple[WireMessage, ...]
    survey: Survey
    tools: tuple[WireTool, ...]
    tool_choice: ToolChoice | None
    reasoning: Reasoning | None
    text_completion: bool
    """A `prompt` was given: the answer takes the shape of inference.md 19."""
    size_bytes: int
    stream: bool
    max_output_tokens: int | None

    @property
    def prompt_cache_key(self) -> str | None:
        return self.head.prompt_cache_key

    def opening(self) -> tuple[bytes, bytes]:
        """See `protocols.opening`, whose words these are in fewer calls: every request is asked for this."""
        first_system = b""
        for message in self.messages:
            is_system = isinstance(message, SystemMessage | DeveloperMessage)
            if is_system and first_system:
                continue
            content = message.content or ""
            text = content if isinstance(content, str) else "".join(_texts(content))
            start = text[:OPENING_CHARS_MAX].encode()
            if not is_system:
                return first_system, start
            first_system = start
        return first_system, b""

    @property
    def plugins(self) -> Raw:
        """The `plugins` array as sent; empty when absent. The older `transforms` stand for the plugin that they became
        (routing-and-catalog.md 16.2), unless there are plugins."""
        sent = self.members.get("plugins", EMPTY)
        if self.head.transforms is None or len(sent):
            return sent
        return COMPRESSION_ON if "middle-out" in self.head.transforms else COMPRESSION_OFF

    @property
    def input_modalities(self) -> frozenset[str]:
        """`text` and whatever else stands in any message."""
        return self.survey.input_modalities

    @property
    def output_modalities(self) -> frozenset[str]:
        """Asked for explicitly; empty: the model's default."""
        return frozenset(self.head.modalities or ())

    @property
    def prompt_field(self) -> str:
        return "prompt" if self.text_completion else "messages"

    @property
    def n(self) -> int:
        return self.head.n or 1

    @property
    def user(self) -> str | None:
        """The caller's end user: for records, never sent upstream (inference.md 28)."""
        return self.head.user if self.head.user is not None else self.head.safety_identifier

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
    def wants_pro(self) -> bool:
        return self.head.reasoning is not None and self.head.reasoning.mode == "pro"

    @property
    def answer_tool(self) -> str | None:
        """What a tool is called that stands in for structured output; None where none is asked for."""
        asked = self.head.response_format
        if not isinstance(asked, JsonSchemaResponse):
            return None
        name = asked.json_schema.name
        taken = {tool.function.name for tool in self.tools}
        others = (f"{name[:56]}_{number}" for number in count(2))
        return next(free for free in chain((name,), others) if free not in taken)

    @property
    def echo_upstream_body(self) -> bool:
        """Only streams echo (inference.md 4.6)."""
        return self.stream and self.head.debug is not None and bool(self.head.debug.echo_upstream_body)

    @property
    def names_uploads(self) -> bool:
        """Some part is a file of the workspace."""
        return self.survey.all_traits & UPLOAD != 0

    @property
    def include_reasoning(self) -> bool:
        """The answer shows reasoning."""
        return self.reasoning is None or not self.reasoning.exclude


def is_extra(name: str) -> bool:
    """True for a member that the hub has no word for: passed on only where the endpoint takes it."""
    return (name not in HEAD.keys and name not in BESIDE_HEAD) or name == "prompt_cache_options"


def _texts(parts: Iterable[WirePart]) -> Iterator[str]:
    return (part.text for part in parts if isinstance(part, TextPart))
