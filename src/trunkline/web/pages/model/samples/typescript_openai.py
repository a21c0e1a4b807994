"""Samples for OpenAI's SDK in TypeScript."""

from trunkline.web.pages.model.samples.types import Programs

_CLIENT = """\
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: "BASE_URL",
  apiKey: process.env.TRUNKLINE_API_KEY,
});
"""
_FILES = 'import fs from "node:fs";\n'

PROGRAMS: Programs = {
    "chat": {
        "first": f"""{_CLIENT}const answer = await client.chat.completions.create({{
  model: "MODEL",
  messages: [{{ role: "user", content: "Say hello" }}],
}});
console.log(answer.choices[0].message.content);
""",
        "stream": f"""{_CLIENT}const stream = await client.chat.completions.create({{
  model: "MODEL",
  messages: [{{ role: "user", content: "Say hello" }}],
  stream: true,
}});
for await (const chunk of stream) {{
  process.stdout.write(chunk.choices[0]?.delta.content ?? "");
}}
""",
    },
    "embeddings": {
        "first": f"""{_CLIENT}const answer = await client.embeddings.create({{
  model: "MODEL",
  input: "A sentence to place in space",
}});
console.log(answer.data[0].embedding.length);
"""
    },
    "image": {
        "first": f"""{_FILES}{_CLIENT}const answer = await client.images.generate({{
  model: "MODEL",
  prompt: "A lighthouse in the fog, ink on paper",
}});
fs.writeFileSync("lighthouse.png", Buffer.from(answer.data[0].b64_json, "base64"));
"""
    },
    "speech": {
        "first": f"""{_FILES}{_CLIENT}const spoken = await client.audio.speech.create({{
  model: "MODEL",
  input: "Good morning",
  voice: "alloy",
  response_format: "mp3",
}});
fs.writeFileSync("speech.mp3", Buffer.from(await spoken.arrayBuffer()));
"""
    },
    "transcription": {
        "first": f"""{_FILES}{_CLIENT}const answer = await client.audio.transcriptions.create({{
  model: "MODEL",
  file: fs.createReadStream("speech.mp3"),
}});
console.log(answer.text);
"""
    },
}
