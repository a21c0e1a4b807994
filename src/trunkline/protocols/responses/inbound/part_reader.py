"""The parts of a message or of a tool's result as the hub's (inference.md 10, 17.2, 30.2)."""

import msgspec

from trunkline.core import ids
from trunkline.protocols import media_payloads
from trunkline.protocols.lenient_json import is_blank
from trunkline.protocols.requests import Audio, CacheMarker, File, Image, Part, Refusal, Text, Video
from trunkline.protocols.responses.inbound.wire_items import (
    Content,
    InputAudio,
    InputFile,
    InputImage,
    InputText,
    InputVideo,
    RefusalPart,
    WirePart,
)
from trunkline.protocols.validation import invalid_prompt
from trunkline.protocols.wire_types import CacheBreakpoint

_string = msgspec.json.Decoder(str)


class PartReader:
    """Reads the contents of one request, and notes whether they name uploads."""

    __slots__ = ("names_uploads",)

    def __init__(self) -> None:
        self.names_uploads = False

    def read(self, content: Content | None, path: str) -> tuple[Part, ...]:
        """The parts. Raises InvalidRequest or InvalidPrompt naming the part."""
        if content is None:
            return ()
        if isinstance(content, str):
            return (Text(content),)
        return tuple([self._part(part, f"{path}[{index}]") for index, part in enumerate(content)])

    def _part(self, part: WirePart, path: str) -> Part:
        match part:
            case InputText():
                return Text(part.text, _marker(part.prompt_cache_breakpoint))
            case RefusalPart():
                return Refusal(part.refusal)
            case InputImage():
                return self._image(part, path)
            case InputFile():
                return self._file(part, path)
            case InputAudio(input_audio=audio):
                media_payloads.check_audio(audio.data, f"{path}.input_audio.data")
                return Audio(media_payloads.without_data_prefix(_string.decode(audio.data)), audio.format, at=path)
            case InputVideo():
                media_payloads.check_media(part.video_url, f"{path}.video_url")
                return Video(_string.decode(part.video_url), at=f"{path}.video_url")
            case _:
                return Text(part.text)

    def _image(self, part: InputImage, path: str) -> Part:
        marker = _marker(part.prompt_cache_breakpoint)
        if not is_blank(part.image_url):
            media_payloads.check_image(part.image_url, f"{path}.image_url")
            return Image(_string.decode(part.image_url), part.detail, marker, f"{path}.image_url")
        if part.file_id is None:
            raise invalid_prompt(path, "has neither `image_url` nor `file_id`. Add one of them.")
        return self._upload(part.file_id, None, marker, path)

    def _file(self, part: InputFile, path: str) -> Part:
        marker = _marker(part.prompt_cache_breakpoint)
        for name, data in (("file_data", part.file_data), ("file_url", part.file_url)):
            if not is_blank(data):
                media_payloads.check_media(data, f"{path}.{name}")
                return File(_string.decode(data), part.filename, None, marker, f"{path}.{name}")
        if part.file_id is None:
            raise invalid_prompt(path, "has none of `file_data`, `file_url` and `file_id`. Add one of them.")
        return self._upload(part.file_id, part.filename, marker, path)

    def _upload(self, file_id: str, filename: str | None, marker: CacheMarker | None, path: str) -> File:
        """A file of the workspace or, by any other id, of the upstream's own store."""
        self.names_uploads = self.names_uploads or ids.is_file_id(file_id) is not None
        return File(None, filename, file_id, marker, f"{path}.file_id")


def _marker(breakpoint: CacheBreakpoint | None) -> CacheMarker | None:
    return None if breakpoint is None else CacheMarker()
