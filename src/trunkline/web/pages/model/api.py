"""The tab that shows how to call a model (site.md 3.3)."""

from msgspec import Struct

from trunkline.core import json
from trunkline.web.context import WebContext
from trunkline.web.pages.model.head import Head
from trunkline.web.pages.model.overview import parameters
from trunkline.web.pages.model.samples import PATHS, Sample, samples


class Api(Struct, frozen=True, kw_only=True):
    """What the tab shows."""

    head: Head
    url: str
    is_served: bool
    """False: this version has no such operation yet."""
    samples: list[Sample]
    parameters: list[tuple[str, str]]


def api(context: WebContext, head: Head) -> Api:
    """The tab."""
    path = PATHS[head.model.operation]
    described = json.members(json.members(context.openapi)["paths"])
    return Api(
        head=head,
        url=f"{context.settings.public_url}/api/v1{path}",
        is_served=path in described,
        samples=samples(head.model, context.settings.public_url),
        parameters=parameters(head.model),
    )
