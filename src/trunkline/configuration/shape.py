"""The tree of settings as data: which sections and names exist, and the type of each."""

from difflib import get_close_matches
from types import NoneType, UnionType
from typing import Annotated, Literal, TypeGuard, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

from trunkline.settings import ProviderSettings, Settings

TypeHint = object
"""What an annotation evaluates to: a class, `Annotated[…]`, `str | None`, …"""

CATALOG_LISTS = ("models", "endpoints")
"""Lists of tables with the catalog's own field names; the catalog checks what is in them."""

PROVIDERS = "providers"


def hints(struct: type[Struct]) -> dict[str, TypeHint]:
    """Field name → type, with the bounds that it carries."""
    return dict(get_type_hints(struct, include_extras=True))


def sections() -> dict[str, type[Struct]]:
    """`[server]`, `[database]`, …: the sections with fixed names."""
    return {name: hint for name, hint in hints(Settings).items() if is_struct(hint)}


def top_level_names() -> list[str]:
    """Everything that may stand at the top of a file."""
    return [*sections(), PROVIDERS, *CATALOG_LISTS]


def setting_names() -> list[str]:
    """Every setting as `section.name`, providers as `providers.<slug>.name`."""
    names = [f"{section}.{name}" for section, struct in sections().items() for name in hints(struct)]
    return names + [f"{PROVIDERS}.<slug>.{name}" for name in hints(ProviderSettings)] + list(CATALOG_LISTS)


def is_struct(hint: TypeHint) -> TypeGuard[type[Struct]]:
    """Whether the type is a table with fixed names."""
    return isinstance(hint, type) and issubclass(hint, Struct)


def required(hint: TypeHint) -> TypeHint:
    """The type without `| None` and without bounds: what somebody who sets it must give."""
    origin: object = get_origin(hint)
    if origin is Annotated:
        return required(get_args(hint)[0])
    if origin is Union or origin is UnionType:
        return required(next(part for part in get_args(hint) if part is not NoneType))
    return hint


def item_struct(hint: TypeHint) -> type[Struct] | None:
    """The table type of a list of tables, None for every other type."""
    plain = required(hint)
    if get_origin(plain) is not tuple:
        return None
    item: TypeHint = get_args(plain)[0]
    return item if is_struct(item) else None


def choices(hint: TypeHint) -> tuple[str | int, ...]:
    """The values of a `Literal`, nothing for every other type."""
    plain = required(hint)
    return get_args(plain) if get_origin(plain) is Literal else ()


def is_compound(hint: TypeHint) -> bool:
    """Whether its value is a list or a table."""
    plain = required(hint)
    return is_struct(plain) or (get_origin(plain) is not None and not choices(plain))


def marks(hint: TypeHint) -> frozenset[str]:
    """The `extra` marks of a type, of everything in it: `secret`, `url`."""
    found: frozenset[str] = frozenset()
    if get_origin(hint) is Annotated:
        for note in get_args(hint)[1:]:
            found |= frozenset(note.extra or ())
    parts = hints(hint).values() if is_struct(hint) else get_args(hint)
    for part in parts:
        found |= marks(part)
    return found


def nearest(name: str, names: list[str]) -> str:
    """`; did you mean "port"?`, or the list of what is possible when nothing is near."""
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f'; did you mean "{near[0]}"?'
    return f"; possible: {', '.join(sorted(names))}"
