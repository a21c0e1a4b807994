"""Black Forest Labs' images: a task, which answers with the address where it is asked after (`polling_url`)."""

from collections.abc import Mapping
from typing import Final

from trunkline.core import json
from trunkline.protocols.answers import AnswerBody, AnswerIdentity, Facts, UpstreamTarget
from trunkline.protocols.bfl import next_address, task_fault, task_of
from trunkline.protocols.codec import NoAnswer, Payload
from trunkline.protocols.data_urls import split_data_url
from trunkline.protocols.images.abilities import abilities_at, knobs_for, require_able, size_for
from trunkline.protocols.images.answer import ImagesBody
from trunkline.protocols.images.codec import ImagesCodec, filled
from trunkline.protocols.images.request import ImagesRequest
from trunkline.protocols.provider_options import options_for
from trunkline.protocols.remote_media import MediaKey

_STEP: Final = 16
"""Sides are multiples of so many pixels."""


class BlackForestLabsImages(ImagesCodec):
    """The model is the path. References are `input_image`, `input_image_2` …: addresses, or bare base64."""

    __slots__ = ()

    @property
    def follows(self) -> bool:
        return True

    def next_address(self, data: bytes, asked: str) -> str | None:
        return next_address(data, asked)

    def path(self, request: ImagesRequest, target: UpstreamTarget) -> str:
        return target.upstream_model

    def encode(self, request: ImagesRequest, target: UpstreamTarget, contents: Mapping[MediaKey, str]) -> Payload:
        abilities = abilities_at(target)
        require_able(request, abilities, target)
        members: dict[str, object] = {"prompt": request.prompt, **dict(knobs_for(request, abilities))}
        if (pixels := size_for(request, abilities)) is not None:
            members["width"], members["height"] = _fitting(pixels.width), _fitting(pixels.height)
        for number, url in enumerate(filled(request, contents), start=1):
            data_url = split_data_url(url)
            name = "input_image" if number == 1 else f"input_image_{number}"
            members[name] = url if data_url is None else data_url.data
        return Payload(json.encode(members | options_for(request.options, target, abilities.passthrough)))

    def read(self, data: bytes, request: ImagesRequest, target: UpstreamTarget, identity: AnswerIdentity) -> AnswerBody:
        task = task_of(data)
        sample = task.sample if task.is_ready else ""
        if not sample:
            return NoAnswer(Facts(fault=task_fault(task)))
        return ImagesBody([sample], None, request, identity, task.id or None)


def _fitting(side: int) -> int:
    return max(_STEP, side - side % _STEP)
