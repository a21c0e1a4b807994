"""`usageMetadata` (inference.md 30.8): cumulative in every chunk, so the largest count of each kind is the count."""

from typing import Final

import msgspec
from msgspec import Raw, Struct

from trunkline.core import json
from trunkline.protocols.chat.usage import TOKENS_MAX
from trunkline.protocols.chat.wire import UNREADABLE, int_of, list_of, object_of, text_of
from trunkline.protocols.events import Usage

_COUNTS: Final = (
    "promptTokenCount",
    "toolUsePromptTokenCount",
    "cachedContentTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
)
_DETAILS: Final = (
    "promptTokensDetails",
    "toolUsePromptTokensDetails",
    "cacheTokensDetails",
    "candidatesTokensDetails",
)
_TIER_OF_TRAFFIC: Final = {
    "ON_DEMAND": "default",
    "ON_DEMAND_PRIORITY": "priority",
    "ON_DEMAND_FLEX": "flex",
    "PROVISIONED_THROUGHPUT": "provisioned",
}


class _Modality(Struct, rename="camel"):
    modality: str = ""
    token_count: int = 0


_modality = msgspec.json.Decoder(_Modality)


class UsageReader:
    """The counts of one answer, chunk by chunk."""

    __slots__ = ("_counts", "_details", "_members")

    def __init__(self) -> None:
        self._members: dict[str, Raw] = {}
        self._counts: dict[str, int] = {}
        self._details: dict[tuple[str, str], int] = {}

    def read(self, metadata: Raw) -> None:
        """One `usageMetadata`; what is no count in it is read over."""
        members = object_of(metadata)
        self._members.update(members)
        for name in _COUNTS:
            count = int_of(members.get(name))
            if count is not None and 0 <= count <= TOKENS_MAX:
                self._counts[name] = max(count, self._counts.get(name, 0))
        for name in _DETAILS:
            for item in list_of(members.get(name)):
                self._read_modality(name, item)

    def _read_modality(self, name: str, item: Raw) -> None:
        try:
            detail = _modality.decode(item)
        except UNREADABLE:
            return
        if 0 <= detail.token_count <= TOKENS_MAX:
            key = (name, detail.modality)
            self._details[key] = max(detail.token_count, self._details.get(key, 0))

    def service_tier(self) -> str | None:
        """The tier that answered, in the words of inference.md 14."""
        tier = text_of(self._members.get("serviceTier")).lower()
        if tier:
            return "default" if tier == "standard" else tier
        return _TIER_OF_TRAFFIC.get(text_of(self._members.get("trafficType")))

    def usage(self, web_searches: int) -> Usage | None:
        """The totals with thoughts and tool use inside; None when nothing was counted.

        A part is never more than its total, whatever the upstream says: prices are computed from the differences.
        """
        counts = self._counts
        prompt = counts.get("promptTokenCount", 0) + counts.get("toolUsePromptTokenCount", 0)
        thoughts = counts.get("thoughtsTokenCount", 0)
        completion = counts.get("candidatesTokenCount", 0) + thoughts
        if not prompt and not completion:
            return None
        cached = min(prompt, counts.get("cachedContentTokenCount", 0))
        audio = min(prompt, self._prompt_of("AUDIO"))
        return Usage(
            prompt_tokens=prompt,
            completion_tokens=completion,
            cached_tokens=cached,
            prompt_audio_tokens=audio,
            prompt_image_tokens=min(prompt, self._prompt_of("IMAGE")),
            prompt_video_tokens=min(prompt, self._prompt_of("VIDEO")),
            prompt_file_tokens=min(prompt, self._prompt_of("DOCUMENT")),
            cached_audio_tokens=min(cached, audio, self._details.get(("cacheTokensDetails", "AUDIO"), 0)),
            reasoning_tokens=thoughts,
            completion_image_tokens=min(completion, self._details.get(("candidatesTokensDetails", "IMAGE"), 0)),
            completion_audio_tokens=min(completion, self._details.get(("candidatesTokensDetails", "AUDIO"), 0)),
            web_searches=web_searches,
            raw=json.raw(self._members),
        )

    def _prompt_of(self, modality: str) -> int:
        return self._details.get(("promptTokensDetails", modality), 0) + self._details.get(
            ("toolUsePromptTokensDetails", modality), 0
        )
