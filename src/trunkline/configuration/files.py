"""Where configuration and data live (OP-10, OP-20)."""

from collections.abc import Mapping
from pathlib import Path

from trunkline.configuration.errors import ConfigurationInvalid, Problem

FILE_NAME = "trunkline.toml"


def home_folder(environ: Mapping[str, str]) -> Path:
    """`$TRUNKLINE_HOME`, else `~/.trunkline`; absolute, not created."""
    configured = environ.get("TRUNKLINE_HOME")
    return Path(configured).expanduser().absolute() if configured else Path.home() / ".trunkline"


def create_home(home: Path) -> None:
    """Make the folder of database and key file, for its owner only; one that exists stays as it is. Raises OSError."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)


def find_file(environ: Mapping[str, str], home: Path, explicit: Path | None, folder: Path) -> Path | None:
    """The first of `--config`, `$TRUNKLINE_CONFIG`, `trunkline.toml` here, `trunkline.toml` in the home folder.

    A file that somebody named must exist: raises ConfigurationInvalid. Without any, None.
    """
    for path, named_by in ((explicit, "--config"), (environ.get("TRUNKLINE_CONFIG"), "TRUNKLINE_CONFIG")):
        if path:
            named = folder / Path(path).expanduser()
            if not named.is_file():
                raise ConfigurationInvalid([Problem(named_by, "", f"there is no file {named}")])
            return named
    return next((path for path in (folder / FILE_NAME, home / FILE_NAME) if path.is_file()), None)
