"""What pages load: one stylesheet, one sprite of icons, and the scripts that Vite built, if they are there.

Every file's address contains its content's hash, so browsers keep it for ever. Everything is read once, compressed once
and served from memory: all of it together is smaller than one picture. Without the built scripts pages are complete and
only less convenient (`has_scripts`).
"""

import gzip
import re
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import msgspec
from msgspec import Struct
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.web.headers import IMMUTABLE

HERE = Path(__file__).parent
STYLES = ("tokens.css", "base.css", "shell.css", "components.css", "tables.css", "prose.css", "pages.css")
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

    @property
    def has_scripts(self) -> bool:
        return self.script is not None

    def routes(self) -> list[Route]:
        """`GET /static/…`."""

        async def serve(request: Request) -> Response:
            asset = self._assets.get(request.url.path)
            if asset is None:
                return Response(status_code=404)
            return _respond(asset, request.headers)

        return [Route("/static/{path:path}", serve)]

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


def _respond(asset: Asset, headers: Headers) -> Response:
    accepted = {part.partition(";")[0].strip() for part in headers.get("accept-encoding", "").split(",")}
    encoding = next((name for name in ("br", "gzip") if name in accepted and name in asset.bodies), "identity")
    sent = {"cache-control": IMMUTABLE, "vary": "accept-encoding", "x-content-type-options": "nosniff"}
    if encoding != "identity":
        sent["content-encoding"] = encoding
    return Response(asset.bodies[encoding], media_type=asset.media_type, headers=sent)
