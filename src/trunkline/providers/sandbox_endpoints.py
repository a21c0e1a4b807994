"""The Sandbox's place in the catalog: endpoints for every model of a kind that it plays (operating.md OP-13).

Alone, it answers them all. In mode `always`, beside other providers, it answers what none of them can be called for,
and everything else only when a request names it (`provider.only` or `provider.order` with `sandbox`): it never stands
in for a real provider that failed, because a made-up answer is worse than an error.
"""

from collections.abc import Mapping

from msgspec.structs import replace

from trunkline.catalog.prices import PriceSheet
from trunkline.catalog.types import Auth, DataPolicy, Endpoint, Model, Operation, Provider, Snapshot
from trunkline.providers.types import Providers

SANDBOX = Provider(
    slug="sandbox",
    name="Sandbox",
    kind="sandbox",
    protocol="openai-chat",
    protocols=("openai-chat", "openai-embeddings", "cohere-v2", "openai-images", "openai-audio", "openai-videos"),
    base_url="sandbox://in-process/v1",
    auth=Auth(optional=True),
    data_policy=DataPolicy(training=False, retains_prompts=False, zdr=True, is_known=True),
    cancels_billing=True,
)

_PROTOCOLS: Mapping[Operation, str] = {
    "chat": "openai-chat",
    "embeddings": "openai-embeddings",
    "rerank": "cohere-v2",
    "image": "openai-images",
    "transcription": "openai-audio",
    "speech": "openai-audio",
    "video": "openai-videos",
}
"""What the Sandbox speaks, by what a model is called for."""
_QUIRKS = frozenset({"reasoning_object", "multiple_choices", "developer_role", "cache_control", "tool_result_media"})


def with_sandbox(snapshot: Snapshot, providers: Providers) -> Snapshot:
    """The snapshot with the Sandbox as a provider and its endpoints, where it answers; else the same snapshot."""
    if providers.sandbox is None:
        return snapshot
    return replace(
        snapshot,
        providers={**snapshot.providers, SANDBOX.slug: SANDBOX},
        provider_names={**snapshot.provider_names, SANDBOX.slug: SANDBOX.slug},
        models={model_id: _with_endpoint(model) for model_id, model in snapshot.models.items()},
    )


def _with_endpoint(model: Model) -> Model:
    protocol = _PROTOCOLS.get(model.operation)
    if protocol is None:
        return model
    return replace(model, endpoints=(*model.endpoints, _endpoint(model, protocol)))


def _endpoint(model: Model, protocol: str) -> Endpoint:
    """Able to do what the model can do; priced as its first endpoint, though nobody is charged."""
    pricing = model.endpoints[0].pricing if model.endpoints else PriceSheet(base={}, priced=False)
    return Endpoint(
        id=f"{model.id}|{SANDBOX.slug}",
        model_id=model.id,
        tag=SANDBOX.slug,
        provider=SANDBOX.slug,
        upstream_model=model.id,
        protocol=protocol,
        protocols=(protocol,),
        pricing=pricing,
        operation=model.operation,
        variant=model.variant,
        context_length=model.context_length,
        max_output_tokens=model.max_output_tokens,
        supported_parameters=frozenset(model.supported_parameters),
        input_modalities=frozenset(model.input_modalities),
        output_modalities=frozenset(model.output_modalities),
        data_policy=SANDBOX.data_policy,
        supports_implicit_caching=True,
        quirks=_QUIRKS,
    )
