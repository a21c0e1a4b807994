"""`/generation`: what became of a request, and what its sender says about it (accounts-and-governance.md 18).

Any live key of the account may read and report (GEN-03, GEN-17). Unknown, foreign and malformed ids answer alike.
"""

import re
from typing import Annotated, Literal

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from trunkline.accounts.types import Principal
from trunkline.api import bodies
from trunkline.api.authentication import authenticate
from trunkline.api.bodies import Issue
from trunkline.api.context import ControlPlane
from trunkline.api.generation_objects import GenerationObject, generation_object
from trunkline.api.operations import Endpoint, Operation, Parameter
from trunkline.api.wire import json_response
from trunkline.core.errors import NotFound, ServiceUnavailable
from trunkline.generations import repository
from trunkline.generations.types import Feedback, FeedbackCategory, Generation

_TAG = "Generations"
_ID = Parameter(name="id", required=True, description="The generation's id: `gen-…`")
_WELL_FORMED_ID = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
COMMENT_MAX = 1000
RETRY_AFTER_S = 2


class GenerationResponse(Struct, frozen=True):
    """One generation."""

    data: GenerationObject


class FeedbackRequest(Struct, frozen=True, kw_only=True):
    """Body of `POST /generation/feedback`."""

    generation_id: Annotated[str, Meta(min_length=1)]
    category: FeedbackCategory
    comment: Annotated[str, Meta(max_length=COMMENT_MAX)] | None = None


class FeedbackReceipt(Struct, frozen=True):
    """Says that the report was kept."""

    success: Literal[True] = True


class FeedbackResponse(Struct, frozen=True):
    """The answer to a report."""

    data: FeedbackReceipt = FeedbackReceipt()


GET = Operation(
    method="GET",
    path="/generation",
    id="getGeneration",
    summary="Get request & usage metadata for a generation",
    tag=_TAG,
    parameters=(_ID,),
    response=GenerationResponse,
    errors=(400, 401, 404, 500),
)
CONTENT = Operation(
    method="GET",
    path="/generation/content",
    id="listGenerationContent",
    summary="Get stored prompt, completion, and error content for a generation",
    tag=_TAG,
    parameters=(_ID,),
    errors=(400, 401, 404, 500),
)
FEEDBACK = Operation(
    method="POST",
    path="/generation/feedback",
    id="submitGenerationFeedback",
    summary="Submit feedback for a generation",
    tag=_TAG,
    request=FeedbackRequest,
    response=FeedbackResponse,
    errors=(400, 401, 404, 500),
)


class _Generations:
    __slots__ = ("_context",)

    def __init__(self, context: ControlPlane) -> None:
        self._context = context

    async def get(self, request: Request) -> Response:
        caller = await authenticate(self._context, request.scope)
        return json_response(GenerationResponse(generation_object(await self._find(caller, request))))

    async def content(self, request: Request) -> Response:
        caller = await authenticate(self._context, request.scope)
        generation = await self._find(caller, request)
        raise NotFound(f"No content of {generation.id} is stored: logging was off, or the content expired.")

    async def feedback(self, request: Request) -> Response:
        caller = await authenticate(self._context, request.scope)
        timeout_s = self._context.settings.server.body_timeout_seconds
        body = bodies.decode(await bodies.read_body(request, timeout_s=timeout_s), FeedbackRequest)
        feedback = Feedback(
            account_id=caller.account_id,
            generation_id=_well_formed(body.generation_id),
            key_hash=caller.key.hash,
            created_at_ms=self._context.clock.now_ms(),
            category=body.category,
            comment=body.comment,
        )
        if not await self._context.database.write(repository.add_feedback, feedback):
            raise _not_found()
        return json_response(FeedbackResponse())

    async def _find(self, caller: Principal, request: Request) -> Generation:
        generation_id = request.query_params.get("id")
        if not generation_id:
            raise bodies.invalid([Issue("id", "is required: the generation's id")])
        wanted = (caller.account_id, _well_formed(generation_id))
        if (unfinished := self._context.unfinished(*wanted)) is not None:
            return unfinished
        database = self._context.database
        is_waiting = database.is_waiting(*wanted)  # asked first: while the database is read it may be replayed
        found = await database.read(repository.find, *wanted)
        if found is not None:
            return found
        if is_waiting:
            raise ServiceUnavailable(
                "The record is safe, but the database is away and cannot show it yet. Try again in a moment.",
                retry_after_s=RETRY_AFTER_S,
            )
        raise _not_found()


def endpoints(context: ControlPlane) -> list[Endpoint]:
    """The operations of this file with their handlers."""
    generations = _Generations(context)
    return [
        Endpoint(GET, generations.get),
        Endpoint(CONTENT, generations.content),
        Endpoint(FEEDBACK, generations.feedback),
    ]


def _well_formed(generation_id: str) -> str:
    if _WELL_FORMED_ID.fullmatch(generation_id) is None:
        raise _not_found()
    return generation_id


def _not_found() -> NotFound:
    return NotFound("Generation not found. Its id is in `X-Generation-Id` and in the answer's `id`.")
