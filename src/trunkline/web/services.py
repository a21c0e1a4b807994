"""What the pages of signed-in people stand on: the services that the API and the command line use too."""

from dataclasses import dataclass

from trunkline.accounts.byok.service import CredentialService
from trunkline.accounts.directory import Directory
from trunkline.accounts.passkeys import PasskeyService
from trunkline.accounts.profiles import ProfileService
from trunkline.accounts.rules.service import PrivacyService
from trunkline.accounts.service import KeyService
from trunkline.accounts.sessions import SessionService
from trunkline.accounts.sign_in import SignInService
from trunkline.accounts.workspaces.service import WorkspaceService
from trunkline.billing.service import CreditService
from trunkline.gateway.key_trial import KeyTrial
from trunkline.rooms.service import RoomService
from trunkline.rooms.shares import ShareService
from trunkline.storage.shared.interface import SharedState
from trunkline.web.visitors import Visitors


@dataclass(frozen=True, slots=True)
class AccountServices:
    """Made once by the site."""

    visitors: Visitors
    sessions: SessionService
    sign_in: SignInService
    passkeys: PasskeyService | None
    """None: nobody signs in with one here."""
    profiles: ProfileService
    keys: KeyService
    credentials: CredentialService
    key_trial: KeyTrial
    privacy: PrivacyService
    workspaces: WorkspaceService
    credits: CreditService
    rooms: RoomService
    shares: ShareService
    directory: Directory
    shared: SharedState
