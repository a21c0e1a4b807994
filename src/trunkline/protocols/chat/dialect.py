"""What one endpoint can take of a message, as data for the two paths: its quirks, and the traits that need an edit.

A message needs an edit exactly when one of its traits is in `edits`:

==================  ================================================================================================
always              marker on the message or on an empty text, media in system or assistant messages, nothing
                    said at all, audio as data URL, `detail: original`, `input_video`
without the quirk   `cache_control`, `prompt_cache_breakpoint`, developer role, media in tool results, reasoning,
                    images and annotations of earlier answers
with the quirk      empty text parts (`no_empty_text`), calls (`tool_call_ids_9`,
                    `reasoning_content_beside_calls`)
==================  ================================================================================================
"""

from functools import lru_cache

from msgspec import Struct

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.chat import survey as trait
from trunkline.protocols.quirks import quirks_of

_ALWAYS = (
    trait.MESSAGE_CACHE
    | trait.FIXED_ROLE_MEDIA
    | trait.EMPTY_ASSISTANT
    | trait.AUDIO_DATA_URL
    | trait.ORIGINAL_DETAIL
    | trait.LEGACY_VIDEO
    | trait.EMPTY_MARKED
)
_WITHOUT_QUIRK = (
    (trait.CACHE_CONTROL, "cache_control"),
    (trait.DEVELOPER, "developer_role"),
    (trait.TOOL_MEDIA, "tool_result_media"),
    (trait.REASONING | trait.OUTPUT_IMAGES | trait.ANNOTATIONS, "openrouter_dialect"),
)
_WITH_QUIRK = (
    (trait.EMPTY_TEXT, "no_empty_text"),
    (trait.CALL_IDS, "tool_call_ids_9"),
    (trait.CALL_IDS, "reasoning_content_beside_calls"),
)


class Dialect(Struct, frozen=True):
    """An endpoint's way of speaking chat."""

    quirks: frozenset[str]
    edits: int
    """Union of the traits that a message must not have when it is sent."""


def dialect_of(target: UpstreamTarget) -> Dialect:
    """The dialect of an endpoint, computed once for each set of quirks."""
    return _dialect(quirks_of(target))


@lru_cache(maxsize=256)
def _dialect(quirks: frozenset[str]) -> Dialect:
    edits = _ALWAYS
    for bits, quirk in _WITHOUT_QUIRK:
        edits |= 0 if quirk in quirks else bits
    if "prompt_cache_breakpoint" not in quirks or "cache_control" in quirks:
        edits |= trait.CACHE_BREAKPOINT  # one spelling of markers for each upstream, ours where it takes both
    for bits, quirk in _WITH_QUIRK:
        edits |= bits if quirk in quirks else 0
    return Dialect(quirks, edits)
