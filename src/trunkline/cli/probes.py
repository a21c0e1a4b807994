"""What `trunkline doctor` looks at. Each probe asks one question and answers with what was found and what to do."""

import asyncio
import http.client
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct
from sqlalchemy import make_url

from trunkline.billing.audit import Difference, audit
from trunkline.catalog.types import Snapshot
from trunkline.core.clock import Clock
from trunkline.providers.advice import advice
from trunkline.providers.environment import Environ
from trunkline.providers.registry import sections_by_slug
from trunkline.providers.signing.schemes import scheme_of
from trunkline.providers.types import ProviderRuntime, Providers
from trunkline.providers.upstream import CredentialsUnavailable, UpstreamRequest
from trunkline.settings import Settings
from trunkline.storage.database import open_database
from trunkline.storage.interface import StorageUnavailable

State = Literal["ok", "warning", "failed"]

_FREE_BYTES_MIN = 200 * 10**6
_FREE_BYTES_COMFORTABLE = 2 * 10**9
_CLOCK_SKEW_MAX_S = 30.0
_TIMEOUT_S = 10.0
_PROVIDERS_AT_ONCE = 8


class Finding(Struct, frozen=True):
    """The answer to one question. `remedy` is empty when nothing is to be done."""

    subject: str
    state: State
    message: str
    remedy: str = ""


def probe_disk(home: Path) -> Finding:
    """Is there room for records?"""
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    message = f"{free / 10**9:.1f} GB free at {existing}"
    if free < _FREE_BYTES_MIN:
        return Finding("disk", "failed", message, "make room: without it requests cannot be recorded and are refused")
    if free < _FREE_BYTES_COMFORTABLE:
        return Finding("disk", "warning", message, "make room soon")
    return Finding("disk", "ok", message)


def probe_home(home: Path) -> Finding:
    """May others read the data?"""
    if not home.exists():
        return Finding("home", "ok", f"{home} is created at the first start")
    open_to_others = [
        path.name for path in home.iterdir() if path.is_file() and path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH)
    ]
    if open_to_others and home.stat().st_mode & stat.S_IXOTH:
        names = ", ".join(sorted(open_to_others))
        return Finding("home", "warning", f"other users can read {names} in {home}", f"chmod 700 {home}")
    return Finding("home", "ok", str(home))


def probe_database(settings: Settings) -> list[Finding]:
    """Does it answer, with the schema of this version, and are its books right?"""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return [Finding("database", "ok", f"{url.database} is created at the first start")]
    try:
        differences = asyncio.run(_audited(settings))
    except StorageUnavailable as error:
        return [Finding("database", "failed", str(error), "mend what the message names; see [database] url")]
    answers = Finding("database", "ok", f"{url.render_as_string(hide_password=True)} answers")
    if differences:
        message = f"{len(differences)} differences between ledger and sums"
        return [answers, Finding("books", "failed", message, "`trunkline audit` names each of them")]
    return [answers, Finding("books", "ok", "ledger, sums and generations agree")]


async def _audited(settings: Settings) -> list[Difference]:
    database = open_database(settings.database_url, pool_size=1)
    await database.start()
    try:
        return await database.read(audit)
    finally:
        await database.close()


def probe_providers(providers: Providers, clock: Clock) -> list[Finding]:
    """Is each credential accepted? Asks for the list of models, which costs nothing, and compares clocks on the way."""
    runtimes = [runtime for runtime in providers.by_slug.values() if not runtime.in_process]
    if not runtimes:
        return [
            Finding("providers", "warning", "none enabled: the Sandbox answers", "set a key, such as OPENAI_API_KEY")
        ]
    with ThreadPoolExecutor(_PROVIDERS_AT_ONCE) as threads:
        return [finding for found in threads.map(partial(probe_provider, clock=clock), runtimes) for finding in found]


def probe_half_configured(
    settings: Settings, snapshot: Snapshot, providers: Providers, environ: Environ
) -> list[Finding]:
    """Whose credentials are set, while something else is missing?"""
    found: list[Finding] = []
    sections = sections_by_slug(settings, snapshot)
    for slug, provider in snapshot.providers.items():
        given, scheme = sections.get(slug), scheme_of(provider.auth)
        credentials = None if given is None else given.credentials
        if slug in providers.by_slug or scheme is None or not scheme.is_chosen(credentials, environ):
            continue
        if remedy := advice(provider, given, environ):
            found.append(Finding(provider.name, "warning", "has credentials, but cannot be called", remedy))
    return found


def probe_provider(runtime: ProviderRuntime, clock: Clock) -> list[Finding]:
    """One free call to one provider."""
    name = runtime.provider.name
    url = urlsplit(runtime.base_url)
    headers = dict(runtime.headers)
    if runtime.signer is not None:
        try:
            headers = dict(asyncio.run(runtime.signer.sign(_model_list(runtime))).headers)
        except CredentialsUnavailable as failure:
            scheme = scheme_of(runtime.provider.auth)
            remedy = "" if scheme is None else f"set {scheme.remedy}"
            return [Finding(name, "failed", f"no credential: {failure.detail}", remedy)]
    if runtime.provider.models_path is None:
        what = "key was not checked" if runtime.signer is None else "credentials are there, but were not tried"
        return [Finding(name, "warning", f"has no free call: its {what}", "send it a request")]
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    try:
        with closing(kind(url.hostname or "", url.port, timeout=_TIMEOUT_S)) as connection:
            connection.request("GET", url.path + runtime.provider.models_path, headers=headers)
            response = connection.getresponse()
            status, date = response.status, response.getheader("Date")
    except (OSError, http.client.HTTPException) as error:
        remedy = (
            f"is {url.hostname} reachable from here? See [providers.{runtime.provider.slug}] base_url and proxy_url"
        )
        return [Finding(name, "failed", f"cannot be reached: {error}", remedy)]
    return [_credential(runtime, status), *_clock(date, clock)]


def _model_list(runtime: ProviderRuntime) -> UpstreamRequest:
    return UpstreamRequest(
        url=runtime.base_url + (runtime.provider.models_path or ""),
        method="GET",
        headers=runtime.headers,
        body=b"",
        connect_timeout_s=_TIMEOUT_S,
        read_timeout_s=_TIMEOUT_S,
    )


def _credential(runtime: ProviderRuntime, status: int) -> Finding:
    name = runtime.provider.name
    if status in (http.client.UNAUTHORIZED, http.client.FORBIDDEN):
        variables = " or ".join(runtime.provider.key_env) or "its key"
        remedy = f"set {variables}, or [providers.{runtime.provider.slug}] api_key, to a key that works"
        return Finding(name, "failed", f"refuses the key ({status})", remedy)
    if status == http.client.OK:
        return Finding(name, "ok", "accepts the key")
    return Finding(name, "warning", f"answered {status}: whether the key works is not known", "send it a request")


def _clock(date: str | None, clock: Clock) -> list[Finding]:
    """The provider's clock against ours; a key that expires, a day that ends and TLS depend on it."""
    if date is None:
        return []
    skew_s = clock.now_ms() / 1000 - parsedate_to_datetime(date).timestamp()
    if abs(skew_s) <= _CLOCK_SKEW_MAX_S:
        return []
    direction = "ahead of" if skew_s > 0 else "behind"
    message = f"this machine is {abs(skew_s):.0f} s {direction} the provider"
    return [Finding("clock", "warning", message, "synchronise it (NTP)")]
