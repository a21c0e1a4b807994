"""The bundled data files, decoded. About 1.5 MB; the checks run when the program is built, not when it starts."""

from importlib.resources import files
from importlib.resources.abc import Traversable

import msgspec
from msgspec import Struct

from trunkline.catalog.entries import Catalog, ModelEntry, ProviderEntry

SCHEMA_VERSION = 1


class ModelsFile(Struct, frozen=True):
    """`models.json`."""

    schema_version: int
    generated: str
    models: tuple[ModelEntry, ...]


class ProvidersFile(Struct, frozen=True):
    """`providers.json`."""

    schema_version: int
    providers: tuple[ProviderEntry, ...]


_models_decoder = msgspec.json.Decoder(ModelsFile)
_providers_decoder = msgspec.json.Decoder(ProvidersFile)


def data_folder() -> Traversable:
    """Where the bundled files are, also when installed from a wheel."""
    return files("trunkline.catalog") / "data"


def load_bundled() -> Catalog:
    """Every bundled entry. Raises msgspec.ValidationError for files that a build would have refused."""
    return load(data_folder())


def load(folder: Traversable) -> Catalog:
    """The entries of `models.json` and `providers.json` in `folder`. Raises msgspec.DecodeError and OSError."""
    models = _models_decoder.decode((folder / "models.json").read_bytes())
    providers = _providers_decoder.decode((folder / "providers.json").read_bytes())
    return Catalog(
        generated=models.generated,
        providers={provider.slug: provider for provider in providers.providers},
        models={model.id: model for model in models.models},
    )
