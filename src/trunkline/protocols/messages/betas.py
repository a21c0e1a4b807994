"""Beta flags: what the caller asks for, and what a request needs (inference.md 8.5)."""

from typing import Final

from trunkline.protocols.answers import UpstreamTarget
from trunkline.protocols.messages.schema import is_native_schema
from trunkline.protocols.requests import GenerationRequest

VERSION: Final = "2023-06-01"
"""`anthropic-version`: the only one there is."""
STRUCTURED_OUTPUTS: Final = "structured-outputs-2025-11-13"
INTERLEAVED_THINKING: Final = "interleaved-thinking-2025-05-14"
FAST_MODE: Final = "fast-mode-2026-02-01"
FAST_MODE_QUIRK: Final = "fast_mode"
"""Of an endpoint that is its model's fast sibling: asks for `speed: "fast"` (inference.md 14)."""
_ALWAYS_ALLOWED: Final = frozenset({STRUCTURED_OUTPUTS, INTERLEAVED_THINKING})


def betas_of(request: GenerationRequest, target: UpstreamTarget) -> list[str]:
    """The flags of `anthropic-beta`, in order. Others than the documented ones pass where the endpoint lists them."""
    asked = allowed_betas(request.anthropic_betas, target)
    if is_native_schema(request, target):
        asked.append(STRUCTURED_OUTPUTS)
    if FAST_MODE_QUIRK in target.quirks:
        asked.append(FAST_MODE)
    return list(dict.fromkeys(asked))


def allowed_betas(asked: tuple[str, ...], target: UpstreamTarget) -> list[str]:
    """The documented flags, and those that the endpoint lists (8.5)."""
    return [beta for beta in asked if beta in _ALWAYS_ALLOWED or beta in target.passthrough]
