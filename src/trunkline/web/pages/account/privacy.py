"""`/settings/privacy`: what may be done with prompts, and which providers and models may be used (site.md PVP-01)."""

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.accounts.rules.types import CallerRules, Privacy, ZdrGroup
from trunkline.core.errors import TrunklineError
from trunkline.gateway.routing_caller import policy_of
from trunkline.routing.policy import ANYBODY, RoutingCaller
from trunkline.routing.reach import model_name, provider_name, reachable
from trunkline.web.context import WebContext
from trunkline.web.guard import Sent, for_members, for_members_forms, see
from trunkline.web.rendering import Document
from trunkline.web.visitors import Visitor

ADDRESS: Final = "/settings/privacy"
ZDR_GROUPS: Final[Mapping[ZdrGroup, str]] = {
    "anthropic": "Models of Anthropic",
    "openai": "Models of OpenAI",
    "google": "Models of Google",
    "xai": "Models of xAI",
    "other": "All other models",
}
_SEPARATORS = re.compile(r"[\s,;]+")


class Remaining(Struct, frozen=True):
    """What the rules leave of what the instance serves."""

    models: int
    models_of: int
    endpoints: int
    endpoints_of: int


class Lists(Struct, frozen=True, kw_only=True):
    """The four fields of names, as they stand in the form."""

    allowed_providers: str
    ignored_providers: str
    allowed_models: str
    ignored_models: str


class PrivacyView(Struct, frozen=True, kw_only=True):
    """What the page shows."""

    privacy: Privacy
    lists: Lists
    groups: Mapping[ZdrGroup, str]
    remaining: Remaining
    is_draft: bool
    """Not saved yet: only looked at."""
    done: str
    problem: str


class _Page:
    __slots__ = ("_context",)

    def __init__(self, context: WebContext) -> None:
        self._context = context

    async def show(self, request: Request, visitor: Visitor) -> Response:
        privacy = await self._saved(visitor)
        done = "Saved. New requests follow it within seconds." if "done" in request.query_params else ""
        return await self._page(request, privacy, lists_of(privacy), done=done)

    async def change(self, sent: Sent) -> Response:
        """Save the form, or show what it would leave."""
        try:
            privacy = self._read(sent)
        except TrunklineError as error:
            # What was typed stays, so that it can be mended.
            saved = await self._saved(sent.visitor)
            typed = Lists(**{name: sent.text(name) for name in Lists.__struct_fields__})
            return await self._page(sent.request, saved, typed, problem=error.message, status=error.http_status)
        if sent.text("do") == "preview":
            return await self._page(sent.request, privacy, lists_of(privacy), is_draft=True)
        await self._context.accounts.privacy.change(sent.actor, privacy)
        await self._context.accounts.directory.refresh()
        return see(f"{ADDRESS}?done=1")

    async def _saved(self, visitor: Visitor) -> Privacy:
        """The account's own word, or the instance's defaults."""
        saved = await self._context.accounts.privacy.find(visitor.account_id)
        if saved is not None:
            return saved
        defaults = self._context.world().settings.privacy
        return Privacy(
            paid_training=defaults.paid_training,
            free_training=defaults.free_training,
            free_publication=defaults.free_publication,
        )

    def _read(self, sent: Sent) -> Privacy:
        """What the form says. Raises InvalidRequest for names that nobody knows."""
        snapshot = self._context.world().snapshot

        def providers(field: str) -> tuple[str, ...]:
            return tuple(dict.fromkeys(provider_name(snapshot, name, field) for name in names_in(sent.text(field))))

        def models(field: str) -> tuple[str, ...]:
            return tuple(dict.fromkeys(model_name(snapshot, name, field) for name in names_in(sent.text(field))))

        return Privacy(
            paid_training=bool(sent.text("paid_training")),
            free_training=bool(sent.text("free_training")),
            free_publication=bool(sent.text("free_publication")),
            zdr_groups=frozenset(group for group in ZDR_GROUPS if sent.text(f"zdr_{group}")),
            allowed_providers=providers("allowed_providers") or None,
            ignored_providers=providers("ignored_providers"),
            allowed_models=models("allowed_models") or None,
            ignored_models=models("ignored_models"),
            is_hidden=bool(sent.text("is_hidden")),
        )

    def _remaining(self, privacy: Privacy) -> Remaining:
        world, now_ms = self._context.world(), self._context.facts.now_ms()
        policy = policy_of(CallerRules(privacy=privacy), world.settings.privacy)
        left, whole = [
            reachable(world.snapshot, caller, is_callable=world.is_callable, now_ms=now_ms)
            for caller in (RoutingCaller(policy=policy), ANYBODY)
        ]
        return Remaining(len(left), len(whole), sum(left.values()), sum(whole.values()))

    async def _page(
        self,
        request: Request,
        privacy: Privacy,
        lists: Lists,
        *,
        is_draft: bool = False,
        done: str = "",
        problem: str = "",
        status: int = 200,
    ) -> Response:
        view = PrivacyView(
            privacy=privacy,
            lists=lists,
            groups=ZDR_GROUPS,
            remaining=self._remaining(privacy),
            is_draft=is_draft,
            done=done,
            problem=problem,
        )
        document = Document(
            template="account/privacy.html",
            title="Privacy",
            page=view,
            status=status,
            is_indexed=False,
            is_private=True,
        )
        return await self._context.respond(request, document)


def names_in(text: str) -> list[str]:
    """Names with commas, spaces or line ends between them."""
    return [name for name in _SEPARATORS.split(text) if name]


def lists_of(privacy: Privacy) -> Lists:
    """The fields of what is saved, a name on each line."""
    return Lists(
        allowed_providers="\n".join(privacy.allowed_providers or ()),
        ignored_providers="\n".join(privacy.ignored_providers),
        allowed_models="\n".join(privacy.allowed_models or ()),
        ignored_models="\n".join(privacy.ignored_models),
    )


def routes(context: WebContext) -> list[Route]:
    """The page."""
    return [Route(ADDRESS, for_members(context, _Page(context).show))]


def actions(context: WebContext) -> list[Route]:
    """What its form does."""
    return [Route(ADDRESS, for_members_forms(context, _Page(context).change), methods=["POST"])]
