"""What `instructor` makes of this gateway, as one JSON object on stdout. Run by test_instructor.py.

It runs in an environment of its own (.venv-instructor), so it imports nothing of this repository. Each scenario asks
with its own name as the prompt, by which the scripted provider knows what to answer.

    python instructor_client.py <base url> <key> <model>
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import instructor
from instructor.core.exceptions import InstructorRetryException
from openai import OpenAI
from pydantic import BaseModel, field_validator

MODES = {"tools": instructor.Mode.TOOLS, "json schema": instructor.Mode.JSON_SCHEMA}


class Person(BaseModel):
    """A person."""

    name: str
    age: int

    @field_validator("age")
    @classmethod
    def is_lived(cls, age: int) -> int:
        if age < 0:
            raise ValueError("an age is not negative")
        return age


def asked(client: instructor.Instructor, prompt: str) -> dict[str, Any]:
    """A person, and what the answer cost."""
    person, answer = client.chat.completions.create_with_completion(
        response_model=Person, messages=[{"role": "user", "content": prompt}], max_retries=1
    )
    return {"person": person.model_dump(), "tokens": answer.usage.total_tokens, "id": answer.id}


def partials(client: instructor.Instructor, prompt: str) -> list[dict[str, Any]]:
    """A person as the stream tells it, without repetitions."""
    seen: list[dict[str, Any]] = []
    for partial in client.chat.completions.create_partial(
        response_model=Person, messages=[{"role": "user", "content": prompt}], max_retries=1
    ):
        told = partial.model_dump()
        if told not in seen[-1:]:
            seen.append(told)
    return seen


def people(client: instructor.Instructor, prompt: str) -> list[dict[str, Any]]:
    """Several of them, one after the other, from one stream."""
    found = client.chat.completions.create_iterable(
        response_model=Person, messages=[{"role": "user", "content": prompt}], max_retries=1
    )
    return [person.model_dump() for person in found]


def refused(client: instructor.Instructor, prompt: str) -> dict[str, Any]:
    """The class and the attempts of what is raised."""
    try:
        asked(client, prompt)
    except InstructorRetryException as error:
        return {"class": type(error).__name__, "attempts": error.n_attempts}
    return {"class": None}


def main(base_url: str, key: str, model: str) -> None:
    sdk = OpenAI(base_url=base_url, api_key=key, max_retries=0)
    said: dict[str, object] = {}
    for name, mode in MODES.items():
        client = instructor.from_openai(sdk, mode=mode, model=model)
        scenarios: dict[str, Callable[[instructor.Instructor, str], object]] = {
            "whole": asked,
            "partial": partials,
            "again": asked,
            "never": refused,
        }
        said |= {f"{name} {scenario}": ask(client, f"{name} {scenario}") for scenario, ask in scenarios.items()}
    said["tools people"] = people(instructor.from_openai(sdk, model=model), "tools people")
    print(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])
