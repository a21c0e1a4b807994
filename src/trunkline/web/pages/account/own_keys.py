"""`/workspaces/{slug}/byok`: callers' own provider keys (site.md 20)."""

from collections import Counter
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trunkline.accounts.byok.types import (
    CREDENTIALS_MAX,
    Credential,
    CredentialPatch,
    NewCredential,
    Section,
)
from trunkline.accounts.types import Workspace
from trunkline.catalog.types import Model, Provider
from trunkline.core.calendar import day_of, window_start_day
from trunkline.core.errors import InvalidRequest, TrunklineError
from trunkline.core.money import NANO_PER_USD, NanoUsd
from trunkline.gateway.key_trial import Trial
from trunkline.web.context import WebContext
from trunkline.web.guard import Sent, for_members, for_members_forms, moved, see
from trunkline.web.pages.account.key_fields import require_typed
from trunkline.web.pages.account.own_key_fields import (
    form_of,
    hashes_of,
    models_of,
    name_of,
    patch_of,
    scope_of,
    secret_of,
)
from trunkline.web.pages.account.own_key_order import AttemptOrder, attempt_order
from trunkline.web.pages.account.own_key_views import (
    Allowance,
    GridView,
    ProviderCard,
    ProviderKeysView,
    own_key_rows,
)
from trunkline.web.rendering import Document
from trunkline.web.script_calls import answered
from trunkline.web.visitors import Visitor

ADDRESS: Final = "/workspaces/{slug}/byok"
ONE: Final = "/workspaces/{slug}/byok/{provider}"
_KINDS: Final = frozenset({"cloud", "gateway"})


