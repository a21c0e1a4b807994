"""Query parameters of `/files`, checked (inference.md 26)."""

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal, get_args

from msgspec import Meta

from trunkline.accounts import repository
from trunkline.accounts.types import Principal
from trunkline.api.bodies import Issue, invalid
from trunkline.api.context import ControlPlane
from trunkline.api.file_cursors import decode_cursor
from trunkline.api.operations import Parameter
from trunkline.core import ids
from trunkline.core.errors import InvalidRequest
from trunkline.files.types import FilePurpose

PAGE_DEFAULT: Final = 100
PAGE_MAX: Final = 1000
_PURPOSES: Final[Mapping[str, FilePurpose]] = {name: name for name in get_args(FilePurpose)}
_CURSORS: Final = {"cursor": "the `cursor` of another page", "page": "the `next_page` of another page"}
_PROVIDERS: Final = ("openai", "anthropic")
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_NUMBER: Final = re.compile(r"\d{1,4}", re.ASCII)

EVERYWHERE = (
    Parameter(name="workspace_id", description="A workspace of the account; the key's, or the default one, if absent"),
    Parameter(
        name="provider",
        type=Literal["openai", "anthropic"],
        description="Keep the file at this provider, under a key of your own. Absent: keep it here",
    ),
)
PAGING = (
    Parameter(name="limit", type=Annotated[int, Meta(ge=1, le=PAGE_MAX)], description="Files in a page"),
    Parameter(name="cursor", description="`cursor` of the page before"),
    Parameter(name="page", description="`next_page` of the page before (Anthropic's way)"),
    Parameter(name="after", description="Begin after this id (OpenAI's way)"),
    Parameter(name="after_id", description="Begin after this id (Anthropic's way)"),
    Parameter(name="before_id", description="Not supported: lists go forward"),
    Parameter(name="order", type=Literal["asc", "desc"], description="Only `asc`: oldest first"),
    Parameter(name="purpose", type=FilePurpose, description="Only files of this purpose (OpenAI's way)"),
)


async def workspace_of(context: ControlPlane, caller: Principal, query: Mapping[str, str]) -> str:
    """The workspace that the caller means. Raises InvalidRequest for one that the account does not have, and for
    `provider`."""
    require_here(query)
    named = query.get("workspace_id")
    if named is not None:
        if _UUID.fullmatch(named) is None:
            raise invalid([Issue("workspace_id", "must be a UUID")])
        if not await context.database.read(repository.has_workspace, caller.account_id, named.lower()):
            raise InvalidRequest("`workspace_id` is no workspace of this account.", field="workspace_id")
        return named.lower()
    own = caller.workspace_id or await context.database.read(repository.default_workspace_id, caller.account_id)
    if own is None:
        raise InvalidRequest("The account has no default workspace: name one in `workspace_id`.", field="workspace_id")
    return own


def require_here(query: Mapping[str, str]) -> None:
    """Files at a provider need the caller's own key for it, and nobody can have stored one: always InvalidRequest."""
    provider = query.get("provider")
    if provider is None:
        return
    if provider not in _PROVIDERS:
        raise invalid([Issue("provider", "must be openai or anthropic, or absent")])
    raise InvalidRequest(
        f"The account has no key of its own for {provider}. Leave `provider` out to keep files here.", field="provider"
    )


def limit_of(query: Mapping[str, str]) -> int:
    """How many files a page has at most."""
    text = query.get("limit")
    if text is None:
        return PAGE_DEFAULT
    if _NUMBER.fullmatch(text) is None or not 1 <= int(text) <= PAGE_MAX:
        raise invalid([Issue("limit", f"must be a whole number from 1 to {PAGE_MAX}")])
    return int(text)


def position_of(query: Mapping[str, str]) -> str | None:
    """The id after which the page begins, by whichever of four names; None: at the oldest file."""
    if "before_id" in query:
        raise invalid([Issue("before_id", "is not supported: lists go forward, with `after_id`")])
    if query.get("order", "asc") != "asc":
        raise invalid([Issue("order", "must be asc: lists begin with the oldest file")])
    name = next((name for name in (*_CURSORS, "after", "after_id") if name in query), None)
    if name is None:
        return None
    file_id = decode_cursor(query[name]) if name in _CURSORS else query[name]
    if file_id is None or not ids.is_file_id(file_id):
        raise invalid([Issue(name, f"must be {_CURSORS.get(name, 'the id of a file')}")])
    return file_id


def purpose_of(text: str | None) -> FilePurpose | None:
    """A purpose by its name."""
    if text is None:
        return None
    purpose = _PURPOSES.get(text)
    if purpose is None:
        raise invalid([Issue("purpose", f"must be one of {', '.join(_PURPOSES)}")])
    return purpose
