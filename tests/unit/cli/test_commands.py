"""The commands on a real database in a home folder of their own."""

import asyncio
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from tests.records import a_row
from trunkline import __version__
from trunkline.accounts.bootstrap import ensure_owner
from trunkline.cli.main import cli
from trunkline.core.calendar import DAY_MS
from trunkline.core.clock import SystemClock
from trunkline.storage.database import open_database
from trunkline.storage.schema import migrate

Run = Callable[..., Result]

EXAMPLE = """\
[[endpoints]]
model = "acme/rocket-1"
provider = "acme"
protocol = "openai-chat"
base_url = "http://127.0.0.1:9002/v1"
api_key = "endpoint-secret"
upstream_model = "rocket-1-large"
context_length = 32768
pricing = { prompt = "0.000001", completion = "0.000002" }
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in an empty folder, with `home` below it."""
    monkeypatch.chdir(tmp_path)
    environ = {"TRUNKLINE_HOME": str(tmp_path / "home"), "TRUNKLINE_CONFIG": None, "TRUNKLINE_API_KEY": None}

    def invoke(*arguments: str, status: int = 0, stdin: str | None = None) -> Result:
        result = CliRunner().invoke(cli, arguments, env=environ, input=stdin, prog_name="trunkline")
        assert result.exit_code == status, result.output
        return result

    return invoke


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database after its first start."""
    path = tmp_path / "home" / "trunkline.db"
    url = f"sqlite:///{path}"

    async def first_start() -> None:
        migrate(url)
        opened = open_database(url, pool_size=1)
        await opened.start()
        await ensure_owner(opened, SystemClock(), None)
        await opened.close()

    asyncio.run(first_start())
    return path


def all_commands(group: click.Command, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(group, click.Group):
        return [words]
    context = click.Context(group)
    found: list[tuple[str, ...]] = [words] if words else []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        found += all_commands(command, (*words, name))
    return found


@pytest.mark.parametrize("words", all_commands(cli), ids=" ".join)
def test_every_command_has_help_with_an_example_that_begins_with_its_name(run: Run, words: tuple[str, ...]) -> None:
    text = run(*words, "--help").output
    assert f"Example:\n    trunkline {' '.join(words)}" in text


def test_help_lists_every_command_without_importing_the_program() -> None:
    program = (
        "import sys; from trunkline.cli.main import cli; cli(['--help'], standalone_mode=False); print(*sys.modules)"
    )
    output = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert "Recompute every balance" in output
    modules = output.splitlines()[-1].split()
    assert not {"sqlalchemy", "starlette", "uvicorn", "rich", "msgspec"} & set(modules)


def test_an_unknown_option_is_a_usage_error(run: Run) -> None:
    assert "No such option" in run("keys", "list", "--nonsense", status=2).output


def test_version_is_the_packages(run: Run) -> None:
    assert __version__ in run("version").output
    assert json.loads(run("version", "--json").output)["trunkline"] == __version__


def test_commands_before_the_first_start_say_that_it_is_missing(run: Run) -> None:
    assert "start `trunkline serve` once" in run("keys", "list", status=1).output


def test_a_key_is_created_listed_and_revoked(run: Run, database: Path) -> None:
    secret = run("keys", "create", "Laptop", "--limit", "5", "--reset", "monthly").output.strip()
    assert secret.startswith("sk-tl-v1-")
    keys = json.loads(run("keys", "list", "--json").output)
    laptop = next(key for key in keys if key["name"] == "Laptop")
    assert (laptop["limit"], laptop["limit_reset"], laptop["usage"]) == (5, "monthly", 0)
    assert secret not in run("keys", "list").output
    assert "revoked Laptop" in run("keys", "revoke", laptop["hash"][:12]).output
    assert "Laptop" not in run("keys", "list", "--all").output
    assert "no key begins with" in run("keys", "revoke", laptop["hash"], status=1).output


def test_revoking_tells_serving_processes(run: Run, database: Path) -> None:
    key = json.loads(run("keys", "create", "Laptop", "--json").output)
    before = state_version(database, "keys")
    run("keys", "revoke", key["hash"])
    assert state_version(database, "keys") > before


def test_a_management_key_is_revoked_by_its_whole_hash(run: Run, database: Path) -> None:
    key = json.loads(run("keys", "create", "ops", "--management", "--json").output)
    assert key["hash"] not in run("keys", "list", "--all").output
    run("keys", "revoke", "--management", key["hash"][:8], status=1)
    run("keys", "revoke", "--management", key["hash"])
    assert "not found" in run("keys", "revoke", "--management", key["hash"], status=1).output


def test_a_prefix_of_two_keys_revokes_neither(run: Run, database: Path) -> None:
    run("keys", "create", "Second")
    assert "2 keys begin with" in run("keys", "revoke", "", status=1).output


@pytest.mark.parametrize(
    "arguments",
    [["--reset", "daily"], ["--limit", "0.0000000001"], ["--limit", "NaN"], ["--management", "--limit", "1"]],
)
def test_limits_that_make_no_sense_are_usage_errors(run: Run, database: Path, arguments: list[str]) -> None:
    run("keys", "create", "x", *arguments, status=2)


def test_credits_are_added_exactly_and_a_reference_once(run: Run, database: Path) -> None:
    before = state_version(database, "credits")
    assert "balance is $0.1" in run("credits", "add", "0.1", "--reference", "may").output
    assert "was booked before" in run("credits", "add", "0.1", "--reference", "may").output
    run("credits", "add", "--note", "typo", "--", "-0.03")
    shown = json.loads(run("credits", "show", "--json").output)
    assert (shown["balance"], shown["total_usage"]) == (0.07, 0)
    assert [(entry["kind"], entry["balance"]) for entry in shown["entries"]] == [("adjustment", 0.07), ("grant", 0.1)]
    assert "balance $0.07" in run("credits", "show").output
    assert state_version(database, "credits") > before


def test_taking_credits_without_a_reason_is_refused(run: Run, database: Path) -> None:
    assert "needs a reason" in run("credits", "add", "--", "-1", status=1).output


def test_audit_agrees_until_somebody_changes_the_books_by_hand(run: Run, database: Path) -> None:
    run("credits", "add", "10")
    assert run("audit").output == "the books agree\n"
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE accounts SET credits_nanousd = credits_nanousd + 1")
    connection.close()
    assert "account sums" in run("audit", status=1).output
    assert json.loads(run("audit", "--json", status=1).output)["differences"][0]["check"] == "account sums"


def test_a_backup_restores_into_another_instance_and_never_over_a_full_one(
    run: Run, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("credits", "add", "10")
    run("db", "backup", "saved.db")
    assert "exists" in run("db", "backup", "saved.db", status=1).output
    run("credits", "add", "5")
    assert "--force" in run("db", "restore", "saved.db", status=1).output
    assert "the books agree" in run("db", "restore", "saved.db", "--force").output
    assert json.loads(run("credits", "show", "--json").output)["balance"] == 10
    assert "no backup at" in run("db", "restore", "none.db", status=1).output


def test_prune_deletes_old_generations_and_leaves_the_books_in_agreement(run: Run, database: Path) -> None:
    now_ms = SystemClock().now_ms()

    async def settle() -> None:
        opened = open_database(f"sqlite:///{database}", pool_size=1)
        await opened.start()
        for number, age_days in enumerate((500, 401, 10)):
            row = a_row(id=f"gen-{number}", created_at_ms=now_ms - age_days * DAY_MS)
            await opened.settle(row)
        await opened.close()

    asyncio.run(settle())
    assert "deleted 2 generation records" in run("db", "prune").output
    assert "deleted 0 generation records" in run("db", "prune").output
    assert "deleted 1 generation records" in run("db", "prune", "--keep-days", "5").output
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM ledger WHERE kind = 'usage'").fetchone() == (3,)
    connection.close()


def test_upgrade_makes_a_database_where_there_is_none(run: Run, tmp_path: Path) -> None:
    assert "newest of this version" in run("db", "upgrade").output
    assert (tmp_path / "home" / "trunkline.db").is_file()


def test_models_and_catalog_know_what_the_configuration_adds(run: Run, tmp_path: Path) -> None:
    (tmp_path / "trunkline.toml").write_text(EXAMPLE)
    assert "acme/rocket-1\t32,768\t1\t2\tacme" in run("models", "ROCKET").output
    assert "rocket-1-large" in run("catalog", "show", "acme/rocket-1").output
    for arguments in (
        ["models", "rocket", "--json"],
        ["catalog", "show", "acme/rocket-1", "--json"],
        ["config", "show"],
    ):
        assert "endpoint-secret" not in run(*arguments).output
    assert "all valid" in run("catalog", "check").output
    assert "no model has 'nonsense'" in run("models", "nonsense", status=1).output
    assert "near: acme/rocket-1" in run("catalog", "show", "rocket", status=1).output


def test_config_check_names_line_and_key_also_of_what_only_the_catalog_understands(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "trunkline.toml"
    file.write_text(EXAMPLE)
    assert run("config", "check").output == f"{file} is valid\n"
    file.write_text(EXAMPLE.replace("32768", "-1"))
    output = run("config", "check", status=1).output
    assert f"{file}:8: endpoints[0].context_length: -1 must be more than 0" in output
    file.write_text("[sevrer]\n")
    assert f'{file}:1: sevrer: unknown section; did you mean "server"?' in run("config", "check", status=1).output


def test_config_show_prints_values_and_sources(run: Run, tmp_path: Path) -> None:
    (tmp_path / "trunkline.toml").write_text("[server]\nport = 9000\n")
    assert f"server.port\t9000\t{tmp_path}/trunkline.toml:2" in run("config", "show", "--changed").output
    assert json.loads(run("config", "show", "--json").output)["server.host"] == {
        "value": "127.0.0.1",
        "source": "default",
    }


def test_chat_without_a_key_is_a_usage_error_that_says_how_to_make_one(run: Run) -> None:
    assert "trunkline keys create" in run("chat", "a/b", status=2).output


def test_chat_says_who_does_not_answer(run: Run) -> None:
    output = run("chat", "a/b", "--key", "k", "--url", "http://127.0.0.1:1", status=1, stdin="hello\n").output
    assert "http://127.0.0.1:1 does not answer" in output


def state_version(database: Path, name: str) -> int:
    connection = sqlite3.connect(database)
    row = connection.execute("SELECT version FROM state_versions WHERE name = ?", (name,)).fetchone()
    connection.close()
    return 0 if row is None else row[0]
