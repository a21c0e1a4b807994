"""Samples for curl."""

from trunkline.web.pages.model.samples.types import Programs


def _post(path: str, *members: str, more: str = "") -> str:
    """A command that posts JSON with the model and `members`."""
    body = ",\n    ".join(('"model": "MODEL"', *members))
    lines = (
        f"curl BASE_URL{path}{more}",
        '-H "Authorization: Bearer $TRUNKLINE_API_KEY"',
        '-H "Content-Type: application/json"',
        f"-d '{{\n    {body}\n  }}'",
    )
    return " \\\n  ".join(lines)


_MESSAGES = '"messages": [{"role": "user", "content": "Say hello"}]'

PROGRAMS: Programs = {
    "chat": {
        "first": _post("/chat/completions", _MESSAGES),
        "stream": _post("/chat/completions", _MESSAGES, '"stream": true', more=" --no-buffer"),
    },
    "embeddings": {"first": _post("/embeddings", '"input": "A sentence to place in space"')},
    "rerank": {"first": _post("/rerank", '"query": "red fruit"', '"documents": ["apple", "sky", "cherry"]')},
    "image": {"first": _post("/images", '"prompt": "A lighthouse in the fog, ink on paper"')},
    "video": {"first": _post("/videos", '"prompt": "Waves against a lighthouse at dusk"')},
    "speech": {
        "first": _post(
            "/audio/speech",
            '"input": "Good morning"',
            '"voice": "alloy"',
            '"response_format": "mp3"',
            more=" -o speech.mp3",
        )
    },
    "transcription": {
        "first": """\
curl BASE_URL/audio/transcriptions \\
  -H "Authorization: Bearer $TRUNKLINE_API_KEY" \\
  -F "model=MODEL" \\
  -F "file=@speech.mp3\""""
    },
}
