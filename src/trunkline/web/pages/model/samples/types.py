"""What a sample is, and who it is written for."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from trunkline.catalog.types import Operation

Client = Literal[
    "curl",
    "python-openrouter",
    "python-openai",
    "typescript-openrouter",
    "typescript-openai",
    "typescript-ai-sdk",
]
Step = Literal["first", "stream"]
"""A first request, or the same with the answer as it comes."""
Programs = Mapping[Operation, Mapping[Step, str]]
"""Text with MODEL and BASE_URL where the model's id and the address of this instance's API belong."""


class Dialect(Struct, frozen=True):
    """A client: its name, its language, how one gets it."""

    title: str
    language: str
    install: str
    """Empty: nothing is installed."""


CLIENTS: Mapping[Client, Dialect] = {
    "curl": Dialect("curl", "sh", ""),
    "python-openrouter": Dialect("Python, OpenRouter SDK", "python", "pip install openrouter"),
    "python-openai": Dialect("Python, OpenAI SDK", "python", "pip install openai"),
    "typescript-openrouter": Dialect("TypeScript, OpenRouter SDK", "typescript", "npm install @openrouter/sdk"),
    "typescript-openai": Dialect("TypeScript, OpenAI SDK", "typescript", "npm install openai"),
    "typescript-ai-sdk": Dialect("TypeScript, AI SDK", "typescript", "npm install ai @openrouter/ai-sdk-provider"),
}


class Sample(Struct, frozen=True):
    """A program that runs as it stands when TRUNKLINE_API_KEY is set."""

    client: Client
    code: str

    @property
    def title(self) -> str:
        return CLIENTS[self.client].title

    @property
    def language(self) -> str:
        return CLIENTS[self.client].language

    @property
    def install(self) -> str:
        return CLIENTS[self.client].install
