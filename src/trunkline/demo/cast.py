"""Who makes the traffic of a demo: workspaces, their keys and the applications that use them. All are called Demo."""

from hashlib import sha256
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from msgspec import Struct
from sqlalchemy import Connection

from trunkline.accounts import repository
from trunkline.accounts.app_repository import Sighting, keep
from trunkline.accounts.types import ApiKey, Workspace

WORKSPACES: Final = ("Engineering", "Support", "Research")
KEYS: Final = (
    # name, workspace, application, share of all traffic
    ("Code assistant", 0, 0, 0.30),
    ("Review bot", 0, 1, 0.14),
    ("Terminal agent", 0, 2, 0.12),
    ("Help desk", 1, 3, 0.16),
    ("Translation", 1, 4, 0.08),
    ("Notebook", 2, 5, 0.08),
    ("Paper reader", 2, 6, 0.07),
    ("Story night", 2, 7, 0.05),
)
APPS: Final = (
    ("codeweaver.example", "Demo Codeweaver", ("ide-extension", "programming-app")),
    ("reviewer.example", "Demo Reviewer", ("cloud-agent",)),
    ("termite.example", "Demo Termite", ("cli-agent",)),
    ("helpdesk.example", "Demo Helpdesk", ("general-chat",)),
    ("polyglot.example", "Demo Polyglot", ("writing-assistant",)),
    ("notebook.example", "Demo Notebook", ("personal-agent",)),
    ("papers.example", "Demo Papers", ("writing-assistant",)),
    ("storynight.example", "Demo Story Night", ("creative-writing", "roleplay")),
)


class Caller(Struct, frozen=True, kw_only=True):
    """A key with its application, as its generations name them."""

    account_id: str
    workspace_id: str
    key_hash: str
    app_id: int
    origin: str
    app_title: str
    app_categories: tuple[str, ...]
    share: float


def create_cast(connection: Connection, account_id: str, seed: int, created_at_ms: int) -> list[Caller]:
    """Make them all. The keys authenticate nobody: they are disabled, and no secret has their hash."""
    workspace_ids = [
        _create_workspace(connection, account_id, name, _uuid(seed, name), created_at_ms) for name in WORKSPACES
    ]
    callers: list[Caller] = []
    for number, (name, workspace, app, share) in enumerate(KEYS):
        origin, title, categories = APPS[app]
        key = _key(account_id, workspace_ids[workspace], name, f"{seed}/{number}", created_at_ms)
        repository.insert_key(connection, key)
        callers.append(
            Caller(
                account_id=account_id,
                workspace_id=workspace_ids[workspace],
                key_hash=key.hash,
                app_id=keep(connection, Sighting(origin, title, categories), created_at_ms).id,
                origin=origin,
                app_title=title,
                app_categories=categories,
                share=share,
            )
        )
    return callers


def _create_workspace(connection: Connection, account_id: str, name: str, workspace_id: str, now_ms: int) -> str:
    workspace = Workspace(
        id=workspace_id,
        account_id=account_id,
        name=f"Demo {name}",
        slug=f"demo-{name.lower()}",
        is_default=False,
        created_at_ms=now_ms,
    )
    repository.insert_workspace(connection, workspace)
    return workspace_id


def _key(account_id: str, workspace_id: str, name: str, unique: str, now_ms: int) -> ApiKey:
    digest = sha256(f"trunkline demo {unique}".encode()).hexdigest()
    return ApiKey(
        hash=digest,
        account_id=account_id,
        workspace_id=workspace_id,
        kind="inference",
        label=f"sk-tl-v1-dem...{digest[-3:]}",
        name=f"Demo {name}",
        disabled=True,
        limit_nanousd=None,
        limit_reset=None,
        include_byok_in_limit=False,
        expires_at_ms=None,
        creator_user_id=account_id,
        created_at_ms=now_ms,
        updated_at_ms=None,
    )


def _uuid(seed: int, name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"trunkline:demo:{seed}:{name}"))
