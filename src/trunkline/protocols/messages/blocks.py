"""Parts of messages as content blocks (inference.md 30.2)."""

from trunkline.protocols.data_urls import DataUrl, decoded_text, is_text, split_data_url
from trunkline.protocols.requests import Audio, CacheMarker, File, Image, Medium, Part, Refusal, Text, Video
from trunkline.protocols.support import unsendable

Block = dict[str, object]


def text_block(text: str) -> Block:
    return {"type": "text", "text": text}


def cache_control(marker: CacheMarker) -> dict[str, str]:
    """The marker as this format spells it."""
    return {"type": "ephemeral"} if marker.ttl is None else {"type": "ephemeral", "ttl": marker.ttl}


def block_of(part: Part) -> Block | None:
    """The block that says what `part` says, its cache marker included; None for a text without words, which
    upstreams refuse. Raises InvalidRequest for what cannot be sent."""
    match part:
        case Text(text):
            if not text.strip():
                return None
            block = text_block(text)
        case Refusal(refusal):
            return text_block(refusal) if refusal.strip() else None
        case Image(url):
            block = _image(part, url)
        case File():
            block = _file(part)
        case Audio():
            raise unsendable(part, "audio", "Choose a model that hears.")
        case Video():
            raise unsendable(part, "videos", "Choose a model that watches them.")
    if part.cache is not None:
        block["cache_control"] = cache_control(part.cache)
    return block


def _image(medium: Medium, url: str) -> Block:
    data_url = split_data_url(url)
    if data_url is None:
        return {"type": "image", "source": _address(medium, url)}
    mime = "image/jpeg" if data_url.mime == "image/jpg" else data_url.mime
    return {"type": "image", "source": {"type": "base64", "media_type": mime, "data": data_url.data}}


def _file(file: File) -> Block:
    if file.data is None:
        raise unsendable(file, "uploaded files by `file_id`", "Send the file as a data URL.")
    data_url = split_data_url(file.data)
    if data_url is not None and data_url.mime.startswith("image/"):
        return _image(file, file.data)
    source = _address(file, file.data) if data_url is None else _document(file, data_url)
    block: Block = {"type": "document", "source": source}
    if file.filename:
        block["title"] = file.filename
    return block


def _document(file: File, data_url: DataUrl) -> Block:
    mime = data_url.mime
    if mime == "application/pdf":
        return {"type": "base64", "media_type": mime, "data": data_url.data}
    if is_text(data_url):
        return {"type": "text", "media_type": "text/plain", "data": decoded_text(data_url, file.at)}
    raise unsendable(file, f"files of type {mime or 'unknown'}", "PDF, text and images work.")


def _address(medium: Medium, url: str) -> Block:
    if url[:8].lower().startswith(("http://", "https://")):
        return {"type": "url", "url": url}
    raise unsendable(
        medium, "what is neither an http(s) URL nor base64 in a data URL", "Write data:<type>;base64,<data>."
    )
