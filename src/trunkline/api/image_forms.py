"""Edits of images as OpenAI's clients send them, a form with files, as the request that they are: a prompt with
references (inference.md 22.1)."""

from base64 import b64encode
from typing import Final

from msgspec import Raw

from trunkline.api.memory_forms import FormFile, FormRules, MemoryForm
from trunkline.core import json
from trunkline.core.errors import InvalidRequest
from trunkline.protocols.images.request import REFERENCES_MAX, ImagesRequest, images_request
from trunkline.protocols.lenient_json import UNREADABLE
from trunkline.protocols.media_payloads import IMAGE_TYPES
from trunkline.protocols.media_types import type_of_bytes
from trunkline.protocols.validation import ParseLimits, invalid

_NAMES: Final = ("image", "image[]")
_BYTES_MAX: Final = 50 * 1024**2
RULES: Final = FormRules(
    files=frozenset({*_NAMES, "mask"}),
    files_max=REFERENCES_MAX,
    file_bytes_max=_BYTES_MAX,
    advice="Send smaller images.",
    parts_max=REFERENCES_MAX + 16,
)
_TEXTS: Final = ("model", "prompt", "size", "quality", "background", "output_format", "user", "resolution")
_VALUES: Final = ("n", "output_compression", "seed", "stream", "provider", "metadata")
"""Members that are no texts: their text is JSON."""


def images_of_form(form: MemoryForm, limits: ParseLimits) -> ImagesRequest:
    """The request. Raises InvalidRequest for a form that is none."""
    pictures = [file for file in form.files if file.name in _NAMES]
    if len(pictures) < len(form.files):
        raise invalid("mask", "is not taken: describe in the prompt what is to change.")
    if not pictures:
        raise invalid("image", "is missing. Send the picture to be changed under that name.")
    members = {name: json.raw(form.fields[name][-1]) for name in _TEXTS if name in form.fields}
    members |= {name: _value(name, form.fields[name][-1]) for name in _VALUES if name in form.fields}
    if form.fields.get("response_format", ["b64_json"])[-1] != "b64_json":
        raise invalid("response_format", "must be b64_json: images are not kept to be fetched later.")
    members["input_references"] = json.raw([_reference(file) for file in pictures])
    return images_request(members, limits)


def _value(name: str, text: str) -> Raw:
    try:
        return json.raw(json.value(Raw(text.encode())))
    except UNREADABLE:
        raise invalid(name, "is no number, truth value or object.") from None


def _reference(file: FormFile) -> json.JsonValue:
    media_type = type_of_bytes(file.content) or ""
    if media_type.encode() not in IMAGE_TYPES:
        raise InvalidRequest(
            f"`{file.name}` is no image of a known type. Images must be png, jpeg, webp or gif.",
            field=file.name,
            error_type="unsupported_image_format",
        )
    url = f"data:{media_type};base64,{b64encode(file.content).decode('ascii')}"
    return {"type": "image_url", "image_url": {"url": url}}
