"""`/design`: every component in every state, from the very templates and styles that pages use."""

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.web.context import WebContext
from trunkline.web.formats.monograms import TINTS
from trunkline.web.rendering import Document

_COLORS = (
    *("page", "surface", "raised", "sunken", "hover"),
    *("text", "text-quiet", "text-faint"),
    *("line", "line-strong", "accent", "accent-quiet", "focus"),
    *("good", "good-quiet", "warn", "warn-quiet", "bad", "bad-quiet", "idle"),
)
SERIES = 10
_ICONS = (
    *("search", "menu", "close", "copy", "check", "sun", "moon", "system", "rss", "external", "warn", "info"),
    *("up", "down", "left", "right", "plus", "table", "cards", "list", "shield", "key", "trophy"),
    *("send", "stop", "attach", "folder", "pin", "trash", "edit", "again", "branch", "sliders", "mute", "ghost"),
    *("sidebar", "columns", "stack", "more", "download", "upload", "flag", "raw", "continue", "tool", "star", "share"),
    *("text", "image", "audio", "speech", "transcription", "video", "file", "embeddings", "rerank"),
)


_ANSWER = r"""
# Kinetic energy

A body of mass $m$ at speed $v$ has $E = \tfrac12 m v^2$, so *twice* the speed costs **four times** the work:

$$\int_0^v m u \, du = \frac{m v^2}{2}$$

| Speed | Energy of 1 kg |
|:------|---------------:|
| 1 m/s | 0.5 J |
| 10 m/s | 50 J |

- [x] Derived
- [ ] Measured, see [the unit](https://en.wikipedia.org/wiki/Joule)

> Energy cannot be created or destroyed.

```python
def kinetic(mass_kg: float, speed: float) -> float:
    # In joules.
    return 0.5 * mass_kg * speed**2
```

```svg
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 120 40"><circle cx="20" cy="20" r="12" fill="teal"/></svg>
```
"""


class DesignView(Struct, frozen=True):
    """What the page shows."""

    colors: tuple[str, ...]
    series: int
    icons: tuple[str, ...]
    tints: int
    answer: str
    """Markdown."""


def routes(context: WebContext) -> list[Route]:
    """The page."""

    async def show(request: Request) -> Response:
        view = DesignView(_COLORS, SERIES, _ICONS, TINTS, _ANSWER)
        document = Document(
            template="design.html",
            title="Design",
            description="The components that this site is made of.",
            page=view,
            is_indexed=False,
        )
        return await context.respond(request, document)

    return [Route("/design", show)]
