"""What the control plane's endpoints work with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from trunkline.accounts.byok.service import CredentialService
from trunkline.accounts.directory import Directory
from trunkline.accounts.service import KeyService
from trunkline.accounts.workspaces.service import WorkspaceService
from trunkline.api.callers import Callers
from trunkline.core.clock import Clock
from trunkline.files.service import FileService
from trunkline.gateway.exchange import Exchange
from trunkline.gateway.world import World
from trunkline.generations.types import Generation
from trunkline.presets.service import PresetService
from trunkline.protocols.token_count import CountedRequest
from trunkline.routing.explanation import Explanation
from trunkline.settings import Settings
from trunkline.storage.interface import Database
from trunkline.storage.shared.interface import SharedState


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """Made once by the composition root; every endpoint gets the same."""

    settings: Settings
    clock: Clock
    database: Database
    shared: SharedState
    directory: Directory
    callers: Callers
    """Who calls, when `directory` does not know it from memory."""
    keys: KeyService
    workspaces: WorkspaceService
    credentials: CredentialService
    files: FileService
    presets: PresetService
    world: Callable[[], World]
    """What requests that begin now are served from."""
    explain: Callable[[Exchange], Awaitable[Explanation]]
    """What would be tried for a request."""
    count_tokens: Callable[[Exchange, CountedRequest], Awaitable[int]]
    """How long a request's prompt is."""
    unfinished: Callable[[str, str], Generation | None]
    """Of an account and a generation id: what is known of a request that still runs in this process."""
