"""Every setting of an instance, as one frozen tree (operating.md 3). Loading, sources and errors: `configuration/`.

A default here is the documented default. Names are those of `trunkline.toml`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from trunkline.core.json import JsonValue
from trunkline.settings.kinds import Count, Percent, Port, PositiveCount, Rate, Seconds, Secret, Url
from trunkline.settings.routing import Hedging, Recovery, Routers, Routing


class Server(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    host: str = "127.0.0.1"
    """Address to listen on. `0.0.0.0` lets other machines in."""
    port: Port = 8080
    """Port to listen on; 0 takes a free one."""
    public_url: str | None = None
    """Where clients reach this instance; links in messages use it. Absent: http://host:port."""
    workers: PositiveCount = 1
    """Processes that serve. More than one needs Redis."""
    request_limit_mb: PositiveCount = 150
    """Largest request body, in MiB; a larger one is refused with 413."""
    drain_seconds: Seconds = 30.0
    """After SIGTERM, how long running streams may go on."""
    metrics_token: Secret | None = None
    """`GET /metrics` from elsewhere than loopback needs it as bearer token."""
    regional_hosts: Mapping[str, Literal["eu", "us"]] = {}
    """Host names that serve only what keeps its data in a region. `eu.` and `us.` before the host of `public_url` do so
    by themselves."""
    trusted_proxies: Count = 0
    """How many reverse proxies in front may be believed about the client's address."""
    country_header: Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,64}$")] | None = None
    """Header in which the proxy in front says which country the client is in (`CF-IPCountry`). It must overwrite what
    clients send. Absent: no country is known, and no provider is left out because of it."""
    regional_accounts: tuple[str, ...] | None = None
    """Accounts that may use regional hosts; others are answered 403. Absent: all of them."""
    keep_alive_seconds: Seconds = 75.0
    """How long an idle connection of a client stays open."""
    header_timeout_seconds: Seconds = 20.0
    """How long a client may take to send its request's head."""
    body_timeout_seconds: Seconds = 60.0
    """How long a client may take to send its request's body, and a second more for each 64 KiB of it."""
    answer_timeout_seconds: Seconds = 60.0
    """How long a client may take nothing of what it is sent before its connection is closed."""


