"""Every setting of an instance, as one frozen tree (operating.md 3). Loading, sources and errors: `configuration/`.

A default here is the documented default. Names are those of `trunkline.toml`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from msgspec import Struct

from trunkline.core.json import JsonValue


class Server(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None
    """Where clients reach this instance; links in messages use it. None: http://host:port."""
    workers: int = 1
    request_limit_mb: int = 150
    drain_seconds: float = 30.0
    metrics_token: str | None = None
    """`GET /metrics` from elsewhere than loopback needs it as bearer token."""
    trusted_proxies: int = 0
    """How many reverse proxies in front may be believed about the client's address."""
    keep_alive_seconds: float = 75.0
    header_timeout_seconds: float = 20.0
    body_timeout_seconds: float = 60.0


class Database(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: str | None = None
    """`sqlite:///…` or `postgresql://…`. None: `trunkline.db` in the home folder."""
    pool_size: int = 8


class Redis(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: str | None = None


class Billing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    mode: Literal["postpaid", "prepaid"] = "postpaid"
    markup_percent: float = 0.0
    byok_fee_percent: float = 0.0
    key_limit_status: Literal[402, 403] = 402
    """KEY-23: status of an exhausted key limit."""
    strict_max_tokens: bool = False
    """AFF-05: refuse instead of lowering the output cap when `max_tokens` is absent."""
    estimate_output_tokens: int = 4096
    """Output assumed for the hold when the caller gives no `max_tokens`."""


class Sandbox(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    mode: Literal["auto", "always", "off"] = "auto"
    tokens_per_second: float = 200.0
    first_token_seconds: float = 0.05


class Discovery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    environment: bool = True
    local_engines: bool = True
    timeout_seconds: float = 0.5


class ProviderKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: str
    weight: int = 1


class ProviderSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[providers.<slug>]`. Everything optional: what is absent comes from the catalog and the environment."""

    enabled: bool = True
    api_key: str | None = None
    api_keys: tuple[ProviderKey, ...] = ()
    base_url: str | None = None
    headers: Mapping[str, str] = {}
    name: str | None = None
    protocol: str | None = None
    quirks: tuple[str, ...] | None = None
    passthrough: tuple[str, ...] | None = None
    connect_timeout_seconds: float | None = None
    read_timeout_seconds: float | None = None
    total_timeout_seconds: float | None = None
    cancels_billing: bool | None = None
    proxy_url: str | None = None


class Routing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers that routing-and-catalog.md marks as configurable."""

    attempts_max: int = 10
    models_max: int = 3
    connect_timeout_seconds: float = 10.0
    read_timeout_seconds: float = 60.0
    total_timeout_seconds: float = 300.0
    outage_window_seconds: float = 30.0
    outage_failure_ratio: float = 0.2
    retry_after_cap_seconds: float = 60.0
    strict_tool_routing: bool = True
    stream_commit_seconds: float = 10.0
    """A stream's headers leave with the first delta, or after this silence (inference.md 4.3)."""
    heartbeat_seconds: float = 10.0
    pad_whole_answers: bool = False
    path: Literal["auto", "hub"] = "auto"
    """`hub` sends everything through the hub, for comparing the two paths."""


class Auth(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    cache_seconds: float = 60.0


class Telemetry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    log_level: Literal["off", "error", "warning", "info", "debug"] = "warning"
    log_requests: bool = False
    log_format: Literal["auto", "json", "console"] = "auto"


class Limits(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request rates (accounts-and-governance.md 6). 0 = no limit."""

    requests_per_second: int = 200
    """Per account, burst protection (RL-01)."""
    free_requests_per_minute: int = 0
    free_requests_per_day: int = 0
    management_requests_per_minute: int = 300
    messages_max: int = 20_000
    tools_max: int = 4_096
    nesting_max: int = 128


class Retention(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    generations_days: int = 400


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
    auth: Auth = Auth()
    telemetry: Telemetry = Telemetry()
    limits: Limits = Limits()
    retention: Retention = Retention()

    @property
    def public_url(self) -> str:
        """Base of every link that goes into a message; no trailing slash."""
        if self.server.public_url is not None:
            return self.server.public_url.rstrip("/")
        host = "127.0.0.1" if self.server.host in ("0.0.0.0", "::") else self.server.host  # noqa: S104 -- compared, not bound
        return f"http://{host}:{self.server.port}"

    @property
    def database_url(self) -> str:
        """The configured database, or the SQLite file in the home folder."""
        return self.database.url or f"sqlite:///{self.home / 'trunkline.db'}"
