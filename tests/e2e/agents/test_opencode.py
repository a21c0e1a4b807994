"""opencode, by `/chat/completions`, as its own documentation says for an OpenAI-compatible provider."""

import json

from tests.e2e.agents.conftest import MODEL, Bench
from tests.e2e.agents.scripted import AFTER, DONE, TASK, scripted, turns
from tests.instance import KEY
from tests.speakers import Saying


async def test_it_reads_edits_and_reports(bench: Bench) -> None:
    path = str(bench.greeting)
    edit = {"filePath": path, "oldString": "hello", "newString": "goodbye"}
    bench.provider.always(
        scripted(
            bench.speaker,
            [
                Saying("I read it first.", calls=(("call_read01", "read", {"filePath": path}),)),
                Saying("Now the edit.", calls=(("call_edit01", "edit", edit),)),
                Saying(DONE),
            ],
        )
    )
    options = {"baseURL": f"{bench.instance.origin}/api/v1", "apiKey": KEY}
    provider = {"npm": "@ai-sdk/openai-compatible", "name": "Trunkline", "options": options, "models": {MODEL: {}}}
    (bench.folder / "opencode.json").write_text(json.dumps({"provider": {"trunkline": provider}, "share": "disabled"}))
    told = await bench.run(
        "opencode",
        *("run", "--model", f"trunkline/{MODEL}", TASK),
        env={"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1", "CI": "true"},
    )
    assert bench.greeting.read_text() == AFTER
    assert DONE in told
    assert len(turns(bench.provider)) == 3
