"""`usageMetadata` (inference.md 30.8): cumulative in every chunk, so the largest count of each kind is the count."""

from typing import Final

import msgspec
from msgspec import Raw, Struct

from trunkline.protocols.bounds import TOKENS_MAX
from trunkline.protocols.events import Usage
from trunkline.protocols.lenient_json import NOTHING, UNREADABLE

_TIER_OF_TRAFFIC: Final = {
    "ON_DEMAND": "default",
    "ON_DEMAND_PRIORITY": "priority",
    "ON_DEMAND_FLEX": "flex",
    "PROVISIONED_THROUGHPUT": "provisioned",
}


class _Modality(Struct, rename="camel", gc=False):
    modality: str = ""
    token_count: int = 0


class _Metadata(Struct, rename="camel", gc=False):
    """One `usageMetadata`, as far as it counts."""

    prompt_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    cached_content_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    prompt_tokens_details: list[_Modality] | None = None
    tool_use_prompt_tokens_details: list[_Modality] | None = None
    cache_tokens_details: list[_Modality] | None = None
    candidates_tokens_details: list[_Modality] | None = None
    service_tier: str | None = None
    traffic_type: str | None = None


_decoder = msgspec.json.Decoder(_Metadata)


class UsageReader:
    """The counts of one answer, chunk by chunk."""

    def __init__(self) -> None:
        self._last = self._raw = NOTHING
        self._prompt = self._tool_use = self._cached = self._candidates = self._thoughts = 0
        self._prompt_details: dict[str, int] = {}
        self._tool_use_details: dict[str, int] = {}
        self._cache_details: dict[str, int] = {}
        self._candidates_details: dict[str, int] = {}
        self.service_tier: str | None = None
        """The tier that answered, in the words of inference.md 14."""

    def read(self, metadata: Raw) -> None:
        """One `usageMetadata`; one that is none is read over."""
        if metadata == self._last:
            return
        self._last = Raw(bytes(metadata))
        try:
            read = _decoder.decode(metadata)
        except UNREADABLE:
            return
        if read.prompt_token_count is not None:
            self._raw = self._last
        self._prompt = _larger(self._prompt, read.prompt_token_count)
        self._tool_use = _larger(self._tool_use, read.tool_use_prompt_token_count)
        self._cached = _larger(self._cached, read.cached_content_token_count)
        self._candidates = _larger(self._candidates, read.candidates_token_count)
        self._thoughts = _larger(self._thoughts, read.thoughts_token_count)
        _grow(self._prompt_details, read.prompt_tokens_details)
        _grow(self._tool_use_details, read.tool_use_prompt_tokens_details)
        _grow(self._cache_details, read.cache_tokens_details)
        _grow(self._candidates_details, read.candidates_tokens_details)
        if read.service_tier:
            tier = read.service_tier.lower()
            self.service_tier = "default" if tier == "standard" else tier
        elif read.traffic_type and self.service_tier is None:
            self.service_tier = _TIER_OF_TRAFFIC.get(read.traffic_type)

    def usage(self, web_searches: int) -> Usage | None:
        """The totals with thoughts and tool use inside; None when nothing was counted.

        A part is never more than its total, whatever the upstream says: prices are computed from the differences.
        """
        prompt = self._prompt + self._tool_use
        completion = self._candidates + self._thoughts
        if not prompt and not completion:
            return None
        cached = min(prompt, self._cached)
        audio = min(prompt, self._prompt_of("AUDIO"))
        return Usage(
            prompt_tokens=prompt,
            completion_tokens=completion,
            cached_tokens=cached,
            prompt_audio_tokens=audio,
            prompt_image_tokens=min(prompt, self._prompt_of("IMAGE")),
            prompt_video_tokens=min(prompt, self._prompt_of("VIDEO")),
            prompt_file_tokens=min(prompt, self._prompt_of("DOCUMENT")),
            cached_audio_tokens=min(cached, audio, self._cache_details.get("AUDIO", 0)),
            reasoning_tokens=self._thoughts,
            completion_image_tokens=min(completion, self._candidates_details.get("IMAGE", 0)),
            completion_audio_tokens=min(completion, self._candidates_details.get("AUDIO", 0)),
            web_searches=web_searches,
            raw=self._raw or self._last,
        )

    def _prompt_of(self, modality: str) -> int:
        return self._prompt_details.get(modality, 0) + self._tool_use_details.get(modality, 0)


def _larger(known: int, count: int | None) -> int:
    return count if count is not None and known < count <= TOKENS_MAX else known


def _grow(known: dict[str, int], details: list[_Modality] | None) -> None:
    for detail in details or ():
        known[detail.modality] = _larger(known.get(detail.modality, 0), detail.token_count)
