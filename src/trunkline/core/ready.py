"""Awaitables that need no waiting: what an asynchronous interface gives back when the thing was done at once.

A coroutine for that would be created, entered and ended again each time; and whoever wants to know whether there is
anything to wait for could not ask it.
"""

from collections.abc import Callable, Coroutine, Generator
from typing import Any, Final, Generic, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


class Ready(Generic[T]):
    """A value that is there already. Can be awaited any number of times."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __await__(self) -> Generator[None, None, T]:
        return self.value
        yield  # makes it a generator, which never gets here


DONE: Final[Ready[None]] = Ready(None)
"""Nothing that anybody would wait for."""


class Later(Generic[T]):
    """What begins when it is awaited, once. Unlike a coroutine it may be dropped."""

    __slots__ = ("_begin",)

    # What a coroutine gives to the loop between its steps is the loop's own business: hence Any.
    def __init__(self, fn: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs) -> None:
        self._begin = lambda: fn(*args, **kwargs)

    def __await__(self) -> Generator[Any, Any, T]:
        return self._begin().__await__()
