"""The scripts that set up, serve and test, in a copy of the checkout. pip and Python are stand-ins that write down how
they were called: the real ones run in `.ci/run`."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

STAND_IN = """\
#!/bin/sh
echo "$*" >>"{log}"
case "$*" in
    *"import sys, venv"*) exit {too_old} ;;
    "-m venv --clear "*) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
    "-m pip install "*) exit "$(cat "{log}.pip-status" 2>/dev/null || echo 0)" ;;
    */hatch_build.py)
        mkdir -p "$(dirname -- "$1")/src/trunkline/web/static/dist"
        exit "$(cat "{log}.build-status" 2>/dev/null || echo 0)"
        ;;
esac
"""


class Checkout:
    """A copy of what the scripts need, with a Python that does nothing."""

    def __init__(self, folder: Path, *, python_is_too_old: bool = False) -> None:
        self.folder = folder / "a checkout"
        self.log = folder / "calls"
        self.tools = folder / "tools"
        for name in ("scripts", "requirements"):
            shutil.copytree(ROOT / name, self.folder / name)
        shutil.copy(ROOT / "pyproject.toml", self.folder)
        self.tools.mkdir()
        python = self.tools / "python3"
        python.write_text(STAND_IN.format(log=self.log, too_old=int(python_is_too_old)))
        python.chmod(0o755)
        for tool in ("sh", "dirname", "cksum", "cat", "rm", "cp", "mkdir", "pwd", "printf", "find", "sort"):
            found = shutil.which(tool)
            assert found is not None
            (self.tools / tool).symlink_to(found)

    def run(self, script: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        self.log.write_text("")
        return subprocess.run(
            [self.folder / "scripts" / script, *arguments],
            cwd=cwd or self.folder,
            env={"PATH": str(self.tools), "HOME": str(self.folder)},
            capture_output=True,
            text=True,
        )

    def calls(self) -> list[str]:
        return self.log.read_text().splitlines()

    def installs(self) -> list[str]:
        return [call for call in self.calls() if call.startswith("-m pip install")]

    def lock(self, purpose: str) -> Path:
        return self.folder / "requirements" / f"{purpose}.txt"

    def add_site(self) -> Path:
        """Sources of the front end, of which there are none otherwise; one of them."""
        web = self.folder / "web"
        (web / "src" / "ui").mkdir(parents=True)
        for name in ("package.json", "package-lock.json", "vite.config.ts", "svelte.config.js", "src/main.ts"):
            (web / name).write_text("1")
        source = web / "src" / "ui" / "copy.ts"
        source.write_text("1")
        return source

    def builds(self) -> list[str]:
        return [call for call in self.calls() if call.endswith("/hatch_build.py")]

    def build_answers(self, status: int) -> None:
        Path(f"{self.log}.build-status").write_text(str(status))

    def pip_answers(self, status: int) -> None:
        Path(f"{self.log}.pip-status").write_text(str(status))


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_serve_installs_the_hashed_lock_and_the_checkout_then_serves_with_the_arguments(checkout: Checkout) -> None:
    done = checkout.run("serve", "--port", "9000")
    assert done.returncode == 0, done.stderr
    lock, package = checkout.installs()
    assert "--require-hashes -r" in lock
    assert lock.endswith("requirements/run.txt")
    assert "--no-deps --no-build-isolation -e" in package
    assert checkout.calls()[-1] == "-m trunkline serve --port 9000"


def test_the_second_run_installs_nothing(checkout: Checkout) -> None:
    checkout.run("serve")
    done = checkout.run("serve")
    assert checkout.calls() == ["-m trunkline serve"]
    assert done.stderr == ""


def test_a_changed_lock_is_installed(checkout: Checkout) -> None:
    checkout.run("serve")
    with (checkout.folder / "requirements" / "run.txt").open("a") as lock:
        lock.write("# changed\n")
    checkout.run("serve")
    assert len(checkout.installs()) == 2


def test_what_tests_need_contains_what_serving_needs(checkout: Checkout) -> None:
    checkout.run("test", "-k", "x")
    assert checkout.installs()[0].endswith("requirements/test.txt")
    assert checkout.calls()[-1].startswith("-m pytest ")
    assert checkout.calls()[-1].endswith("-k x")
    checkout.run("serve")
    assert checkout.installs() == []
    checkout.run("check")
    assert checkout.installs()[0].endswith("requirements/check.txt")


def test_a_client_that_lives_apart_gets_its_own_environment_once(checkout: Checkout) -> None:
    def made() -> list[str]:
        return [call for call in checkout.calls() if "-m venv --clear" in call and call.endswith(".venv-langchain")]

    checkout.run("test")
    assert len(made()) == 1
    installed = "--require-hashes -r " + str(checkout.lock("clients-langchain"))
    assert sum(call.endswith(installed) for call in checkout.installs()) == 1
    checkout.run("test")
    assert (made(), checkout.installs()) == ([], [])
    checkout.lock("clients-langchain").write_text("# changed\n")
    checkout.run("test")
    assert len(checkout.installs()) == 1
    assert checkout.calls()[-1].startswith("-m pytest ")


def test_a_set_up_that_failed_is_done_again(checkout: Checkout) -> None:
    checkout.pip_answers(1)
    done = checkout.run("serve")
    assert done.returncode == 1
    assert "The set-up did not finish" in done.stderr
    assert "-m trunkline serve" not in checkout.calls()
    checkout.pip_answers(0)
    checkout.run("serve")
    assert len(checkout.installs()) == 2
    assert checkout.calls()[-1] == "-m trunkline serve"


def test_a_failed_upgrade_does_not_pass_for_the_old_set_up(checkout: Checkout) -> None:
    checkout.run("serve")
    lock = checkout.folder / "requirements" / "run.txt"
    before = lock.read_text()
    lock.write_text(before + "# changed\n")
    checkout.pip_answers(1)
    checkout.run("serve")
    checkout.pip_answers(0)
    lock.write_text(before)
    checkout.run("serve")
    assert len(checkout.installs()) == 2


def test_the_site_is_built_once_and_again_when_a_source_changed(checkout: Checkout) -> None:
    source = checkout.add_site()
    checkout.run("serve")
    assert len(checkout.builds()) == 1
    checkout.run("test")
    assert checkout.builds() == []
    source.write_text("2")
    checkout.run("serve")
    assert len(checkout.builds()) == 1


def test_a_site_that_cannot_be_built_does_not_stop_the_server(checkout: Checkout) -> None:
    checkout.add_site()
    checkout.build_answers(1)
    done = checkout.run("serve")
    assert done.returncode == 0
    assert "Pages work without them" in done.stderr
    assert checkout.calls()[-1] == "-m trunkline serve"
    checkout.build_answers(0)
    checkout.run("serve")
    assert len(checkout.builds()) == 1


def test_a_checkout_that_was_moved_is_set_up_again(checkout: Checkout) -> None:
    checkout.run("serve")
    moved = checkout.folder.with_name("moved")
    checkout.folder.rename(moved)
    checkout.folder = moved
    checkout.run("serve")
    assert len(checkout.installs()) == 2


def test_the_scripts_work_from_every_folder(checkout: Checkout, tmp_path: Path) -> None:
    done = checkout.run("serve", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert checkout.calls()[-1] == "-m trunkline serve"


def test_a_python_that_is_too_old_is_named_with_what_to_do(tmp_path: Path) -> None:
    done = Checkout(tmp_path, python_is_too_old=True).run("serve")
    assert done.returncode == 1
    assert "needs Python 3.11 or newer" in done.stderr
    assert "apt install python3" in done.stderr


def test_continuous_integration_runs_checks_and_tests() -> None:
    text = (ROOT / ".ci" / "run").read_text()
    assert "export CI=true" in text
    assert text.index("scripts/check") < text.index("scripts/test")
    assert all(
        os.access(ROOT / name, os.X_OK) for name in (".ci/run", "scripts/serve", "scripts/test", "scripts/check")
    )
