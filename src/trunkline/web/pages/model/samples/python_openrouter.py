"""Samples for OpenRouter's SDK in Python."""

from trunkline.web.pages.model.samples.types import Programs

_CLIENT = """\
import os

from openrouter import OpenRouter

with OpenRouter(server_url="BASE_URL", api_key=os.environ["TRUNKLINE_API_KEY"]) as client:
"""

PROGRAMS: Programs = {
    "chat": {
        "first": f"""{_CLIENT}    answer = client.chat.send(
        model="MODEL",
        messages=[{{"role": "user", "content": "Say hello"}}],
    )
    print(answer.choices[0].message.content)
""",
        "stream": f"""{_CLIENT}    stream = client.chat.send(
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
        "first": f"""{_CLIENT}    answer = client.embeddings.generate(
        model="MODEL",
        input="A sentence to place in space",
    )
    print(len(answer.data[0].embedding))
"""
    },
    "rerank": {
        "first": f"""{_CLIENT}    answer = client.rerank.rerank(
        model="MODEL",
        query="red fruit",
        documents=["apple", "sky", "cherry"],
    )
    for result in answer.results:
        print(result.index, result.relevance_score)
"""
    },
    "image": {
        "first": f"""\
import base64
{_CLIENT}    answer = client.images.generate(
        model="MODEL",
        prompt="A lighthouse in the fog, ink on paper",
    )
    with open("lighthouse.png", "wb") as file:
        file.write(base64.b64decode(answer.data[0].b64_json))
"""
    },
    "video": {
        "first": f"""{_CLIENT}    job = client.video_generation.generate(
        model="MODEL",
        prompt="Waves against a lighthouse at dusk",
    )
    print(job.id, job.status)
"""
    },
}
