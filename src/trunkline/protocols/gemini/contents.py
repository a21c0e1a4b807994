"""The hub's messages as `contents` and `systemInstruction` (inference.md 30.1, 30.2, 8.4)."""

from collections.abc import Sequence
from typing import Final, Literal

from msgspec import UNSET, Struct

from trunkline.core.errors import InvalidPrompt
from trunkline.protocols.attachments import MovedMedia
from trunkline.protocols.gemini import functions
from trunkline.protocols.gemini.assistant_turn import AssistantTurns
from trunkline.protocols.gemini.families import Family
from trunkline.protocols.gemini.media import audio_part, file_part, image_part, video_part
from trunkline.protocols.gemini.written import Content, WrittenPart
from trunkline.protocols.requests import Audio, File, Image, Message, Part, Refusal, Text, Video
from trunkline.protocols.support import nothing_left

_PLACEHOLDER: Final = "."
"""Opens a conversation that would begin with the model's own words."""
_SYSTEM_ROLES = ("system", "developer")


class Conversation(Struct, frozen=True):
    """What is sent of all messages."""

    contents: list[Content]
    system: list[WrittenPart]
    """Parts of `systemInstruction`; empty: none is sent."""
    marked: list[WrittenPart]
    """Those of all these parts that the caller wants cached, with everything before them."""


def write_conversation(messages: Sequence[Message], family: Family, *, call_ids: bool) -> Conversation:
    """All messages, neighbours of one role merged, in the order of the conversation.

    `call_ids`: calls and results carry the ids by which they are paired. Raises InvalidPrompt when nothing is left,
    or a result answers no call; InvalidRequest for media that cannot be sent.
    """
    writer = _Writer(family, call_ids=call_ids)
    leading = 0
    while leading < len(messages) and messages[leading].role in _SYSTEM_ROLES:
        writer.add_system(messages[leading])
        leading += 1
    for index in range(leading, len(messages)):
        writer.add(messages[index])
    return writer.finish()


class _Writer:
    """Messages in order. Results wait for the last of their turn, media that a role cannot hold for a user message."""

    __slots__ = (
        "_calls",
        "_contents",
        "_family",
        "_marked",
        "_moved",
        "_result_is_marked",
        "_results",
        "_system",
        "_turns",
    )

    def __init__(self, family: Family, *, call_ids: bool) -> None:
        self._family = family
        self._calls = functions.CallNames(ids_are_sent=call_ids)
        self._turns = AssistantTurns(family, self._calls)
        self._moved = MovedMedia()
        self._contents: list[Content] = []
        self._system: list[WrittenPart] = []
        self._results: list[functions.Result] = []
        self._marked: list[WrittenPart] = []
        self._result_is_marked = False

    def add_system(self, message: Message) -> None:
        self._system += self._parts(self._moved.keep(message, media_stay=False))

    def add(self, message: Message) -> None:
        if message.role == "tool":
            self._results.append(self._result(message))
            return
        self._flush()
        is_model = message.role == "assistant"
        paints = self._family.paints
        stays = message.role == "user" or (is_model and paints)
        kept = self._moved.keep(message, media_stay=stays, images_stay=paints)
        parts = self._parts(kept)
        if is_model:
            self._append("model", self._turns.write(kept, parts))
        else:
            self._append("user", parts)

    def finish(self) -> Conversation:
        self._flush()
        system = self._system
        if system and (not self._contents or not self._family.system_instruction):
            # No other message, or a model that is not instructed: the system's words are the user's.
            if self._contents and self._contents[0].role == "user":
                self._contents[0].parts[:0] = system
            else:
                self._contents.insert(0, Content("user", system))
            system = []
        if not self._contents:
            raise nothing_left()
        if self._contents[0].role == "model":
            self._contents.insert(0, Content("user", [WrittenPart(text=_PLACEHOLDER)]))
        return Conversation(self._contents, system, self._marked)

    def _flush(self) -> None:
        """Before a message: the results of the turn, and media of earlier messages."""
        if self._results:
            nested = self._family.media_in_results
            written = self._calls.write_results(self._results, media_inside=nested)
            self._append("user", written)
            self._results = []
            if self._result_is_marked:
                # The results of a turn belong together: they are cached together.
                self._marked.append(written[-1])
                self._result_is_marked = False
        attached = self._moved.take()
        if attached is not None:
            self._append("user", self._parts(attached))

    def _append(self, role: Literal["user", "model"], parts: list[WrittenPart]) -> None:
        if not parts:
            return
        if self._contents and self._contents[-1].role == role:
            self._contents[-1].parts.extend(parts)
        else:
            self._contents.append(Content(role, parts))

    def _result(self, message: Message) -> functions.Result:
        call_id = message.tool_call_id or ""
        if call_id not in self._calls:
            raise InvalidPrompt(
                "A tool's result names no call of an earlier message. Send the message with the call before it."
            )
        self._result_is_marked |= any(isinstance(part, Text) and part.cache is not None for part in message.parts)
        text = "".join(part.text for part in message.parts if isinstance(part, Text))
        media = [self._part(part) for part in message.parts if not isinstance(part, Text)]
        return functions.Result(call_id, text, media)

    def _parts(self, message: Message) -> list[WrittenPart]:
        """The message's own parts; empty texts say nothing, and a name goes in front (30.1)."""
        parts = [self._part(part) for part in message.parts if not (isinstance(part, Text) and not part.text)]
        if message.name is not None and parts and parts[0].text is not UNSET:
            parts[0].text = f"{message.name}: {parts[0].text}"
        return parts

    def _part(self, part: Part) -> WrittenPart:
        written = self._write(part)
        if not isinstance(part, Refusal) and part.cache is not None:
            self._marked.append(written)
        return written

    def _write(self, part: Part) -> WrittenPart:
        match part:
            case Text():
                return WrittenPart(text=part.text)
            case Refusal():
                return WrittenPart(text=part.refusal)
            case Image():
                return image_part(part, self._family)
            case File():
                return file_part(part, self._family)
            case Audio():
                return audio_part(part)
            case Video():
                return video_part(part, self._family)
