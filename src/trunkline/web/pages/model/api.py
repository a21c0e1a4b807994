"""The tab that shows how to call a model (site.md 3.3)."""

from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from trunkline.catalog.types import Model
from trunkline.web.context import WebContext
from trunkline.web.documentation.parameters import ABOUT
from trunkline.web.documentation.reference import Field, read_reference
from trunkline.web.pages.model.head import Head
from trunkline.web.pages.model.overview import parameters
from trunkline.web.pages.model.samples.types import Sample
from trunkline.web.pages.model.samples.writing import PATHS, samples


class Parameter(Struct, frozen=True):
    """A parameter that the model takes. `kind` and `about` are those of the API's description, where it has them."""

    name: str
    kind: str
    default: str
    about: str


class Api(Struct, frozen=True, kw_only=True):
    """What the tab shows."""

    head: Head
    url: str
    path: str
    is_served: bool
    """False: this version has no such operation yet."""
    clients: list[Sample]
    """A first request in each client's own words."""
    first: Sample
    """That of the client that was chosen."""
    stream: Sample | None
    """The same with the answer as it comes; None where there is no such thing."""
    body: str
    """What the page itself can send, as JSON; empty where that takes more than JSON."""
    parameters: list[Parameter]


def api(context: WebContext, head: Head, query: Mapping[str, str]) -> Api:
    """The tab, with the client that the address names."""
    model = head.model
    path = PATHS[model.operation]
    described = _fields_by_path(context.openapi)
    clients = samples(model, context.settings.public_url)
    first = _of(clients, query.get("client")) or clients[0]
    return Api(
        head=head,
        url=f"{context.settings.public_url}/api/v1{path}",
        path=path,
        is_served=path in described,
        clients=clients,
        first=first,
        stream=_of(samples(model, context.settings.public_url, "stream"), first.client),
        body=_body(clients[0].code),
        parameters=_parameters(model, described.get(path, {})),
    )


def _of(found: list[Sample], client: str | None) -> Sample | None:
    return next((sample for sample in found if sample.client == client), None)


def _body(curl: str) -> str:
    """The JSON that curl's sample posts."""
    return curl.partition("-d '")[2].rpartition("'")[0]


def _parameters(model: Model, described: Mapping[str, Field]) -> list[Parameter]:
    unknown = Field("", "", False, "")
    return [
        Parameter(name, field.kind, default, field.description or ABOUT.get(name, ""))
        for name, default in parameters(model)
        for field in (described.get(name, unknown),)
    ]


@lru_cache(maxsize=1)
def _fields_by_path(openapi: bytes) -> Mapping[str, Mapping[str, Field]]:
    """Path → name → member of the body that is posted there. A process has one description."""
    return {
        operation.path: {field.name: field for field in operation.request if field.level == 0}
        for _, operations in read_reference(openapi, "").tags
        for operation in operations
        if operation.method == "POST"
    }
