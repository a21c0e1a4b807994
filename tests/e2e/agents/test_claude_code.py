"""Claude Code, by `/messages`: its base URL is all that changes."""

import json

from tests.e2e.agents.conftest import MODEL, Bench
from tests.e2e.agents.scripted import AFTER, DONE, TASK, scripted, turns
from tests.instance import KEY
from tests.speakers import Saying


async def test_it_reads_edits_and_reports(bench: Bench) -> None:
    path = str(bench.greeting)
    edit = {"file_path": path, "old_string": "hello", "new_string": "goodbye"}
    bench.provider.always(
        scripted(
            bench.speaker,
            [
                Saying("I read it first.", calls=(("call_read01", "Read", {"file_path": path}),)),
                Saying("Now the edit.", calls=(("call_edit01", "Edit", edit),)),
                Saying(DONE),
            ],
        )
    )
    told = await bench.run(
        "claude",
        *("-p", TASK, "--output-format", "json", "--permission-mode", "acceptEdits"),
        env={
            "ANTHROPIC_BASE_URL": f"{bench.instance.origin}/api",
            "ANTHROPIC_AUTH_TOKEN": KEY,
            "ANTHROPIC_MODEL": MODEL,
            "ANTHROPIC_DEFAULT_HAIKU_MODEL": MODEL,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
        },
    )
    assert bench.greeting.read_text() == AFTER
    assert json.loads(told)["result"] == DONE
    assert len(turns(bench.provider)) == 3
