"""Samples for OpenRouter's SDK in TypeScript."""

from trunkline.web.pages.model.samples.types import Programs

_CLIENT = """\
import { OpenRouter } from "@openrouter/sdk";

const client = new OpenRouter({
  serverURL: "BASE_URL",
  apiKey: process.env.TRUNKLINE_API_KEY,
});
"""

PROGRAMS: Programs = {
    "chat": {
        "first": f"""{_CLIENT}const answer = await client.chat.send({{
  chatRequest: {{
    model: "MODEL",
    messages: [{{ role: "user", content: "Say hello" }}],
  }},
}});
console.log(answer.choices[0].message.content);
""",
        "stream": f"""{_CLIENT}const stream = await client.chat.send({{
  chatRequest: {{
    model: "MODEL",
    messages: [{{ role: "user", content: "Say hello" }}],
    stream: true,
  }},
}});
for await (const chunk of stream) {{
  process.stdout.write(chunk.choices[0]?.delta.content ?? "");
}}
""",
    },
    "embeddings": {
        "first": f"""{_CLIENT}const answer = await client.embeddings.generate({{
  requestBody: {{
    model: "MODEL",
    input: "A sentence to place in space",
  }},
}});
console.log(answer.data[0].embedding.length);
"""
    },
    "rerank": {
        "first": f"""{_CLIENT}const answer = await client.rerank.rerank({{
  requestBody: {{
    model: "MODEL",
    query: "red fruit",
    documents: ["apple", "sky", "cherry"],
  }},
}});
for (const result of answer.results) {{
  console.log(result.index, result.relevanceScore);
}}
"""
    },
    "image": {
        "first": f"""import fs from "node:fs";
{_CLIENT}const answer = await client.images.generate({{
  imageGenerationRequest: {{
    model: "MODEL",
    prompt: "A lighthouse in the fog, ink on paper",
  }},
}});
fs.writeFileSync("lighthouse.png", Buffer.from(answer.data[0].b64Json, "base64"));
"""
    },
    "video": {
        "first": f"""{_CLIENT}const job = await client.videoGeneration.generate({{
  videoGenerationRequest: {{
    model: "MODEL",
    prompt: "Waves against a lighthouse at dusk",
  }},
}});
console.log(job.id, job.status);
"""
    },
}
