"""A validated Responses request: what the gateway, routing and both encoders ask of it."""

from msgspec import Raw

from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.protocols.headed_request import HeadedRequest
from trunkline.protocols.hub_survey import HubSurvey
from trunkline.protocols.lenient_json import list_of
from trunkline.protocols.opening import opening_of
from trunkline.protocols.requests import GenerationRequest, Message, Text
from trunkline.protocols.responses.inbound.tool_names import ToolNames
from trunkline.protocols.responses.inbound.wire_request import Head
from trunkline.protocols.wire_types import COMPRESSION_ON, EMPTY

_COMPRESSION = b"context-compression"


class ResponsesRequest(HeadedRequest, frozen=True, kw_only=True):
    """One validated request."""

    head: Head
    hub: GenerationRequest
    survey: HubSurvey
    tool_names: ToolNames
    refusal_elsewhere: InvalidRequest | None
    """Why upstreams of other formats cannot serve it."""
    edits_input: bool
    """Some item may not go to an upstream of this format as it stands."""
    names_uploads: bool

    @property
    def prompt_cache_key(self) -> str | None:
        return self.head.prompt_cache_key

    def opening(self) -> tuple[bytes, bytes]:
        """See `protocols.opening`."""
        return opening_of((message.role, _text(message)) for message in self.hub.messages)

    @property
    def stream(self) -> bool:
        return self.hub.stream

    @property
    def plugins(self) -> Raw:
        """As sent; `truncation: "auto"` switches the shortening of conversations on, unless they speak of it."""
        sent = self.members.get("plugins", EMPTY)
        if self.head.truncation != "auto" or _COMPRESSION in bytes(sent):
            return sent
        listed = list_of(sent)
        return json.raw([*listed, *list_of(COMPRESSION_ON)]) if listed else COMPRESSION_ON

    @property
    def input_modalities(self) -> frozenset[str]:
        return self.survey.media.modalities

    @property
    def output_modalities(self) -> frozenset[str]:
        return frozenset(self.hub.modalities)

    @property
    def prompt_field(self) -> str:
        return "input"

    @property
    def max_output_tokens(self) -> int | None:
        return self.head.max_output_tokens

    @property
    def n(self) -> int:
        """This format has one answer only."""
        return 1

    @property
    def service_tier(self) -> str | None:
        return self.hub.service_tier

    @property
    def wants_pro(self) -> bool:
        return self.head.reasoning is not None and self.head.reasoning.mode == "pro"

    @property
    def user(self) -> str | None:
        return self.head.user if self.head.user is not None else self.head.safety_identifier

    @property
    def metadata(self) -> str | None:
        raw = self.members.get("metadata")
        return None if raw is None else bytes(raw).decode()

    @property
    def echo_upstream_body(self) -> bool:
        """Only streams echo (inference.md 4.6)."""
        return self.stream and self.head.debug is not None and bool(self.head.debug.echo_upstream_body)

    @property
    def include_reasoning(self) -> bool:
        return self.hub.reasoning is None or not self.hub.reasoning.exclude


def _text(message: Message) -> str:
    return "".join(part.text for part in message.parts if isinstance(part, Text))
