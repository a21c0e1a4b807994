"""Vectors as clients read them (inference.md 20)."""

import struct
from base64 import b64encode
from collections.abc import Sequence
from typing import TypeAlias

from trunkline.core import json
from trunkline.core.money import usd_number
from trunkline.protocols.answers import AnswerIdentity, Facts, UsageReport
from trunkline.protocols.embeddings.request import EmbeddingsRequest
from trunkline.protocols.events import Usage
from trunkline.protocols.lenient_json import quoted

Vector: TypeAlias = tuple[float, ...]


class EmbeddingsBody:
    """An `AnswerBody`. `vectors` are in the order of the inputs."""

    def __init__(
        self, facts: Facts, vectors: Sequence[Vector], identity: AnswerIdentity, request: EmbeddingsRequest
    ) -> None:
        self.facts = facts
        self._vectors = vectors
        self._identity = identity
        self._request = request

    def render(self, report: UsageReport) -> bytes:
        as_text = self._request.encoding_format == "base64"
        data = b",".join(
            b'{"object":"embedding","index":%d,"embedding":%s}'
            % (index, base64_of(vector) if as_text else json.encode(vector))
            for index, vector in enumerate(self._vectors)
        )
        pieces = [
            b'{"object":"list","data":[' + data,
            b'],"model":' + quoted(self._identity.model),
            b',"usage":' + _usage(report, len(self._request.input_modalities) > 1),
            b',"provider":' + quoted(self._identity.provider),
            b',"id":' + quoted(self._identity.generation_id),
        ]
        if report.metadata:
            pieces.append(b',"openrouter_metadata":' + bytes(report.metadata))
        return b"".join(pieces) + b"}"


def base64_of(vector: Vector) -> bytes:
    """Little-endian float32 in base64, as a JSON string, whatever the upstream sent."""
    return b'"' + b64encode(struct.pack(f"<{len(vector)}f", *vector)) + b'"'


def _usage(report: UsageReport, of_several_kinds: bool) -> bytes:
    """As recorded of the original: tokens, cost, and the cost's parts."""
    usage, charge = report.usage, report.charge
    details = _details(usage) if of_several_kinds else b""
    return (
        b'{"prompt_tokens":%d,"total_tokens":%d,%b"cost":%b,"is_byok":%b,"cost_details":{"upstream_inference_cost":%b,'
        b'"upstream_inference_prompt_cost":%b,"upstream_inference_completions_cost":%b}}'
        % (
            usage.prompt_tokens,
            usage.prompt_tokens + usage.completion_tokens,
            details,
            usd_number(charge.total_nanousd),
            b"true" if charge.is_byok else b"false",
            usd_number(charge.upstream_nanousd),
            usd_number(charge.upstream_prompt_nanousd),
            usd_number(charge.upstream_completion_nanousd),
        )
    )


def _details(usage: Usage) -> bytes:
    """Tokens of each kind, zeros left out; nothing where the upstream told only the total."""
    media = {
        "image_tokens": usage.prompt_image_tokens,
        "audio_tokens": usage.prompt_audio_tokens,
        "video_tokens": usage.prompt_video_tokens,
        "file_tokens": usage.prompt_file_tokens,
    }
    if not any(media.values()):
        return b""
    counts = {"text_tokens": usage.prompt_tokens - sum(media.values()), **media}
    return b'"prompt_tokens_details":' + json.encode({name: n for name, n in counts.items() if n > 0}) + b","
