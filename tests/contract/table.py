"""Every operation of the published description: absent, present or conforming. `python -m tests.contract.table` prints
the table and writes docs/develop/contract.md.

Conforming: the example requests, and generated ones that the description allows or forbids, get only statuses, bodies
and events that the description has for the operation. The instance is a fresh one, and its Sandbox answers.
"""

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis import GenerationMode
from schemathesis.schemas import APIOperation

from tests.contract.examples import FAMILIAR_MODELS, good_answers, refusals, streams
from tests.contract.properties import MODES, SERVER, call_options, for_each_case
from tests.contract.published import KNOWN_DIFFERENCES, OURS_ALONE, good_misfits, misfits, misfits_of, operations
from tests.instance import Instance
from tests.reference import document
from tests.serving import served

PAGE = Path(__file__).resolve().parents[2] / "docs" / "develop" / "contract.md"
EXAMPLES = 8
"""Generated requests for each operation and mode."""
STATES = ("conforming", "present", "absent")

Findings = dict[str, list[str]]
"""Operation that is served → what is wrong with it: nothing, if it conforms."""


def measure() -> Findings:
    with tempfile.TemporaryDirectory() as home:
        found = asyncio.run(_of_examples(Path(home)))
    with tempfile.TemporaryDirectory() as home, served(Path(home), SERVER) as instance:
        schema = schemathesis.openapi.from_dict(document())
        for result in schema.get_all_operations():
            operation = result.ok()
            name = f"{operation.method} {operation.path}"
            if name in found:
                found[name] += _of_generated(instance.url, operation, name)
        assert instance.process.poll() is None
    return found


async def _of_examples(home: Path) -> Findings:
    async with Instance(home) as instance:
        described = operations((await instance.client.get(f"{instance.origin}/openapi.json")).json())
        found: Findings = {name: [] for name in described.keys() - OURS_ALONE}
        for name, answer in (await good_answers(instance)).items():
            if name in found:
                found[name] += good_misfits(name, answer)
        for others in (await streams(instance), await refusals(instance)):
            for name, answers in others.items():
                found[name] += [wrong for answer in answers for wrong in misfits_of(name, answer)]
    return found


def _of_generated(url: str, operation: APIOperation, name: str) -> list[str]:
    options = call_options(url, operation)
    found: list[str] = []

    def meet(case: schemathesis.Case) -> None:
        response = case.call(**options)
        content_type = (response.headers.get("content-type") or [""])[0]
        found.extend(misfits(name, response.status_code, content_type, response.content))

    def meet_familiar(case: schemathesis.Case) -> None:
        _name_a_model(case, FAMILIAR_MODELS.get(name))
        meet(case)

    for mode in MODES:
        for_each_case(operation, mode, EXAMPLES, meet_familiar if mode == GenerationMode.POSITIVE else meet)
    return found


def _name_a_model(case: schemathesis.Case, model: str | None) -> None:
    """A request for a model that nobody has comes no further than that."""
    body: Any = case.body
    if model is None or not isinstance(body, dict):
        return
    for elsewhere in ("models", "provider", "preset"):
        body.pop(elsewhere, None)
    body["model"] = model


def state_of(name: str, found: Mapping[str, list[str]]) -> str:
    if name not in found:
        return "absent"
    return "present" if found[name] else "conforming"


def states(found: Mapping[str, list[str]]) -> dict[str, str]:
    """Of every published operation."""
    return {name: state_of(name, found) for name in sorted(operations(document()), key=_place)}


def _place(name: str) -> tuple[str, str]:
    method, path = name.split(" ")
    return path, method


def page(found: Mapping[str, list[str]]) -> str:
    """docs/develop/contract.md."""
    by_name = states(found)
    counts = ", ".join(f"{list(by_name.values()).count(state)} {state}" for state in STATES)
    rows = "\n".join(f"| `{name}` | {state} |" for name, state in by_name.items())
    reasons = "\n".join(f"- `{name}`: {one.reason}." for name, known in KNOWN_DIFFERENCES.items() for one in known)
    alone = ", ".join(f"`{name}`" for name in sorted(OURS_ALONE))
    return f"""# Contract

The {len(by_name)} operations of the published description against what is served. Written by
`python -m tests.contract.table` with the description beside the checkout; a test keeps it current.

**{counts}.**

- *conforming*: example requests, and {EXAMPLES} generated ones that the description allows and {EXAMPLES} that it
  forbids, get only statuses, bodies and stream events that the description has. The Sandbox answers.
- *present*: served, with a difference that is named below.
- *absent*: not served.

| operation | |
|---|---|
{rows}

## Known differences

{reasons}

Everywhere: names of providers in answers are an open set, where the description lists those of one day.

Served beyond the description: {alone}.
"""


def committed_states() -> dict[str, str]:
    """What the written page says."""
    cells = (line.strip("| ").split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines())
    return {row[0].strip("`"): row[1] for row in cells if len(row) == 2 and row[1] in STATES}


def main() -> None:
    found = measure()
    PAGE.write_text(page(found), encoding="utf-8")
    for name, state in states(found).items():
        print(f"{name:55} {state}")
        for wrong in sorted(set(found.get(name, []))):
            print(f"    {wrong}")


if __name__ == "__main__":
    main()
