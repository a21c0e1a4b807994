"""Thought signatures of earlier turns, back to the parts that they came with (inference.md 7.5, 30.5).

Going out, a signature is a reasoning detail (`part_reader.py` writes them):

==========================  ==============================================================================
came on                     detail
==========================  ==============================================================================
a function call             `reasoning.encrypted`, `id` = id of the call
an image of the answer      `reasoning.encrypted`, `id` = `image_<ordinal of the image>_<20 characters>`
a text part                 `reasoning.text` with nothing but the signature
a thought                   `reasoning.text` with text and signature
==========================  ==============================================================================
"""

import re
from typing import Final

from msgspec import Struct

from trunkline.core import ids
from trunkline.protocols.reasoning.details import SentDetails, read_detail
from trunkline.protocols.requests import Message

FORMAT: Final = "google-gemini-v1"
UNKNOWN_SIGNATURE: Final = "skip_thought_signature_validator"
"""What the API takes for the signature of a call that another model made."""

_IMAGE_ID = re.compile(r"image_(\d{1,4})_\w+")


class SignedThought(Struct, frozen=True):
    text: str
    signature: str


class Signatures(Struct, frozen=True):
    """The signatures of one message. `of_text` belongs to its last text part."""

    thoughts: tuple[SignedThought, ...] = ()
    of_id: dict[str, str] = {}
    of_text: str | None = None

    def of_image(self, ordinal: int) -> str | None:
        """The signature of the message's `ordinal`-th image."""
        for identifier, signature in self.of_id.items():
            match = _IMAGE_ID.fullmatch(identifier)
            if match is not None and int(match[1]) == ordinal:
                return signature
        return None


def image_id(ordinal: int) -> str:
    """The id of the detail that keeps an image's signature; no other message of the conversation has it."""
    return f"image_{ordinal}_{ids.alphanumerics(20)}"


class SignatureHistory:
    """Reads the messages of one request in order; a detail that is repeated counts once, where it came first."""

    __slots__ = ("_sent",)

    def __init__(self) -> None:
        self._sent = SentDetails()

    def read(self, message: Message) -> Signatures:
        """What `message` carries for this format. Unsigned thoughts and other formats' details are left out."""
        thoughts: list[SignedThought] = []
        of_id: dict[str, str] = {}
        of_text: str | None = None
        for detail in message.reasoning_details or ():
            if detail.format != FORMAT:
                continue
            read = read_detail(detail)
            if not self._sent.is_first(read):
                continue
            if read.type == "reasoning.encrypted" and read.data:
                if read.id:
                    of_id[read.id] = read.data
                else:
                    of_text = read.data
            elif read.type == "reasoning.text" and read.signature:
                if read.text:
                    thoughts.append(SignedThought(read.text, read.signature))
                else:
                    of_text = read.signature
        return Signatures(tuple(thoughts), of_id, of_text)
