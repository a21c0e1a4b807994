"""What the control plane's endpoints work with."""

from dataclasses import dataclass

from trunkline.accounts.directory import Directory
from trunkline.accounts.service import KeyService
from trunkline.core.clock import Clock
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
    keys: KeyService
