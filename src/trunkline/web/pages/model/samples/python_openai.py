"""Samples for OpenAI's SDK in Python."""

from trunkline.web.pages.model.samples.types import Programs

_CLIENT = """\
import os

from openai import OpenAI

client = OpenAI(base_url="BASE_URL", api_key=os.environ["TRUNKLINE_API_KEY"])
"""

PROGRAMS: Programs = {
    "chat": {
        "first": f"""{_CLIENT}answer = client.chat.completions.create(
    model="MODEL",
    messages=[{{"role": "user", "content": "Say hello"}}],
)
print(answer.choices[0].message.content)
""",
        "stream": f"""{_CLIENT}stream = client.chat.completions.create(
    model="MODEL",
    messages=[{{"role": "user", "content": "Say hello"}}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
""",
    },
    "embeddings": {
        "first": f"""{_CLIENT}answer = client.embeddings.create(
    model="MODEL",
    input="A sentence to place in space",
)
print(len(answer.data[0].embedding))
"""
    },
    "image": {
        "first": f"""\
import base64
{_CLIENT}answer = client.images.generate(
    model="MODEL",
    prompt="A lighthouse in the fog, ink on paper",
)
with open("lighthouse.png", "wb") as file:
    file.write(base64.b64decode(answer.data[0].b64_json))
"""
    },
    "speech": {
        "first": f"""{_CLIENT}spoken = client.audio.speech.create(
    model="MODEL",
    input="Good morning",
    voice="alloy",
    response_format="mp3",
)
spoken.write_to_file("speech.mp3")
"""
    },
    "transcription": {
        "first": f"""{_CLIENT}with open("speech.mp3", "rb") as file:
    answer = client.audio.transcriptions.create(model="MODEL", file=file)
print(answer.text)
"""
    },
}
