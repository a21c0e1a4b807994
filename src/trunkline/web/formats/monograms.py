"""Icons of authors and providers, made from their names: letters on one of twelve tints. No logo is fetched."""

from hashlib import blake2b

from msgspec import Struct

TINTS = 12


class Monogram(Struct, frozen=True):
    """`letters` are one or two; `tint` is a class of the stylesheet, stable for a slug."""

    letters: str
    tint: int


def monogram(slug: str, name: str | None = None) -> Monogram:
    """The icon of an author or provider."""
    words = [word for word in (name or slug).replace("-", " ").replace(".", " ").replace("/", " ").split() if word]
    letters = "".join(word[0] for word in words[:2]) if len(words) > 1 else (words[0][:1] if words else "?")
    return Monogram(letters.upper(), blake2b(slug.encode(), digest_size=1).digest()[0] % TINTS)
