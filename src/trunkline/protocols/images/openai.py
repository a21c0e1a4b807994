"""OpenAI's images, and those of everybody who copied them: generations, edits where pictures are given, streams."""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.core.errors import InvalidRequest, TrunklineError
from trunkline.protocols import sse
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, AnswerStream, Facts, UpstreamTarget, UsageReport
from trunkline.protocols.codec import NoAnswer, Payload
from trunkline.protocols.data_urls import split_data_url
from trunkline.protocols.events import UpstreamFault, Usage
from trunkline.protocols.faults.reading import fault_in_answer
from trunkline.protocols.images.abilities import abilities_at, knobs_for, require_able, size_for
from trunkline.protocols.images.answer import Image, ImagesBody, all_image_tokens, complete, image_of
from trunkline.protocols.images.codec import ImagesCodec, filled, no_images, referenced
from trunkline.protocols.images.request import ImagesRequest
from trunkline.protocols.images.stream import ending, error_ending, partial_event
from trunkline.protocols.lenient_json import NOTHING, UNREADABLE, decode_mended, int_of, is_blank, text_of
from trunkline.protocols.multipart import FilePart, form, new_boundary
from trunkline.protocols.provider_options import options_for
from trunkline.protocols.remote_media import MediaKey, RemoteMedia
from trunkline.protocols.usage import normalise

PREVIEWS = 1
"""Asked of a stream unless `provider.options` says otherwise: each costs tokens at the provider."""


class _Item(Struct):
    b64_json: str | None = None
    url: str | None = None


class _Answer(Struct):
    data: list[_Item] = []
    usage: Raw = NOTHING
    error: Raw = NOTHING


class _Event(Struct):
    type: str = ""
    b64_json: str = ""
    partial_image_index: Raw = NOTHING
    usage: Raw = NOTHING
    error: Raw = NOTHING


_answer = msgspec.json.Decoder(_Answer)
_event = msgspec.json.Decoder(_Event)


class OpenAIImages(ImagesCodec):
    """`images/generations`, and `images/edits` as a form."""

    __slots__ = ()

    def remote_media(self, request: ImagesRequest, target: UpstreamTarget) -> tuple[RemoteMedia, ...]:
        return referenced(request)

    def path(self, request: ImagesRequest, target: UpstreamTarget) -> str:
        return "images/edits" if request.references else "images/generations"

    def encode(self, request: ImagesRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        abilities = abilities_at(target)
        require_able(request, abilities, target)
        members: dict[str, object] = {"model": target.upstream_model, "prompt": request.prompt}
        if request.n > 1:
            members["n"] = request.n
        if (pixels := size_for(request, abilities)) is not None:
            members["size"] = pixels.text
        members.update(knobs_for(request, abilities))
        if target.upstream_model.startswith("dall-e"):
            members["response_format"] = "b64_json"  # the others know nothing else, and refuse the word
        if request.stream and abilities.streams:
            members |= {"stream": True, "partial_images": PREVIEWS}
        members |= options_for(request.options, target, abilities.passthrough)
        if not request.references:
            return Payload(json.encode(members))
        files = [_file(url, index) for index, url in enumerate(filled(request, contents))]
        written = form(((name, _field(value)) for name, value in members.items()), files, new_boundary())
        return Payload(written.body, written.content_type)

    def read(self, data: bytes, request: ImagesRequest, target: UpstreamTarget, identity: AnswerIdentity) -> AnswerBody:
        try:
            answer = decode_mended(_answer, data)
        except UNREADABLE:
            return no_images("The answer is no list of images")
        if not is_blank(answer.error):
            return NoAnswer(Facts(fault=fault_in_answer(answer.error)))
        payloads = [payload for item in answer.data if (payload := item.b64_json or item.url)]
        return ImagesBody(payloads, usage_of(answer.usage), request, identity)

    def open_stream(self, request: ImagesRequest, target: UpstreamTarget, identity: AnswerIdentity) -> AnswerStream:
        if not abilities_at(target).streams:
            return super().open_stream(request, target, identity)
        return OpenAIImagesStream(request, identity)


def usage_of(raw: Raw) -> Usage | None:
    """None where nothing is counted."""
    if is_blank(raw):
        return None
    usage = all_image_tokens(normalise(raw))
    return usage if usage.prompt_tokens or usage.completion_tokens else None


def _field(value: object) -> str:
    """A member of a form: text as it is, everything else as JSON."""
    if isinstance(value, Raw):
        return text_of(value) or bytes(value).decode()
    return value if isinstance(value, str) else json.encode(value).decode()


def _file(url: str, index: int) -> FilePart:
    data_url = split_data_url(url)
    field = f"input_references[{index}].image_url.url"
    if data_url is None:
        raise InvalidRequest(f"`{field}` has no content.", field=field)
    try:
        content = b64decode(data_url.data, validate=True)
    except (Base64Error, ValueError):
        raise InvalidRequest(
            f"`{field}` is not valid base64. Encode the whole image.", field=field, error_type="invalid_image"
        ) from None
    extension = data_url.mime.partition("/")[2].replace("jpg", "jpeg")
    return FilePart("image[]", f"reference-{index}.{extension}", f"image/{extension}", content)


class OpenAIImagesStream:
    """An `AnswerStream`: previews leave at once, finished images wait for the record."""

    def __init__(self, request: ImagesRequest, identity: AnswerIdentity) -> None:
        self.facts = Facts()
        self._request = request
        self._identity = identity
        self._parser = sse.SseParser()
        self._images: list[Image] = []
        self._usage: Usage | None = None
        self._previews = 0

    def feed(self, data: bytes) -> bytes:
        try:
            payloads = self._parser.feed(data)
        except sse.EventTooLarge:
            self.facts.fault = UpstreamFault(status=200, message="An event of the answer is too large")
            return b""
        return b"".join(map(self._take, payloads))

    def close(self) -> bytes:
        out = b"".join(map(self._take, self._parser.close()))
        if self.facts.fault is None:
            seen = self.facts.content_seen
            complete(self.facts, self._images, self._usage, self._request)
            self.facts.content_seen = self.facts.content_seen or seen
        return out

    def _take(self, payload: bytes) -> bytes:
        if payload == b"[DONE]" or self.facts.fault is not None:
            return b""
        try:
            event = decode_mended(_event, payload)
        except UNREADABLE:
            return b""
        if not is_blank(event.error):
            self.facts.fault = fault_in_answer(event.error)
        elif event.type.endswith(".partial_image"):
            return self._preview(event)
        elif event.type.endswith(".completed"):
            if (image := image_of(event.b64_json)) is not None:
                self._images.append(image)
            self._usage = usage_of(event.usage) or self._usage
        return b""

    def _preview(self, event: _Event) -> bytes:
        if image_of(event.b64_json) is None:
            return b""
        index = int_of(event.partial_image_index)
        self.facts.content_seen = True
        self._previews += 1
        return partial_event(self._previews - 1 if index is None else index, event.b64_json)

    def tail(self, report: UsageReport) -> bytes:
        return ending(self._images, self._identity, report)

    def error_tail(self, error: TrunklineError, report: UsageReport | None) -> bytes:
        return error_ending(error)
