"""What pages load: one stylesheet, one sprite of icons, and the scripts that Vite built, if they are there.

Every file's address contains its content's hash, so browsers keep it for ever. Everything is read once, compressed once
and served from memory: all of it together is smaller than one picture. Without the built scripts pages are complete and
only less convenient.
"""

import gzip
import re
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.web.headers import IMMUTABLE

HERE = Path(__file__).parent
STYLES = (
    *("tokens.css", "base.css", "shell.css", "palette.css", "layout.css", "controls.css", "components.css"),
    *("charts.css", "tables.css", "prose.css", "answers.css"),
    *("page-home.css", "page-models.css", "page-model.css", "page-docs.css", "page-others.css", "page-account.css"),
    *("chat.css", "chat-sidebar.css", "chat-thread.css", "chat-answer.css", "chat-composer.css", "chat-dialogs.css"),
    *("chat-picker.css", "chat-phone.css"),
)
"""In the order in which they overrule each other."""
ENTRY = "src/main.ts"
"""The one entry of the front end, as Vite's manifest calls it."""
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SPACE = re.compile(r"\s+")


class Asset(Struct, frozen=True):
    """A file, ready to be sent: plain and in each encoding that there is."""

    media_type: str
    bodies: dict[str, bytes]
    """Content-encoding → body; `identity` is always there."""


class Chosen(Struct, frozen=True):
    """A file as it is sent to one browser."""

    media_type: str
    encoding: str
    body: bytes


class _Chunk(Struct, frozen=True):
    """What is read of an entry of Vite's manifest."""

    file: str
    css: tuple[str, ...] = ()


class Assets:
    """All files of one start. `brand_color` is the operator's, in place of the stylesheet's own accent."""

    def __init__(self, *, brand_color: str | None = None, logo: Path | None = None) -> None:
        self._assets: dict[str, Asset] = {}
        self.stylesheets: tuple[str, ...] = (self._add("site.css", _stylesheet(brand_color)),)
        self.icons = self._add("icons.svg", (HERE / "static" / "icons.svg").read_bytes())
        self.favicon = self._add("favicon.svg", (HERE / "static" / "favicon.svg").read_bytes())
        self.logo = self._add(f"logo{logo.suffix}", logo.read_bytes()) if logo is not None else None
        self.script: str | None = None
        """Address of the module that starts the islands; None when the site was not built."""
        for chunk in _entry_chunks(HERE / "static" / "dist"):
            self.script = f"/static/dist/{chunk.file}"
            self.stylesheets += tuple(f"/static/dist/{name}" for name in chunk.css)
        self._assets.update(_built(HERE / "static" / "dist"))

    def routes(self) -> list[Route]:
        """`GET /static/…`."""

        async def serve(request: Request) -> Response:
            chosen = self.choose(request.url.path, request.headers.get("accept-encoding", ""))
            return Response(status_code=404) if chosen is None else _respond(chosen)

        return [Route("/static/{path:path}", serve)]

    def choose(self, address: str, accepted: str) -> Chosen | None:
        """The file of an address in the best encoding that `Accept-Encoding` allows; None when there is none."""
        asset = self._assets.get(address)
        if asset is None:
            return None
        names = {part.partition(";")[0].strip() for part in accepted.split(",")}
        encoding = next((name for name in ("br", "gzip") if name in names and name in asset.bodies), "identity")
        return Chosen(asset.media_type, encoding, asset.bodies[encoding])

    def _add(self, name: str, body: bytes) -> str:
        """Keep a file under an address with its hash, and return that."""
        stem, dot, suffix = name.rpartition(".")
        address = f"/static/{stem}.{blake2b(body, digest_size=6).hexdigest()}{dot}{suffix}"
        bodies = {"identity": body}
        if suffix in ("css", "svg"):
            bodies["gzip"] = gzip.compress(body, 9, mtime=0)
        self._assets[address] = Asset(_MEDIA_TYPES[f".{suffix}"], bodies)
        return address


def _stylesheet(brand_color: str | None) -> bytes:
    """All styles as one file, without comments and needless space."""
    source = "".join((HERE / "styles" / name).read_text(encoding="utf-8") for name in STYLES)
    if brand_color is not None:
        source += f":root{{--brand:{brand_color}}}"
    return _SPACE.sub(" ", _COMMENT.sub("", source)).encode()


def _entry_chunks(dist: Path) -> Iterator[_Chunk]:
    """The entry of Vite's manifest; nothing when the site was not built."""
    manifest = dist / ".vite" / "manifest.json"
    if manifest.is_file():
        yield msgspec.json.decode(manifest.read_bytes(), type=dict[str, _Chunk])[ENTRY]


def _built(dist: Path) -> dict[str, Asset]:
    """Address → file that Vite wrote, with the `.gz` and `.br` beside it."""
    found: dict[str, Asset] = {}
    for path in dist.rglob("*"):
        if path.suffix not in _MEDIA_TYPES:
            continue
        bodies = {"identity": path.read_bytes()}
        for suffix, encoding in ((".br", "br"), (".gz", "gzip")):
            packed = path.with_name(path.name + suffix)
            if packed.is_file():
                bodies[encoding] = packed.read_bytes()
        found[f"/static/dist/{path.relative_to(dist).as_posix()}"] = Asset(_MEDIA_TYPES[path.suffix], bodies)
    return found


def _respond(chosen: Chosen) -> Response:
    headers = {"cache-control": IMMUTABLE, "vary": "accept-encoding", "x-content-type-options": "nosniff"}
    if chosen.encoding != "identity":
        headers["content-encoding"] = chosen.encoding
    return Response(chosen.body, media_type=chosen.media_type, headers=headers)
