"""The `reasoning` object as it stands in requests (inference.md 7.1)."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from trunkline.protocols.requests import Effort

INT64_MAX = 2**63 - 1


class WireReasoning(Struct, frozen=True):
    """`context` and `mode` are accepted; what no upstream of this protocol takes is stripped (inference.md 7.1)."""

    effort: Effort | None = None
    max_tokens: Annotated[int, Meta(ge=0, le=INT64_MAX)] | None = None
    exclude: bool | None = None
    enabled: bool | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None
    context: Literal["auto", "all_turns", "current_turn"] | None = None
    mode: Literal["standard", "pro"] | None = None
