"""`/chat/rooms`: the rooms that a person keeps on the server (site.md CHAT-02). For the chat's own scripts."""

from msgspec import Raw, Struct, structs
from starlette.responses import Response
from starlette.routing import Route

from trunkline.rooms.service import RoomLimits
from trunkline.rooms.types import RoomChange, RoomHead
from trunkline.web.context import WebContext
from trunkline.web.formats.times import iso_moment
from trunkline.web.script_calls import Called, answered, done, for_members_scripts

_BODY_BESIDE_DOCUMENT = 4096


class RoomHeadObject(Struct, frozen=True, kw_only=True):
    """A room in the list."""

    id: str
    workspace: str
    version: int
    title: str
    is_pinned: bool
    bytes: int
    created_at: str
    updated_at: str


class RoomListObject(Struct, frozen=True, kw_only=True):
    """All rooms of a workspace, the last changed first."""

    rooms: list[RoomHeadObject]
    limits: RoomLimits
    used_bytes: int
    """Of the person's rooms in all workspaces."""


class RoomBody(Struct, frozen=True, kw_only=True):
    """What is stored. `version` is the one that was read, 0 for a new room."""

    version: int
    title: str
    document: Raw
    is_pinned: bool = False
    workspace: str | None = None


class _Rooms:
    __slots__ = ("_rooms",)

    def __init__(self, context: WebContext) -> None:
        self._rooms = context.accounts.rooms

    async def all(self, called: Called) -> Response:
        workspace = called.request.query_params.get("workspace")
        found = await self._rooms.all(called.visitor.account_id, workspace)
        return answered(
            RoomListObject(
                rooms=[_object(head) for head in found.rooms],
                limits=self._rooms.limits,
                used_bytes=found.used_bytes,
            )
        )

    async def get(self, called: Called) -> Response:
        """With the document, beside the members that a list has."""
        room = await self._rooms.get(called.visitor.account_id, _id(called))
        return answered({**structs.asdict(_object(room.head)), "document": room.document})

    async def store(self, called: Called) -> Response:
        body = called.read(RoomBody)
        change = RoomChange(
            id=_id(called),
            version=body.version,
            title=body.title,
            is_pinned=body.is_pinned,
            document=body.document,
            workspace_id=body.workspace,
        )
        return answered(_object(await self._rooms.store(called.visitor.account_id, change)))

    async def delete(self, called: Called) -> Response:
        await self._rooms.delete(called.visitor.account_id, _id(called))
        return done()


def routes(context: WebContext) -> list[Route]:
    """Reading."""
    rooms = _Rooms(context)
    return [
        Route("/chat/rooms", for_members_scripts(context, rooms.all)),
        Route("/chat/rooms/{id}", for_members_scripts(context, rooms.get)),
    ]


def actions(context: WebContext) -> list[Route]:
    """Writing."""
    rooms = _Rooms(context)
    bytes_max = context.accounts.rooms.limits.room_bytes + _BODY_BESIDE_DOCUMENT
    store = for_members_scripts(context, rooms.store, body_bytes_max=bytes_max)
    return [
        Route("/chat/rooms/{id}", store, methods=["PUT"]),
        Route("/chat/rooms/{id}", for_members_scripts(context, rooms.delete), methods=["DELETE"]),
    ]


def _id(called: Called) -> str:
    room_id: str = called.request.path_params["id"]
    return room_id


def _object(head: RoomHead) -> RoomHeadObject:
    return RoomHeadObject(
        id=head.id,
        workspace=head.workspace_id,
        version=head.version,
        title=head.title,
        is_pinned=head.is_pinned,
        bytes=head.size_bytes,
        created_at=iso_moment(head.created_at_ms),
        updated_at=iso_moment(head.updated_at_ms),
    )
