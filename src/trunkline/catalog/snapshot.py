"""From entries to the immutable snapshot that requests hold: prices as integers, variants as rows, names indexed."""

from collections.abc import Mapping, Sequence

import structlog
from msgspec.structs import replace

from trunkline.catalog.entries import Catalog, EndpointEntry, ModelEntry, PolicyEntry, ProviderEntry
from trunkline.catalog.families import families, family_of
from trunkline.catalog.loader import load_bundled
from trunkline.catalog.names import model_names, provider_names
from trunkline.catalog.overrides import OverridesInvalid, apply
from trunkline.catalog.price_sheets import price_sheet
from trunkline.catalog.regions import data_regions
from trunkline.catalog.synced import SyncedInvalid, read_synced
from trunkline.catalog.types import DataPolicy, Endpoint, Model, Provider, Snapshot, Variant
from trunkline.core.json import JsonValue
from trunkline.settings import Settings

FREE = ":free"
_log = structlog.get_logger("trunkline.catalog")
_VARIANTS: tuple[Variant, ...] = ("standard", *(variant for variant in Variant.__args__ if variant != "standard"))


def build_snapshot(settings: Settings, discovered: Sequence[Mapping[str, JsonValue]] = ()) -> Snapshot:
    """See `build_catalog`, compiled."""
    return compile_catalog(build_catalog(settings, discovered))


def build_catalog(settings: Settings, discovered: Sequence[Mapping[str, JsonValue]] = ()) -> Catalog:
    """Bundled entries, what was taken over from elsewhere, what local engines and gateways were found to serve, the
    operator's settings: last wins.

    `discovered` are endpoints in the form of `[[endpoints]]`. Raises OverridesInvalid for settings.
    """
    catalog = as_far_as_usable(known_catalog(settings), endpoints=discovered)
    return apply(catalog, models=settings.models, endpoints=settings.endpoints, providers=settings.providers)


def known_catalog(settings: Settings) -> Catalog:
    """Bundled entries, and what `trunkline catalog sync` laid over them; a file that cannot be read is told and left
    out, since what was taken over must not keep an instance from starting."""
    bundled = load_bundled()
    try:
        synced = read_synced(settings.home)
    except SyncedInvalid as error:
        _log.error("what was taken over from elsewhere is not in the catalog", reason=str(error))
        return bundled
    return as_far_as_usable(bundled, models=synced.models, endpoints=synced.endpoints)


def as_far_as_usable(
    catalog: Catalog,
    *,
    models: Sequence[Mapping[str, JsonValue]] = (),
    endpoints: Sequence[Mapping[str, JsonValue]] = (),
) -> Catalog:
    """The catalog with entries that others wrote; those that cannot be used are left out: what a server says of itself
    must not stop the instance."""
    if not models and not endpoints:
        return catalog
    try:
        return apply(catalog, models=models, endpoints=endpoints)
    except OverridesInvalid as error:
        unusable = {finding.path[:2] for finding in error.findings}
        return apply(
            catalog,
            models=[entry for i, entry in enumerate(models) if ("models", i) not in unusable],
            endpoints=[entry for i, entry in enumerate(endpoints) if ("endpoints", i) not in unusable],
        )


def compile_catalog(catalog: Catalog) -> Snapshot:
    """All rows and indexes. Listing order: newest first, ties by id (routing-and-catalog.md 20.1)."""
    providers = {entry.slug: _provider(entry) for entry in catalog.providers.values()}
    rows = [row for entry in catalog.models.values() for row in _rows(entry, providers)]
    rows.sort(key=lambda row: (-row.created_s, row.id))
    return Snapshot(
        generated=catalog.generated,
        providers=providers,
        models={row.id: row for row in rows},
        names=model_names(catalog.models.values(), rows),
        provider_names=provider_names(providers.values()),
        families=families(rows),
    )


def _provider(entry: ProviderEntry) -> Provider:
    return Provider(
        slug=entry.slug,
        name=entry.name,
        kind=entry.kind,
        protocol=entry.protocol,
        protocols=entry.protocols,
        base_url=entry.base_url,
        auth=entry.auth,
        aliases=entry.aliases,
        key_env=entry.env.api_key,
        required_env=entry.env.required,
        base_urls=entry.base_urls,
        base_url_env=entry.base_url_env,
        base_url_variables={hole: (fill.env, fill.default) for hole, fill in entry.base_url_variables.items()},
        models_path=entry.models_path,
        discovery=entry.discovery,
        data_policy=DataPolicy() if entry.data_policy is None else _policy(entry.data_policy),
        is_moderated=entry.is_moderated,
        cancels_billing=entry.cancels_billing,
        quirks=entry.quirks,
        passthrough=entry.passthrough,
        docs_url=entry.docs_url,
        terms_url=entry.terms_url,
        privacy_url=entry.privacy_url,
        status_url=entry.status_url,
        headquarters=entry.headquarters,
        datacenters=entry.datacenters,
        notes=entry.notes,
    )


