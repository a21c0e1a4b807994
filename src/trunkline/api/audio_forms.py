"""The form of POST /audio/transcriptions (inference.md 24)."""

from typing import Final

from trunkline.api.memory_forms import FormRules, MemoryForm
from trunkline.core.errors import InvalidRequest
from trunkline.protocols.transcription.request import FILE_BYTES_MAX, TranscriptionRequest, request_of_form
from trunkline.protocols.validation import ParseLimits

_FILE: Final = "file"
RULES: Final = FormRules(
    files=frozenset({_FILE}),
    files_max=1,
    file_bytes_max=FILE_BYTES_MAX,
    advice="Split the recording into shorter ones.",
)
_EXTENSIONS: Final = {
    "mpeg": "mp3",
    "x-wav": "wav",
    "wave": "wav",
    "vnd.wave": "wav",
    "mp4": "m4a",
    "x-m4a": "m4a",
    "x-flac": "flac",
}
"""Of declared types, where they differ from the type's own name."""


def transcription_of_form(form: MemoryForm, limits: ParseLimits) -> TranscriptionRequest:
    """The request. Raises InvalidRequest for a form that is none."""
    if not form.files:
        raise InvalidRequest("The form has no part `file`. Send the recording under that name.", field=_FILE)
    file = form.files[0]
    name, dot, extension = file.filename.rpartition(".")
    declared = file.content_type.partition("/")[2]
    format = extension if name and dot else _EXTENSIONS.get(declared, declared)
    return request_of_form(form.fields, file.content, format, limits)
