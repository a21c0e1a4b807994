"""Annotations of a Responses answer as chat's (inference.md 30.10)."""

from msgspec import Raw

from trunkline.core import json
from trunkline.protocols.lenient_json import int_of, object_of, text_of

_POSITIONS = frozenset({"start_index", "end_index"})
_ABSENT: dict[str, object] = {"title": "", "start_index": 0, "end_index": 0}
"""What clients insist on and some upstreams leave out."""


def to_chat_annotation(annotation: Raw, offset: int) -> Raw | None:
    """A flat `url_citation` as chat's nested one; None for kinds that chat has not (`file_citation`, `file_path` …).

    `offset`: characters of the answer's text before the part that the citation is about.
    """
    members = object_of(annotation)
    if text_of(members.get("type")) != "url_citation":
        return None
    citation = dict(_ABSENT)
    for name, raw in members.items():
        if name != "type":
            position = int_of(raw) if offset and name in _POSITIONS else None
            citation[name] = raw if position is None else position + offset
    return json.raw({"type": "url_citation", "url_citation": citation})