class _Pages:
    __slots__ = ("_context",)

    def __init__(self, context: WebContext) -> None:
        self._context = context

    async def grid(self, request: Request, visitor: Visitor) -> Response:
        """The providers, those with keys first."""
        workspace, credentials = await self._stored(request, visitor)
        search, only = request.query_params.get("q", "")[:100].strip(), "connected" in request.query_params
        snapshot = self._context.world().snapshot
        served = Counter(
            slug for model in snapshot.models.values() for slug in {endpoint.provider for endpoint in model.endpoints}
        )
        stored = Counter(one.provider for one in credentials)
        cards = [
            ProviderCard(
                provider=provider,
                models=served[slug],
                keys=stored[slug],
                flagged=any(one.is_flagged for one in credentials if one.provider == slug),
            )
            for slug, provider in snapshot.providers.items()
            if provider.kind in _KINDS
            and (served[slug] or provider.kind == "gateway")
            and search.lower() in f"{slug} {provider.name.lower()}"
            and (stored[slug] or not only)
        ]
        cards.sort(key=lambda card: (not card.keys, card.provider.name.lower()))
        view = GridView(
            workspace=workspace,
            cards=cards,
            search=search,
            only_connected=only,
            connected=len(stored),
            allowance=await self._allowance(visitor),
        )
        return await self._respond(request, "account/own_keys.html", "Provider keys", view)

    async def show(self, request: Request, visitor: Visitor) -> Response:
        return await self._one(request, visitor)

    async def refuse(self, request: Request, visitor: Visitor, error: TrunklineError) -> Response:
        """The provider's page, with what was wrong with the form; scripts are told in JSON."""
        if _is_script(request):
            return answered(Trial(is_good=False, words=error.message), error.http_status)
        return await self._one(request, visitor, problem=error.message, status=error.http_status)

    async def act(self, sent: Sent) -> Response:
        """Add, test, save, move, enable, disable or delete, as the form's `do` says."""
        accounts, slug = self._context.accounts, self._provider(sent.request).slug
        workspace = await self._workspace(sent.request, sent.visitor)
        credential_id = sent.text("id")
        match sent.text("do"):
            case "test":
                return await self._test(sent, slug, credential_id)
            case "add":
                await accounts.credentials.create(sent.actor, _new(sent, slug, workspace.id))
            case "save":
                await accounts.credentials.change(sent.actor, credential_id, patch_of(sent, workspace.id))
            case "enable" | "disable" as wanted:
                patch = CredentialPatch(disabled=wanted == "disable")
                await accounts.credentials.change(sent.actor, credential_id, patch)
            case "move":
                section: Section = "fallback" if sent.text("section") == "fallback" else "prioritized"
                place = sent.text("place")
                if not place.isdecimal() or len(place) > 4:
                    raise InvalidRequest("The form does not say where to.", field="place")
                await accounts.credentials.move(sent.actor, credential_id, section, int(place))
            case "delete":
                found = await accounts.credentials.get(sent.visitor.account_id, credential_id)
                require_typed(sent, found.name or found.label)
                await accounts.credentials.delete(sent.actor, credential_id)
            case _:
                raise InvalidRequest("The form does not say what to do.", field="do")
        return see(f"{ONE.format(slug=sent.request.path_params['slug'], provider=slug)}?done={sent.text('do')}")

    async def _test(self, sent: Sent, slug: str, credential_id: str) -> Response:
        """One tiny request with the key of the form, or with a stored one; nothing is stored."""
        accounts, account_id = self._context.accounts, sent.visitor.account_id
        stored = credential_id != ""
        secret = await accounts.credentials.secret_of(account_id, credential_id) if stored else secret_of(sent, slug)
        trial = await accounts.key_trial.run(account_id, slug, secret)
        if _is_script(sent.request):
            return answered(trial)
        return await self._one(sent.request, sent.visitor, trial=trial)

    async def _one(
        self, request: Request, visitor: Visitor, *, problem: str = "", trial: Trial | None = None, status: int = 200
    ) -> Response:
        accounts, provider = self._context.accounts, self._provider(request)
        workspace, every = await self._stored(request, visitor)
        credentials = [one for one in every if one.provider == provider.slug]
        spends = await accounts.credentials.spend_of_month(credentials)
        api_keys = await accounts.keys.page(
            visitor.account_id, workspace_id=workspace.id, include_disabled=False, offset=0
        )
        models = [
            model
            for model in self._context.world().snapshot.models.values()
            if model.operation == "chat" and any(endpoint.provider == provider.slug for endpoint in model.endpoints)
        ]
        view = ProviderKeysView(
            workspace=workspace,
            provider=provider,
            form=form_of(provider.slug),
            sections={
                "prioritized": own_key_rows([one for one in credentials if not one.is_fallback], spends),
                "fallback": own_key_rows([one for one in credentials if one.is_fallback], spends),
            },
            api_keys=api_keys,
            models=models,
            order=await self._order(request, visitor, workspace, models, every),
            problem=problem,
            trial=trial,
            done=_DONE.get(request.query_params.get("done", ""), ""),
        )
        return await self._respond(request, "account/own_key.html", f"{provider.name} keys", view, status)

    async def _order(
        self, request: Request, visitor: Visitor, workspace: Workspace, models: list[Model], named: list[Credential]
    ) -> AttemptOrder | None:
        """For the model that was chosen, else the first."""
        world, asked = self._context.world(), request.query_params.get("model", "")
        chosen = next((model for model in models if model.id == asked), models[0] if models else None)
        if chosen is None:
            return None
        opened = await self._context.accounts.credentials.opened(visitor.account_id, workspace.id)
        return attempt_order(world, chosen, opened, named, visitor.account_id)

    async def _allowance(self, visitor: Visitor) -> Allowance | None:
        """None where nothing is charged for own keys."""
        billing = self._context.settings.billing
        if not billing.byok_fee_percent:
            return None
        month = window_start_day("monthly", day_of(self._context.facts.now_ms()))
        used = await self._context.accounts.credentials.list_price_since(visitor.account_id, month)
        free = NanoUsd(billing.byok_allowance_usd * NANO_PER_USD)
        return Allowance(used=used, free=free, fee_percent=billing.byok_fee_percent)

    async def _stored(self, request: Request, visitor: Visitor) -> tuple[Workspace, list[Credential]]:
        workspace = await self._workspace(request, visitor)
        found, _ = await self._context.accounts.credentials.page(
            visitor.account_id, workspace_id=workspace.id, provider=None, offset=0, limit=CREDENTIALS_MAX
        )
        return workspace, found

    async def _workspace(self, request: Request, visitor: Visitor) -> Workspace:
        return await self._context.accounts.workspaces.get(visitor.account_id, request.path_params["slug"])

    def _provider(self, request: Request) -> Provider:
        provider = self._context.world().snapshot.providers.get(request.path_params["provider"])
        if provider is None or provider.kind not in _KINDS:
            raise HTTPException(404)
        return provider

    async def _respond(self, request: Request, template: str, title: str, view: object, status: int = 200) -> Response:
        document = Document(template=template, title=title, page=view, status=status, is_indexed=False, is_private=True)
        return await self._context.respond(request, document)


_DONE: Final[dict[str, str]] = {
    "add": "The key is stored, encrypted. Requests use it from now on.",
    "save": "Saved.",
    "enable": "The key is used again.",
    "disable": "The key is not used until you enable it.",
    "move": "The order is changed for the next request.",
    "delete": "The key is deleted.",
}


def _new(sent: Sent, slug: str, workspace_id: str) -> NewCredential:
    return NewCredential(
        provider=slug,
        secret=secret_of(sent, slug),
        name=name_of(sent),
        workspace_id=scope_of(sent, workspace_id),
        is_fallback=sent.text("section") == "fallback",
        always_use=sent.text("always_use") == "on",
        allowed_models=models_of(sent),
        allowed_api_key_hashes=hashes_of(sent),
        allowed_user_ids=(sent.visitor.account_id,) if sent.text("only_me") == "on" else None,
    )


def _is_script(request: Request) -> bool:
    return request.headers.get("accept", "").startswith("application/json")


def routes(context: WebContext) -> list[Route]:
    """The grid, and a page for each provider."""
    pages = _Pages(context)
    return [
        moved("/settings/byok", ADDRESS.format(slug="default")),
        Route(ADDRESS, for_members(context, pages.grid)),
        Route(ONE, for_members(context, pages.show)),
    ]


def actions(context: WebContext) -> list[Route]:
    """Everything that is done with a provider's keys."""
    pages = _Pages(context)
    return [Route(ONE, for_members_forms(context, pages.act, pages.refuse), methods=["POST"])]
