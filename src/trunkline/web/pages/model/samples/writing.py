"""Samples of a model: each client's program with the model's id and this instance's address."""

from collections.abc import Mapping

from trunkline.catalog.types import Model, Operation
from trunkline.web.pages.model.samples import (
    curl,
    python_openai,
    python_openrouter,
    typescript_openai,
    typescript_openrouter,
)
from trunkline.web.pages.model.samples import typescript_ai_sdk as ai_sdk
from trunkline.web.pages.model.samples.types import CLIENTS, Client, Programs, Sample, Step

PATHS: Mapping[Operation, str] = {
    "chat": "/chat/completions",
    "embeddings": "/embeddings",
    "rerank": "/rerank",
    "image": "/images",
    "video": "/videos",
    "speech": "/audio/speech",
    "transcription": "/audio/transcriptions",
}
_PROGRAMS: Mapping[Client, Programs] = {
    "curl": curl.PROGRAMS,
    "python-openrouter": python_openrouter.PROGRAMS,
    "python-openai": python_openai.PROGRAMS,
    "typescript-openrouter": typescript_openrouter.PROGRAMS,
    "typescript-openai": typescript_openai.PROGRAMS,
    "typescript-ai-sdk": ai_sdk.PROGRAMS,
}


def samples(model: Model, public_url: str, step: Step = "first") -> list[Sample]:
    """One of each client that can do it, curl first."""
    base_url = f"{public_url}/api/v1"
    return [
        Sample(client, program.replace("MODEL", model.id).replace("BASE_URL", base_url))
        for client in CLIENTS
        if (program := _PROGRAMS[client].get(model.operation, {}).get(step)) is not None
    ]
