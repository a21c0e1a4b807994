"""What routing, holds and records are told of a request that was read straight into the hub."""

from trunkline.protocols.estimates import MediaCount, Surveyed, prompt_tokens_estimate
from trunkline.protocols.requests import (
    Audio,
    File,
    GenerationRequest,
    Image,
    JsonObject,
    JsonSchema,
    Message,
    Refusal,
    Text,
    Video,
)


class HubSurvey(Surveyed, frozen=True, kw_only=True):
    """One walk over a request's messages and tools."""

    names_uploads: bool = False
    """Some file is given by its id alone (inference.md 26)."""


class _Totals:
    """The running totals of one walk."""

    __slots__ = ("audio", "files", "images", "text_bytes", "uploads", "videos")

    def __init__(self) -> None:
        self.text_bytes = self.images = self.files = self.uploads = self.audio = self.videos = 0

    def add(self, message: Message) -> None:
        for part in message.parts:
            match part:
                case Text(text) | Refusal(text):
                    self.text_bytes += _utf8_length(text)
                case Image():
                    self.images += 1
                case File(data):
                    self.files += 1
                    self.uploads += data is None
                case Audio():
                    self.audio += 1
                case Video():
                    self.videos += 1
        self.images += len(message.images)
        self.text_bytes += sum(len(call.name) + _utf8_length(call.arguments) for call in message.tool_calls)
        if message.reasoning is not None:
            self.text_bytes += _utf8_length(message.reasoning)


def survey_of(hub: GenerationRequest) -> HubSurvey:
    """Media and an estimate of the prompt's tokens (routing-and-catalog.md 1)."""
    totals = _Totals()
    for message in hub.messages:
        totals.add(message)
    media = MediaCount(images=totals.images, files=totals.files, audio=totals.audio, videos=totals.videos)
    tools_bytes = sum(len(tool.name) + len(tool.description or "") + len(tool.parameters) for tool in hub.tools)
    return HubSurvey(
        media=media,
        tokens_estimate=prompt_tokens_estimate(totals.text_bytes, tools_bytes, len(hub.messages), media),
        names_uploads=totals.uploads > 0,
    )


def used_parameters(hub: GenerationRequest) -> frozenset[str]:
    """Names of the parameter enum that the request uses (routing-and-catalog.md 4.3).

    `max_tokens` stands for every spelling of an output cap, `reasoning` for every way to ask for it. Parameters of
    tools mean nothing without a tool; which of the two structured outputs is used, `output` says.
    """
    sampling = hub.sampling
    said: dict[str, bool] = {
        "max_tokens": sampling.max_tokens is not None,
        "temperature": sampling.temperature is not None,
        "top_p": sampling.top_p is not None,
        "top_k": sampling.top_k is not None,
        "min_p": sampling.min_p is not None,
        "top_a": sampling.top_a is not None,
        "frequency_penalty": sampling.frequency_penalty is not None,
        "presence_penalty": sampling.presence_penalty is not None,
        "repetition_penalty": sampling.repetition_penalty is not None,
        "seed": sampling.seed is not None,
        "stop": bool(sampling.stop),
        "logit_bias": len(sampling.logit_bias) > 0,
        "logprobs": sampling.logprobs is not None,
        "top_logprobs": sampling.top_logprobs is not None,
        "prediction": len(hub.prediction) > 0,
        "web_search_options": len(hub.web_search_options) > 0,
        "reasoning": hub.reasoning is not None,
        "verbosity": hub.verbosity is not None,
        "tools": bool(hub.tools),
        "tool_choice": bool(hub.tools) and hub.tool_choice is not None,
        "parallel_tool_calls": bool(hub.tools) and hub.parallel_tool_calls is not None,
        "response_format": isinstance(hub.output, JsonObject),
        "structured_outputs": isinstance(hub.output, JsonSchema),
    }
    return frozenset(name for name, is_said in said.items() if is_said)


def _utf8_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
