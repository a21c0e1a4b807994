"""Samples for Vercel's AI SDK with OpenRouter's provider."""

from trunkline.web.pages.model.samples.types import Programs


def _client(function: str) -> str:
    return f"""\
import {{ createOpenRouter }} from "@openrouter/ai-sdk-provider";
import {{ {function} }} from "ai";

const trunkline = createOpenRouter({{
  baseURL: "BASE_URL",
  apiKey: process.env.TRUNKLINE_API_KEY,
}});
"""


PROGRAMS: Programs = {
    "chat": {
        "first": f"""{_client("generateText")}const {{ text }} = await generateText({{
  model: trunkline("MODEL"),
  prompt: "Say hello",
}});
console.log(text);
""",
        "stream": f"""{_client("streamText")}const {{ textStream }} = streamText({{
  model: trunkline("MODEL"),
  prompt: "Say hello",
}});
for await (const text of textStream) {{
  process.stdout.write(text);
}}
""",
    },
    "embeddings": {
        "first": f"""{_client("embed")}const {{ embedding }} = await embed({{
  model: trunkline.textEmbeddingModel("MODEL"),
  value: "A sentence to place in space",
}});
console.log(embedding.length);
"""
    },
}
