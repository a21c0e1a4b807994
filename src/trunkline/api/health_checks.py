"""`/healthz` and `/readyz`, beside the API root and without a key (operating.md OP-40)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.api.wire import json_response
from trunkline.storage.interface import Database, StorageUnavailable

Check = Callable[[], Awaitable[str | None]]
"""Why this part is not ready, None when it is."""
CHECK_TIMEOUT_S = 2.0

_log = structlog.get_logger("trunkline.health")


class Health(Struct, frozen=True, omit_defaults=True):
    """`reasons` names each part that is not ready."""

    status: str
    reasons: Mapping[str, str] = {}


def database_check(database: Database) -> Check:
    """Whether the database answers."""

    async def check() -> str | None:
        try:
            await database.check()
        except StorageUnavailable as unavailable:
            _log.warning("not ready: database", reason=str(unavailable))
            return "the database does not answer"  # the reason names files and hosts: it stays in the log
        return None

    return check


def routes(checks: Mapping[str, Check]) -> list[Route]:
    """Both routes; `checks` by the name of the part (`database`, `catalog`, `redis`)."""

    async def healthz(_: Request) -> Response:
        return json_response(Health("ok"))

    async def readyz(_: Request) -> Response:
        outcomes = await asyncio.gather(*(_bounded(check) for check in checks.values()))
        reasons = {name: reason for name, reason in zip(checks, outcomes, strict=True) if reason is not None}
        return json_response(Health("unavailable", reasons), 503) if reasons else json_response(Health("ready"))

    return [Route("/healthz", healthz), Route("/readyz", readyz)]


async def _bounded(check: Check) -> str | None:
    try:
        return await asyncio.wait_for(check(), CHECK_TIMEOUT_S)
    except TimeoutError:
        return f"no answer within {CHECK_TIMEOUT_S:g} s"
