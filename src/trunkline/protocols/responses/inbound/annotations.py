"""Chat's annotations as this format's: flat, and counted from the start of their own text (inference.md 17.3)."""

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.lenient_json import int_of, object_of, text_of

_POSITIONS = ("start_index", "end_index")


def flat_annotation(annotation: Raw, offset: int) -> bytes | None:
    """A `url_citation`; None for kinds that this format has not, such as parsed files.

    `offset`: characters of the answer's text before the part that it is about. Positions that lie before it are of no
    part that could still be told, so they are told as 0.
    """
    members = object_of(annotation)
    citation = object_of(members.get("url_citation"))
    if text_of(members.get("type")) != "url_citation" or not citation:
        return None
    flat: dict[str, object] = {"type": "url_citation", "url": "", "title": "", "start_index": 0, "end_index": 0}
    flat |= citation
    for name in _POSITIONS:
        flat[name] = max((int_of(citation.get(name)) or 0) - offset, 0)
    return json.encode(flat)