class Database(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: Url | None = None
    """`sqlite:///…` or `postgresql://…`. Absent: `trunkline.db` in the home folder."""
    pool_size: PositiveCount = 8
    """Connections for reading."""
    journal_limit_mb: PositiveCount = 64
    """While the database is away, records wait on disk; from this size on (MiB), new requests are refused."""


class Redis(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: Url | None = None
    """Shared state of several processes. Absent: in the process."""


class Billing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    mode: Literal["postpaid", "prepaid"] = "postpaid"
    """`postpaid` meters and never refuses for the balance; `prepaid` answers 402 when credits are used up."""
    markup_percent: Percent = 0.0
    """Added to the catalog's price."""
    byok_fee_percent: Percent = 0.0
    """Charged on the list price when a caller's own provider key was used, beyond `byok_allowance_usd`."""
    byok_allowance_usd: Count = 25_000
    """List price that an account's own provider keys may pay for in a month (UTC) before `byok_fee_percent` applies."""
    key_limit_status: Literal[402, 403] = 402
    """KEY-23: status of an exhausted key limit."""
    strict_max_tokens: bool = False
    """AFF-05: refuse instead of lowering the output cap when `max_tokens` is absent."""
    estimate_output_tokens: PositiveCount = 4096
    """Output assumed for the hold when the caller gives no `max_tokens`."""


class Sandbox(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    mode: Literal["auto", "always", "off"] = "auto"
    """`auto`: the Sandbox answers while no other provider is enabled."""
    tokens_per_second: Rate = 200.0
    """How fast it streams."""
    first_token_seconds: Annotated[float, Meta(ge=0)] = 0.05
    """How long it thinks before its first token."""


class Discovery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    environment: bool = True
    """Enable the providers whose conventional key variable is set (`OPENAI_API_KEY`, …)."""
    local_engines: bool = True
    """Look for Ollama, LM Studio, vLLM, SGLang and llama.cpp on their usual loopback ports."""
    timeout_seconds: Seconds = 0.5
    """How long a local engine may take to answer at start."""


class ProviderKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: Secret
    """The secret."""
    weight: PositiveCount = 1
    """Share of the requests that go out with this key."""


class ProviderSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[providers.<slug>]`. Everything optional: what is absent comes from the catalog and the environment."""

    enabled: bool = True
    """False: never used, whatever the environment holds."""
    api_key: Secret | None = None
    """The key; absent: from the provider's conventional variable."""
    api_keys: tuple[ProviderKey, ...] = ()
    """Several keys with weights, instead of `api_key`."""
    credentials: str | None = None
    """Sign requests instead of sending a key: a profile's name (AWS), a service account's file (Google), or `default`
    for whatever identity the machine has (AWS, Google, Azure)."""
    address: Mapping[str, str] = {}
    """Parts of the catalog's address, instead of their variables: `{ project = "…", location = "…" }`."""
    base_url: Url | None = None
    """Another address than the catalog's."""
    headers: Mapping[str, Secret] = {}
    """Sent with every request to this provider."""
    name: str | None = None
    """Display name, for a provider unknown to the catalog."""
    protocol: str | None = None
    """Wire protocol (`openai-chat`, …), for a provider unknown to the catalog or speaking another one here."""
    quirks: tuple[str, ...] | None = None
    """Named deviations from the protocol, instead of the catalog's."""
    passthrough: tuple[str, ...] | None = None
    """Request fields that go to this provider unchanged."""
    connect_timeout_seconds: Seconds | None = None
    """Instead of `routing.connect_timeout_seconds`."""
    read_timeout_seconds: Seconds | None = None
    """Instead of `routing.read_timeout_seconds`."""
    total_timeout_seconds: Seconds | None = None
    """Instead of `routing.total_timeout_seconds`."""
    cancels_billing: bool | None = None
    """Whether it stops billing when the connection is closed; if not, an abandoned answer is read to its end."""
    proxy_url: Url | None = None
    """HTTP proxy on the way to this provider."""


class Fetching(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Media that callers name by URL, where the provider takes no URLs (operating.md OP-51)."""

    allow_networks: tuple[str, ...] = ()
    """Networks (`10.0.0.0/8`) that are fetched from although they are not public. Every caller can read from them."""


class Videos(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Video jobs (inference.md 25)."""

    poll_seconds: Seconds = 10.0
    """How long to wait before a provider is asked after a job; longer and longer, up to six times that."""
    expire_hours: PositiveCount = 24
    """After so long a job that is not done is given up."""
    lease_seconds: Seconds = 120.0
    """How long a process that died keeps the jobs that it was working on from the others."""
    callback_url: str | None = None
    """Where the end of every job is told unless its request names another address; https only."""
    signing_secret: Secret | None = None
    """Signs what callbacks are told, so that their receivers know who tells."""


class Files(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What callers upload (inference.md 26): in a folder, or in a bucket when one is named."""

    directory: str | None = None
    """Where files are kept, and where uploads arrive. Absent: `files` in the home folder. Processes share it."""
    limit_mb: PositiveCount = 100
    """Largest file, in MiB; a larger one is refused with 413."""
    quota_mb: PositiveCount = 10_240
    """What one workspace may keep, in MiB; an upload beyond it is refused with 403."""
    quota_count: PositiveCount = 10_000
    """How many files one workspace may keep."""
    s3_bucket: str | None = None
    """Keep files in this bucket instead. Needs `pip install 'trunkline[s3]'`."""
    s3_prefix: str = "files/"
    """What the names of its objects begin with."""
    s3_endpoint_url: Url | None = None
    """The store's address when it is not AWS: MinIO, R2, Ceph, Garage."""
    s3_region: str | None = None
    """Absent: as the AWS environment says."""
    s3_access_key_id: str | None = None
    """Absent: credentials as AWS's own programs find them (environment, profile, role of the machine)."""
    s3_secret_access_key: Secret | None = None
    """Belongs to `s3_access_key_id`."""


class Auth(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    cache_seconds: Seconds = 60.0
    """How long a verified key is believed without asking the database; a revocation is noticed sooner."""
    password_sign_in: bool = False
    """Let people set a password for the site and sign in with it; one-time links always work."""
    passkeys: bool = True
    """Let people sign in with a passkey, where browsers allow it: `public_url` is https and a name, or localhost."""
    session_idle_days: PositiveCount = 14
    """A browser that was not used for so long is signed out."""
    session_days: PositiveCount = 90
    """A browser is signed out after so long, however much it is used."""


class Telemetry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    log_level: Literal["off", "error", "warning", "info", "debug"] = "warning"
    """Least severe message that is logged."""
    log_requests: bool = False
    """One line for each request, never with prompt, completion or key."""
    log_format: Literal["auto", "json", "console"] = "auto"
    """`auto`: console on a terminal, JSON elsewhere."""


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request rates (accounts-and-governance.md 6). 0 = no limit."""

    requests_per_second: Count = 200
    """Per account, burst protection (RL-01)."""
    free_requests_per_minute: Count = 0
    """Of free models, per account."""
    free_requests_per_day: Count = 0
    """Of free models, per account."""
    management_requests_per_minute: Count = 300
    """Calls that manage keys and the account, per key."""
    messages_max: PositiveCount = 20_000
    """Messages in one request."""
    tools_max: PositiveCount = 4_096
    """Tools in one request."""
    nesting_max: PositiveCount = 128
    """Depth of JSON in a request."""


class Site(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the web site calls itself and where it leads (site.md SH-06). Links that are absent are not shown."""

    name: str = "Trunkline"
    """Name of this instance, in the header and in titles."""
    tagline: str = "Every model, one API, on your own terms."
    """Headline of the home page."""
    logo: str | None = None
    """An SVG or PNG file, instead of the built-in mark."""
    color: Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None
    """Accent colour, `#0c6b5a`; give one that is readable on white and on black."""
    announcements: str | None = None
    """Folder of Markdown files, one for each announcement. Absent: `announcements` in the home folder."""
    rankings: Literal["public", "members", "off"] = "public"
    """Who sees rankings and apps, which show how much this instance is used: everybody, the signed-in, nobody."""
    about_url: str | None = None
    """Link in the footer."""
    privacy_url: str | None = None
    """Link in the footer."""
    terms_url: str | None = None
    """Link in the footer."""
    support_url: str | None = None
    """Link in the footer; the pricing page names it as who to ask."""
    source_url: str | None = None
    """Link in the footer."""


class Privacy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What accounts allow that never said anything themselves (accounts-and-governance.md 13.1). A provider whose
    policy is not known counts as one that trains."""

    paid_training: bool = True
    """Endpoints that cost something may train on prompts."""
    free_training: bool = True
    """Free endpoints may train on prompts."""
    free_publication: bool = True
    """Free endpoints may publish prompts."""


class Retention(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    generations_days: PositiveCount = 400
    """How long `trunkline db prune` keeps generation records."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Defaults < file < environment, already resolved. `home` holds database, key file and logs (OP-10)."""

    home: Path
    server: Server = Server()
    database: Database = Database()
    redis: Redis = Redis()
    billing: Billing = Billing()
    sandbox: Sandbox = Sandbox()
    discovery: Discovery = Discovery()
    providers: Mapping[str, ProviderSettings] = {}
    models: tuple[Mapping[str, JsonValue], ...] = ()
    """`[[models]]`: catalog entries and overrides with the catalog's own field names."""
    endpoints: tuple[Mapping[str, JsonValue], ...] = ()
    """`[[endpoints]]`: the same for endpoints (OP-22, OP-23)."""
    routing: Routing = Routing()
    recovery: Recovery = Recovery()
    hedging: Hedging = Hedging()
    routers: Routers = Routers()
    fetching: Fetching = Fetching()
    videos: Videos = Videos()
    files: Files = Files()
    auth: Auth = Auth()
    telemetry: Telemetry = Telemetry()
    limits: Limits = Limits()
    site: Site = Site()
    privacy: Privacy = Privacy()
    retention: Retention = Retention()

    @property
    def public_url(self) -> str:
        """Base of every link that goes into a message; no trailing slash."""
        if self.server.public_url is not None:
            return self.server.public_url.rstrip("/")
        host = "127.0.0.1" if self.server.host in ("0.0.0.0", "::") else self.server.host  # noqa: S104 -- compared, not bound
        return f"http://{host}:{self.server.port}"

    @property
    def docs_url(self) -> str:
        """Base of the guide's pages, which errors lead to."""
        return f"{self.public_url}/docs/guide"

    @property
    def files_directory(self) -> Path:
        """Where files are kept and uploads arrive."""
        return self.home / "files" if self.files.directory is None else Path(self.files.directory)

    @property
    def database_url(self) -> str:
        """The configured database, or the SQLite file in the home folder."""
        return self.database.url or f"sqlite:///{self.home / 'trunkline.db'}"
