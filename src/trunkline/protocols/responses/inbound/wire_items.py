"""The items of `input` and their parts as they stand in JSON (inference.md 17.2): only the members that are read.

A message may leave out its `type`, so items are told apart by a look at their heads, then each is decoded typed.
Payloads of media stay raw: they are megabytes that nobody reads here.
"""

from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Raw, Struct

from trunkline.protocols.wire_types import EMPTY, CacheBreakpoint


class InputText(Struct, frozen=True, gc=False, tag_field="type", tag="input_text"):
    text: str
    prompt_cache_breakpoint: CacheBreakpoint | None = None


class OutputText(Struct, frozen=True, gc=False, tag_field="type", tag="output_text"):
    text: str


class RefusalPart(Struct, frozen=True, gc=False, tag_field="type", tag="refusal"):
    refusal: str


class InputImage(Struct, frozen=True, gc=False, tag_field="type", tag="input_image"):
    image_url: Raw = EMPTY
    detail: Literal["auto", "low", "high", "original"] | None = None
    file_id: str | None = None
    prompt_cache_breakpoint: CacheBreakpoint | None = None


class InputFile(Struct, frozen=True, gc=False, tag_field="type", tag="input_file"):
    file_data: Raw = EMPTY
    file_url: Raw = EMPTY
    file_id: str | None = None
    filename: str | None = None
    prompt_cache_breakpoint: CacheBreakpoint | None = None


class AudioBody(Struct, frozen=True, gc=False):
    data: Raw
    format: str


class InputAudio(Struct, frozen=True, gc=False, tag_field="type", tag="input_audio"):
    input_audio: AudioBody


class InputVideo(Struct, frozen=True, gc=False, tag_field="type", tag="input_video"):
    video_url: Raw


WirePart: TypeAlias = InputText | OutputText | RefusalPart | InputImage | InputFile | InputAudio | InputVideo
Content: TypeAlias = str | list[WirePart]


class ItemHead(Struct, frozen=True, gc=False):
    """What tells one kind of item from another."""

    type: str | None = None
    role: str | None = None
    id: str | None = None


class MessageItem(Struct, frozen=True, gc=False):
    role: Literal["user", "system", "developer", "assistant"]
    content: Content | None = None


class ThoughtPart(Struct, frozen=True, gc=False):
    """Of `summary` and `content`."""

    text: str


class ReasoningItem(Struct, frozen=True, gc=False):
    id: str | None = None
    summary: list[ThoughtPart] | None = None
    content: list[ThoughtPart] | None = None
    encrypted_content: str | None = None
    signature: str | None = None
    format: str | None = None


class FunctionCallItem(Struct, frozen=True, gc=False):
    call_id: str
    name: str
    arguments: str = ""
    namespace: str | None = None


class CustomCallItem(Struct, frozen=True, gc=False):
    call_id: str
    name: str
    input: str = ""
    namespace: str | None = None


class OutputItem(Struct, frozen=True, gc=False):
    """The result of a call."""

    call_id: str
    output: Content


class ImageItem(Struct, frozen=True, gc=False):
    """An image of an earlier answer."""

    result: str | None = None


class ToolsItem(Struct, frozen=True, gc=False):
    tools: list[Raw]


class ClientToolItem(Struct, frozen=True, gc=False):
    """A call of a shell, an editor, a computer, that the client ran, or its result."""

    call_id: str | None = None
    id: str | None = None
    name: str | None = None
    arguments: Raw = EMPTY
    action: Raw = EMPTY
    operation: Raw = EMPTY
    output: Raw = EMPTY


items: Final = msgspec.json.Decoder(list[Raw])
head: Final = msgspec.json.Decoder(ItemHead)
message: Final = msgspec.json.Decoder(MessageItem)
reasoning: Final = msgspec.json.Decoder(ReasoningItem)
function_call: Final = msgspec.json.Decoder(FunctionCallItem)
custom_call: Final = msgspec.json.Decoder(CustomCallItem)
output: Final = msgspec.json.Decoder(OutputItem)
image: Final = msgspec.json.Decoder(ImageItem)
tools: Final = msgspec.json.Decoder(ToolsItem)
client_tool: Final = msgspec.json.Decoder(ClientToolItem)

CLIENT_CALLS: Final = frozenset({"local_shell_call", "shell_call", "apply_patch_call", "computer_call", "mcp_call"})
CLIENT_OUTPUTS: Final = frozenset(
    {"local_shell_call_output", "shell_call_output", "apply_patch_call_output", "computer_call_output"}
)
SERVER_ITEMS: Final = frozenset(
    {
        *("web_search_call", "file_search_call", "code_interpreter_call", "tool_search_call", "tool_search_output"),
        *("mcp_list_tools", "mcp_approval_request", "mcp_approval_response", "compaction", "context_compaction"),
        *("compaction_trigger", "agent_message"),
    }
)
"""Only an upstream of this format knows what to do with them; to others they are not sent."""
OWN_PREFIX: Final = "openrouter:"
"""Items of the gateway's own server tools."""
