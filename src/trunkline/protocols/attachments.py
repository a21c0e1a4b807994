"""Media that a message cannot hold at one upstream, moved to where it can (inference.md 8.4, 10.2, 11.1).

They go into a user message of their own: after the results of tools that follow, before whatever comes next.
"""

import msgspec
from msgspec import Raw, Struct, structs

from trunkline.protocols.requests import Image, Message, Part, Refusal, Text

ATTACHED_BELOW = "[see the attachment below]"
"""Stands where a message held nothing but media that had to move."""
ATTACHMENT_LABEL = "Attachment of the {role} message above:"


class _ImageUrl(Struct):
    url: str


class _AnsweredImage(Struct):
    image_url: _ImageUrl


_answered_image = msgspec.json.Decoder(_AnsweredImage)


class MovedMedia:
    """The media of one request that wait for their place."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[Part] = []

    def keep(self, message: Message, *, media_stay: bool, images_stay: bool = False) -> Message:
        """What of `message` stays where it is; the rest waits.

        `media_stay`: its role holds media here. `images_stay`: it keeps the `images` of an earlier answer.
        """
        kept = message.parts
        moved: list[Part] = []
        if not media_stay:
            kept = tuple(part for part in kept if isinstance(part, Text | Refusal))
            moved += [part for part in message.parts if not isinstance(part, Text | Refusal)]
        if not images_stay:
            moved += [_image(raw) for raw in message.images]
        if not moved:
            return message
        self._waiting += [Text(ATTACHMENT_LABEL.format(role=message.role)), *moved]
        if kept or message.tool_calls:
            return structs.replace(message, parts=kept)
        return structs.replace(message, parts=(Text(ATTACHED_BELOW),), plain=True)

    def take(self) -> Message | None:
        """The attachments that wait, as a message. Ask before every message but a tool's, and at the end."""
        if not self._waiting:
            return None
        parts, self._waiting = tuple(self._waiting), []
        return Message(role="user", parts=parts)


def _image(raw: Raw) -> Image:
    return Image(_answered_image.decode(raw).image_url.url)
