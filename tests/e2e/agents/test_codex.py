"""Codex, by `/responses`, as a model provider of its configuration."""

from tests.e2e.agents.conftest import MODEL, Bench
from tests.e2e.agents.scripted import AFTER, DONE, TASK, scripted, turns
from tests.instance import KEY
from tests.speakers import Saying

CONFIG = """
model = "{model}"
model_provider = "trunkline"

[model_providers.trunkline]
name = "Trunkline"
base_url = "{origin}/api/v1"
env_key = "TRUNKLINE_API_KEY"
wire_api = "responses"
"""


async def test_it_reads_edits_and_reports(bench: Bench) -> None:
    bench.provider.always(
        scripted(
            bench.speaker,
            [
                Saying("I read it first.", calls=(("call_read01", "exec_command", {"cmd": "cat greeting.txt"}),)),
                Saying(
                    "Now the edit.",
                    calls=(("call_edit01", "exec_command", {"cmd": "sed -i s/hello/goodbye/ greeting.txt"}),),
                ),
                Saying(DONE),
            ],
        )
    )
    config = bench.home / ".codex"
    config.mkdir()
    (config / "config.toml").write_text(CONFIG.format(model=MODEL, origin=bench.instance.origin))
    told = await bench.run(
        "codex",
        *("exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", TASK),
        env={"TRUNKLINE_API_KEY": KEY, "CODEX_HOME": str(config)},
    )
    assert bench.greeting.read_text() == AFTER
    assert DONE in told
    assert len(turns(bench.provider)) == 3
