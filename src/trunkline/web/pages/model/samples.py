"""Programs that call a model, for the operation that it has: curl, official SDKs, the AI SDK (site.md 3.3)."""

from collections.abc import Callable

from msgspec import Struct

from trunkline.catalog.types import Model, Operation

PATHS: dict[Operation, str] = {
    "chat": "/chat/completions",
    "embeddings": "/embeddings",
    "rerank": "/rerank",
    "image": "/images",
    "video": "/videos",
    "speech": "/audio/speech",
    "transcription": "/audio/transcriptions",
}
_BODIES: dict[Operation, tuple[str, ...]] = {
    "chat": ('"messages": [{"role": "user", "content": "Say hello"}]',),
    "embeddings": ('"input": "A sentence to place in space"',),
    "rerank": ('"query": "red fruit"', '"documents": ["apple", "sky", "cherry"]'),
    "image": ('"prompt": "A lighthouse in the fog, ink on paper"',),
    "video": ('"prompt": "Waves against a lighthouse at dusk"',),
    "speech": ('"input": "Good morning"', '"voice": "alloy"'),
    "transcription": (),
}
"""Members of the body besides the model."""


class Sample(Struct, frozen=True):
    """A program that runs as it stands when TRUNKLINE_API_KEY is set."""

    title: str
    language: str
    code: str


def samples(model: Model, public_url: str) -> list[Sample]:
    """Every sample of a model, curl first."""
    base = f"{public_url}/api/v1"
    found = [Sample("curl", "sh", _curl(model, base))]
    found += [Sample(title, language, write(model.id, base)) for title, language, write in _SDKS[model.operation]]
    return found


def _curl(model: Model, base: str) -> str:
    path = PATHS[model.operation]
    lines = [f"curl {base}{path}", '-H "Authorization: Bearer $TRUNKLINE_API_KEY"']
    if model.operation == "transcription":
        lines += [f'-F "model={model.id}"', '-F "file=@speech.mp3"']
    else:
        members = ",\n    ".join((f'"model": "{model.id}"', *_BODIES[model.operation]))
        lines += ['-H "Content-Type: application/json"', f"-d '{{\n    {members}\n  }}'"]
    if model.operation == "speech":
        lines.append("-o speech.mp3")
    return " \\\n  ".join(lines)


def _openai_python(call: str) -> Callable[[str, str], str]:
    def write(model: str, base: str) -> str:
        return f"""\
import os

from openai import OpenAI

client = OpenAI(base_url="{base}", api_key=os.environ["TRUNKLINE_API_KEY"])
{call.replace("MODEL", model)}
"""

    return write


def _openrouter_python(model: str, base: str) -> str:
    return f"""\
import os

from openrouter import OpenRouter

with OpenRouter(server_url="{base}", api_key=os.environ["TRUNKLINE_API_KEY"]) as client:
    answer = client.chat.send(
        model="{model}",
        messages=[{{"role": "user", "content": "Say hello"}}],
    )
    print(answer.choices[0].message.content)
"""


def _openrouter_typescript(model: str, base: str) -> str:
    return f"""\
import {{ OpenRouter }} from "@openrouter/sdk";

const client = new OpenRouter({{
  serverURL: "{base}",
  apiKey: process.env.TRUNKLINE_API_KEY,
}});
const answer = await client.chat.send({{
  chatRequest: {{
    model: "{model}",
    messages: [{{ role: "user", content: "Say hello" }}],
  }},
}});
console.log(answer.choices[0].message.content);
"""


def _openai_typescript(model: str, base: str) -> str:
    return f"""\
import OpenAI from "openai";

const client = new OpenAI({{
  baseURL: "{base}",
  apiKey: process.env.TRUNKLINE_API_KEY,
}});
const answer = await client.chat.completions.create({{
  model: "{model}",
  messages: [{{ role: "user", content: "Say hello" }}],
}});
console.log(answer.choices[0].message.content);
"""


def _ai_sdk(model: str, base: str) -> str:
    return f"""\
import {{ createOpenRouter }} from "@openrouter/ai-sdk-provider";
import {{ generateText }} from "ai";

const trunkline = createOpenRouter({{
  baseURL: "{base}",
  apiKey: process.env.TRUNKLINE_API_KEY,
}});
const {{ text }} = await generateText({{
  model: trunkline("{model}"),
  prompt: "Say hello",
}});
console.log(text);
"""


_CHAT_CALL = """\
answer = client.chat.completions.create(
    model="MODEL",
    messages=[{"role": "user", "content": "Say hello"}],
)
print(answer.choices[0].message.content)"""
_EMBEDDINGS_CALL = """\
answer = client.embeddings.create(model="MODEL", input="A sentence to place in space")
print(len(answer.data[0].embedding))"""

Written = tuple[str, str, Callable[[str, str], str]]
_SDKS: dict[Operation, tuple[Written, ...]] = {
    "chat": (
        ("Python, OpenAI SDK", "python", _openai_python(_CHAT_CALL)),
        ("Python, OpenRouter SDK", "python", _openrouter_python),
        ("TypeScript, OpenAI SDK", "typescript", _openai_typescript),
        ("TypeScript, OpenRouter SDK", "typescript", _openrouter_typescript),
        ("TypeScript, AI SDK", "typescript", _ai_sdk),
    ),
    "embeddings": (("Python, OpenAI SDK", "python", _openai_python(_EMBEDDINGS_CALL)),),
    "rerank": (),
    "image": (),
    "video": (),
    "speech": (),
    "transcription": (),
}
