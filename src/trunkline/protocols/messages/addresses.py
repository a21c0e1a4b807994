"""Which addresses an upstream of this format opens by itself (inference.md 10.1)."""

from trunkline.protocols.media_types import type_of_name
from trunkline.protocols.remote_media import Addressed, url_of
from trunkline.protocols.requests import Image, Video


def opens_url(part: Addressed) -> bool:
    """Over https alone: images, and documents that are PDFs as far as their name tells.

    Other documents go as text or image blocks, which hold the content. For videos there is nothing to fetch.
    """
    url = url_of(part)
    if url is None or not may_be_fetched(part):
        return True
    is_https = url[:8].lower() == "https://"
    return is_https and (isinstance(part, Image) or type_of_name(url) in (None, "application/pdf"))


def may_be_fetched(part: Addressed) -> bool:
    """Whether a part could be sent as data. Videos cannot be sent at all."""
    return url_of(part) is not None and not isinstance(part, Video)
