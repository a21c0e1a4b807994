"""What the data plane and the control plane both stand on, built once in each process."""

from collections.abc import Mapping
from dataclasses import dataclass

from trunkline.accounts.apps import Apps
from trunkline.accounts.byok.sealing import SecretBox
from trunkline.accounts.byok.service import CredentialService
from trunkline.accounts.byok.standing import Standings
from trunkline.accounts.directory import Directory
from trunkline.accounts.members import Members
from trunkline.accounts.sessions import SessionService
from trunkline.api.callers import Callers
from trunkline.api.regional_hosts import regional_hosts
from trunkline.core.clock import Clock
from trunkline.core.tasks import TaskSet
from trunkline.files.opening import open_files
from trunkline.files.service import FileService
from trunkline.gateway.fetch_client import FetchClient
from trunkline.gateway.fetch_guard import AddressGuard
from trunkline.gateway.transport.client import HttpTransport
from trunkline.gateway.worlds import Worlds
from trunkline.observability.metrics import GatewayMetrics
from trunkline.presets.service import PresetService
from trunkline.providers.own_keys.rules import CatalogRules
from trunkline.routing.health import MemoryHealth
from trunkline.routing.policy import Region
from trunkline.settings import Settings
from trunkline.statistics.service import StatisticsService
from trunkline.storage.backlog import JournalPlace
from trunkline.storage.database import SqlDatabase, open_database
from trunkline.storage.shared.memory import MemoryShared


@dataclass(frozen=True)
class Services:
    """Built and wired, nothing opened yet."""

    settings: Settings
    clock: Clock
    tasks: TaskSet
    """What runs as long as the process."""
    worlds: Worlds
    health: MemoryHealth
    metrics: GatewayMetrics
    shared: MemoryShared
    transport: HttpTransport
    fetch_client: FetchClient
    database: SqlDatabase
    box: SecretBox
    """Seals provider keys; it is unlocked at the start."""
    directory: Directory
    standings: Standings
    credentials: CredentialService
    sessions: SessionService
    apps: Apps
    presets: PresetService
    statistics: StatisticsService
    files: FileService
    regional_hosts: Mapping[str, Region]


def build_services(settings: Settings, environ: Mapping[str, str], clock: Clock) -> Services:
    """Raises OverridesInvalid when the settings' catalog is wrong."""
    shared = MemoryShared()
    worlds = Worlds(settings, environ, clock)
    database = open_database(
        settings.database_url,
        pool_size=settings.database.pool_size,
        journal=JournalPlace(settings.home, settings.database.journal_limit_mb * 1024 * 1024),
    )
    box = SecretBox()
    directory = Directory(database, shared, clock, settings, box)
    rules = CatalogRules(
        lambda: worlds.current.snapshot, lambda provider, secret: worlds.current.own_keys.access(provider, secret)
    )
    return Services(
        settings=settings,
        clock=clock,
        tasks=TaskSet(),
        worlds=worlds,
        health=MemoryHealth(clock, settings.routing),
        metrics=GatewayMetrics(),
        shared=shared,
        transport=HttpTransport(),
        fetch_client=FetchClient(AddressGuard(settings.fetching.allow_networks)),
        database=database,
        box=box,
        directory=directory,
        standings=Standings(database, clock),
        credentials=CredentialService(database, clock, box, rules, directory.forget_all),
        sessions=SessionService(database, clock, settings.auth),
        apps=Apps(database, clock),
        presets=PresetService(database, clock),
        statistics=StatisticsService(database, clock, lambda: worlds.current.snapshot),
        files=open_files(settings, database, clock),
        regional_hosts=regional_hosts(settings),
    )


def make_callers(services: Services, session_key_secret: bytes) -> Callers:
    """Who calls the API: keys, and people by the session of this site."""
    members = Members(
        services.database,
        services.clock,
        services.directory,
        services.sessions,
        public_url=services.settings.public_url,
        secret=session_key_secret,
    )
    return Callers(services.directory, members)
