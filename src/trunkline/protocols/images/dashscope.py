"""Qwen's image models at Alibaba Cloud: its multimodal generation, which answers with addresses."""

from collections.abc import Mapping

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, Facts, UpstreamTarget
from trunkline.protocols.codec import NoAnswer, Payload
from trunkline.protocols.faults.reading import fault_in_answer
from trunkline.protocols.images.abilities import abilities_at, knobs_for, require_able, size_for
from trunkline.protocols.images.answer import ImagesBody
from trunkline.protocols.images.codec import ImagesCodec, filled, no_images
from trunkline.protocols.images.request import ImagesRequest
from trunkline.protocols.lenient_json import NOTHING, UNREADABLE, decode_mended, is_blank
from trunkline.protocols.provider_options import options_for
from trunkline.protocols.remote_media import MediaKey


class _Part(Struct, frozen=True):
    image: str = ""


class _Message(Struct, frozen=True):
    content: list[_Part] = []


class _Choice(Struct, frozen=True):
    message: _Message = _Message()


class _Output(Struct, frozen=True):
    choices: list[_Choice] = []


class _Answer(Struct):
    output: _Output = _Output()
    request_id: str | None = None
    code: Raw = NOTHING


_answer = msgspec.json.Decoder(_Answer)


class DashScopeImages(ImagesCodec):
    """Addresses and data URLs are both taken; sizes are written `1024*768`."""

    __slots__ = ()

    def path(self, request: ImagesRequest, target: UpstreamTarget) -> str:
        return "services/aigc/multimodal-generation/generation"

    def encode(self, request: ImagesRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        abilities = abilities_at(target)
        require_able(request, abilities, target)
        parameters: dict[str, object] = dict(knobs_for(request, abilities))
        if (pixels := size_for(request, abilities)) is not None:
            parameters["size"] = f"{pixels.width}*{pixels.height}"
        parameters |= options_for(request.options, target, abilities.passthrough)
        content = [*({"image": url} for url in filled(request, contents)), {"text": request.prompt}]
        return Payload(
            json.encode(
                {
                    "model": target.upstream_model,
                    "input": {"messages": [{"role": "user", "content": content}]},
                    "parameters": parameters,
                }
            )
        )

    def read(self, data: bytes, request: ImagesRequest, target: UpstreamTarget, identity: AnswerIdentity) -> AnswerBody:
        try:
            answer = decode_mended(_answer, data)
        except UNREADABLE:
            return no_images("The answer is no list of images")
        if not is_blank(answer.code):
            return NoAnswer(Facts(fault=fault_in_answer(Raw(data))))
        payloads = [part.image for choice in answer.output.choices for part in choice.message.content if part.image]
        return ImagesBody(payloads, None, request, identity, answer.request_id)
