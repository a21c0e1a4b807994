"""The control plane: every operation that generates nothing, and the site for all other addresses."""

from starlette.routing import Mount, Router
from starlette.types import ASGIApp

from trunkline.accounts.attempts import Attempts
from trunkline.accounts.passkeys import PasskeyService
from trunkline.accounts.passwords import Passwords
from trunkline.accounts.profiles import ProfileService
from trunkline.accounts.rules.service import PrivacyService
from trunkline.accounts.service import KeyService
from trunkline.accounts.sign_in import SignInService
from trunkline.accounts.webauthn import WebAuthn, is_possible
from trunkline.accounts.workspaces.service import WorkspaceService
from trunkline.api import health_checks, images, metrics, models, openapi, providers, statistics, videos
from trunkline.api.callers import Callers
from trunkline.api.context import ControlPlane
from trunkline.api.errors import ErrorBoundary
from trunkline.api.instance_catalog import InstanceCatalog
from trunkline.api.routes import api_root
from trunkline.app.data_plane import API_ROOTS, make_job_calls
from trunkline.app.services import Services
from trunkline.billing.service import CreditService
from trunkline.gateway.key_trial import KeyTrial
from trunkline.gateway.pipeline import Pipeline
from trunkline.gateway.video_content import VideoContent
from trunkline.gateway.video_jobs import VideoJobs
from trunkline.rooms.service import RoomService
from trunkline.rooms.shares import ShareService
from trunkline.storage.sealing import Sealer
from trunkline.web.services import AccountServices
from trunkline.web.site import create_site
from trunkline.web.visitors import Visitors


def make_router(
    services: Services, pipeline: Pipeline, jobs: VideoJobs, callers: Callers, room_sealer: Sealer
) -> ASGIApp:
    """Both API roots, what is not part of the API, and the site."""
    settings, worlds = services.settings, services.worlds
    control = ControlPlane(
        settings=settings,
        clock=services.clock,
        database=services.database,
        shared=services.shared,
        directory=services.directory,
        callers=callers,
        keys=KeyService(services.database, services.clock),
        workspaces=WorkspaceService(services.database, services.clock),
        credentials=services.credentials,
        files=services.files,
        presets=services.presets,
        world=lambda: worlds.current,
        explain=pipeline.explain,
        count_tokens=pipeline.count_tokens,
        unfinished=pipeline.unfinished,
    )
    view = InstanceCatalog(control, lambda: worlds.current, services.health, services.statistics.endpoints)
    description = openapi.describe(control, view)
    router = Router(
        [
            *(Mount(root, app=_make_api(services, control, view, jobs)) for root in API_ROOTS),
            *health_checks.routes({"database": health_checks.database_check(services.database)}),
            *metrics.routes(services.metrics, settings),
            *openapi.routes(description),
        ],
        redirect_slashes=False,
        default=create_site(
            settings=settings,
            clock=services.clock,
            database=services.database,
            facts=view,
            world=lambda: worlds.current,
            openapi=description,
            accounts=_account_services(services, control, room_sealer),
        ),
    )
    return ErrorBoundary(router, clock=services.clock, docs_base=settings.docs_url)


def _make_api(services: Services, control: ControlPlane, view: InstanceCatalog, jobs: VideoJobs) -> ASGIApp:
    films = videos.routes(control, view, jobs, VideoContent(make_job_calls(services), services.fetch_client))
    return api_root(
        control,
        [
            *models.routes(view),
            *images.routes(view),
            *films,
            *providers.routes(view),
            *statistics.routes(control, view),
        ],
    )


def _account_services(services: Services, control: ControlPlane, room_sealer: Sealer) -> AccountServices:
    """What the site's signed-in pages stand on."""
    database, clock = services.database, services.clock
    attempts, passwords = Attempts(services.shared, clock), Passwords()
    sessions = services.sessions
    profiles = ProfileService(database, attempts, clock, sessions, passwords)
    return AccountServices(
        visitors=Visitors(services.settings, sessions, profiles),
        sessions=sessions,
        sign_in=SignInService(database, attempts, clock, sessions, passwords),
        passkeys=_passkeys(services, attempts),
        profiles=profiles,
        keys=control.keys,
        privacy=PrivacyService(database, clock),
        workspaces=control.workspaces,
        credits=CreditService(database, clock),
        rooms=RoomService(database, clock, room_sealer),
        shares=ShareService(database, clock, room_sealer),
        credentials=services.credentials,
        key_trial=KeyTrial(lambda: services.worlds.current, services.transport, services.shared, services.clock),
        directory=services.directory,
        shared=services.shared,
    )


def _passkeys(services: Services, attempts: Attempts) -> PasskeyService | None:
    settings = services.settings
    if not settings.auth.passkeys or not is_possible(settings.public_url):
        return None
    webauthn = WebAuthn(settings.public_url, settings.site.name)
    return PasskeyService(services.database, services.shared, attempts, services.clock, services.sessions, webauthn)
