"""Which of the catalog's models that make or read media are served, in which format. `python -m tests.contract.media`
prints the table and writes docs/develop/media.md.

Served: some endpoint of the model is spoken, for what the model does.
"""

from pathlib import Path

from trunkline.catalog.snapshot import build_snapshot
from trunkline.catalog.types import Model, Operation
from trunkline.gateway.upstreams import is_spoken
from trunkline.settings import Settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "develop" / "media.md"
KINDS: tuple[Operation, ...] = ("embeddings", "rerank", "image", "speech", "transcription", "video")
UNSERVED = {
    "openai-realtime": "conversations over a WebSocket, for which the published description has no operation",
}
"""Format → why none of its endpoints can be called."""
HEAD = """# Media

The models of the bundled catalog that are called for anything but a conversation, and the upstream format in which each
of their endpoints is spoken. Written by `python -m tests.contract.media`; a test keeps it current.

"""


def models() -> list[Model]:
    """Those that the table is about: everything but chat, and what cannot be called at all."""
    snapshot = build_snapshot(Settings(home=Path("/nonexistent")))
    every = [model for model in snapshot.models.values() if model.endpoints]
    return [model for model in every if any(e.operation in KINDS or not is_spoken(e) for e in model.endpoints)]


def unserved() -> dict[str, set[str]]:
    """Model → formats, of models without any endpoint that is spoken."""
    return {
        model.id: {endpoint.protocol for endpoint in model.endpoints}
        for model in models()
        if not any(map(is_spoken, model.endpoints))
    }


def page() -> str:
    found, left = models(), unserved()
    lines = [HEAD, f"**{len(found) - len(left)} served, {len(left)} not.**\n\n"]
    for kind in KINDS:
        of_kind = sorted((m for m in found if m.endpoints[0].operation == kind), key=lambda model: model.id)
        lines.append(f"## {kind.capitalize()}\n\n| model | providers |\n|---|---|\n")
        lines += [f"| `{model.id}` | {_providers(model)} |\n" for model in of_kind]
        lines.append("\n")
    lines.append("## Not served\n\n| model | why |\n|---|---|\n")
    lines += [f"| `{model}` | {_reason(formats)} |\n" for model, formats in sorted(left.items())]
    return "".join(lines)


def _providers(model: Model) -> str:
    spoken = sorted({(e.provider, e.protocol) for e in model.endpoints if is_spoken(e)})
    return ", ".join(f"{provider} (`{protocol}`)" for provider, protocol in spoken)


def _reason(formats: set[str]) -> str:
    return "; ".join(f"`{name}`: {UNSERVED.get(name, 'not spoken')}" for name in sorted(formats))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(page())