def _policy(entry: PolicyEntry) -> DataPolicy:
    return DataPolicy(
        training=entry.training,
        retains_prompts=entry.retains_prompts,
        retention_days=entry.retention_days,
        can_publish=entry.can_publish,
        zdr=not entry.training and not entry.retains_prompts,
        is_known=True,
    )


def _rows(entry: ModelEntry, providers: Mapping[str, Provider]) -> list[Model]:
    """The model's own row, and one for each static variant; a row without endpoints is none (routing 2.1)."""
    rows: list[Model] = []
    for variant in _VARIANTS:
        suffix = "" if variant == "standard" else f":{variant}"
        served = [e for e in entry.endpoints if e.variant == variant]
        if not served:
            continue
        row = _model(entry, tuple(_endpoint(entry, e, providers[e.provider], entry.id + suffix) for e in served))
        if suffix:
            row = replace(
                row,
                id=entry.id + suffix,
                canonical_slug=entry.canonical_slug + suffix,
                name=f"{entry.name} ({variant})",
                short_name=f"{entry.short_name} ({variant})",
                variant=variant,
            )
        rows.append(row)
    return rows


def _endpoint(model: ModelEntry, entry: EndpointEntry, provider: Provider, row_id: str) -> Endpoint:
    return Endpoint(
        id=f"{row_id}|{entry.tag}",
        model_id=row_id,
        tag=entry.tag,
        provider=entry.provider,
        upstream_model=entry.upstream_model,
        protocol=entry.protocol,
        protocols=entry.protocols or (entry.protocol,),
        pricing=price_sheet(entry.pricing),
        operation=model.operation,
        variant=entry.variant,
        tier=entry.tier,
        region=entry.region,
        data_regions=data_regions(entry.region, provider.datacenters),
        quantization=entry.quantization,
        context_length=entry.context_length,
        max_prompt_tokens=entry.max_prompt_tokens,
        max_output_tokens=entry.max_output_tokens,
        max_inputs=entry.max_inputs,
        supported_parameters=frozenset(entry.supported_parameters),
        input_modalities=frozenset(entry.input_modalities or model.input_modalities),
        output_modalities=frozenset(entry.output_modalities or model.output_modalities),
        data_policy=provider.data_policy if entry.data_policy is None else _policy(entry.data_policy),
        is_moderated=provider.is_moderated if entry.is_moderated is None else entry.is_moderated,
        supports_implicit_caching=entry.supports_implicit_caching,
        status=entry.status,
        deprecation_date=entry.deprecation_date,
        price_disputed=entry.price_disputed,
        quirks=frozenset(provider.quirks if entry.quirks is None else entry.quirks),
        passthrough=frozenset(provider.passthrough if entry.passthrough is None else entry.passthrough),
        enabled=entry.enabled,
        geo_blocked=frozenset(entry.geo_blocked),
        private_to=frozenset(entry.private_to),
        base_url=entry.base_url,
        api_key=entry.api_key,
    )


def _model(entry: ModelEntry, endpoints: tuple[Endpoint, ...]) -> Model:
    """A row of these endpoints. Context and parameters are theirs together (routing-and-catalog.md 20.2)."""
    contexts = [e.context_length for e in endpoints if e.context_length is not None]
    parameters = frozenset[str]().union(*(e.supported_parameters for e in endpoints))
    return Model(
        id=entry.id,
        canonical_slug=entry.canonical_slug,
        author=entry.author,
        name=entry.name,
        short_name=entry.short_name,
        description=entry.description,
        operation=entry.operation,
        created_s=entry.created,
        context_length=max(contexts) if contexts else entry.context_length,
        max_output_tokens=entry.max_output_tokens,
        input_modalities=entry.input_modalities,
        output_modalities=entry.output_modalities,
        tokenizer=entry.tokenizer,
        instruct_type=entry.instruct_type,
        supported_parameters=tuple(sorted(parameters)),
        endpoints=endpoints,
        default_parameters=entry.default_parameters,
        reasoning=entry.reasoning,
        knowledge_cutoff=entry.knowledge_cutoff,
        open_weights=entry.open_weights,
        license=entry.license,
        hugging_face_id=entry.hugging_face_id,
        deprecation_date=entry.deprecation_date,
        is_distillable=entry.is_distillable,
        family=entry.family or family_of(entry.id),
        successor=entry.successor,
        private_to=frozenset(entry.private_to),
        benchmarks=entry.benchmarks,
    )
