"""An account on a fresh database, and the services of people's accounts on a clock of their own."""

from dataclasses import dataclass

import pytest

from tests.fakes.clock import FakeClock
from trunkline.accounts.attempts import Attempts
from trunkline.accounts.bootstrap import FirstStart, ensure_owner
from trunkline.accounts.passwords import Passwords
from trunkline.accounts.profiles import ProfileService
from trunkline.accounts.session_types import Browser
from trunkline.accounts.sessions import SessionService
from trunkline.accounts.sign_in import SignInService
from trunkline.accounts.types import Actor
from trunkline.settings import Auth
from trunkline.storage.database import SqlDatabase
from trunkline.storage.shared.memory import MemoryShared

BROWSER = Browser(address="192.0.2.7", user_agent="Firefox", request_id="req-1")


@dataclass
class People:
    database: SqlDatabase
    clock: FakeClock
    first: FirstStart
    sessions: SessionService
    profiles: ProfileService
    sign_in: SignInService

    @property
    def actor(self) -> Actor:
        return Actor(account_id=self.first.account_id, name="test")


@pytest.fixture
async def people(database: SqlDatabase) -> People:
    clock = FakeClock()
    first = await ensure_owner(database, clock, None)
    assert first is not None
    attempts, passwords = Attempts(MemoryShared(), clock), Passwords()
    sessions = SessionService(database, clock, Auth(session_idle_days=14, session_days=90))
    profiles = ProfileService(database, attempts, clock, sessions, passwords)
    return People(
        database, clock, first, sessions, profiles, SignInService(database, attempts, clock, sessions, passwords)
    )
