"""How a fact is declared and read: by name, once a question, with its source or the reason why it is unknown."""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from bot.cloud.requests import Action
from bot.cluster.resources import Resource
from bot.cluster.session import ClusterSession
from bot.cluster.transport import ReadError
from knowledge.declarations import DeclarationError, place_of

FactValue = str | int
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")


@dataclass(frozen=True)
class Permission:
    """One rule of the ClusterRole: a verb on a kind."""

    verb: str
    resource: Resource


@dataclass(frozen=True, kw_only=True)
class Fact:
    """``value`` is ``None`` where it is unknown, ``reason`` says why. ``kubectl``: the command that shows the same.

    ``is_damaged`` where what it is read from was there and was not what it ought to be.
    """

    name: str
    value: FactValue | None = None
    source: str = ""
    excerpt: str = ""
    kubectl: str = ""
    reason: str = ""
    is_damaged: bool = False


# ConfigMaps and custom resources hold what people put there: one odd value must not cost the whole answer.
ODD_SHAPES = (TypeError, AttributeError, ValueError, LookupError)
Read = Callable[[ClusterSession], Awaitable[Fact]]


@dataclass(frozen=True, kw_only=True)
class _Declaration:
    name: str
    meaning: str
    read: Read
    reads: tuple[Permission, ...]
    core: bool
    calls: tuple[Action, ...]


_DECLARED: dict[str, _Declaration] = {}


def fact(
    name: str,
    meaning: str,
    *,
    reads: tuple[Permission, ...] = (),
    core: bool = False,
    calls: tuple[Action, ...] = (),
) -> Callable[[Read], Read]:
    """Declare a fact. ``core`` ones are read for every question and shown with the cluster.

    ``calls``: what it asks the cloud; such a fact is not there where the cloud is not asked.

    Raises:
        DeclarationError: the declaration is wrong, or the name is taken; the message says what to mend.
    """

    def register(read: Read) -> Read:
        if mistake := next(_mistakes(name, meaning, read, reads), None):
            raise DeclarationError(f"{place_of(read)}: fact {name}: {mistake}.")
        _DECLARED[name] = _Declaration(name=name, meaning=meaning, read=read, reads=reads, core=core, calls=calls)
        return read

    return register


def _mistakes(name: str, meaning: str, read: Read, reads: tuple[Permission, ...]) -> Iterator[str]:
    if not _NAME.fullmatch(name):
        yield "the name does not fit: use lower-case words, like terway.pod_capacity"
    if not meaning.strip():
        yield "it has no meaning: say in one line what it tells"
    if not inspect.iscoroutinefunction(read):
        yield "write `async def`"
    if not isinstance(reads, tuple) or not all(isinstance(each, Permission) for each in reads):
        yield 'reads is a tuple of what it reads, like (Permission("list", NODES),)'
    if name in _DECLARED:
        yield f"that name is taken by {place_of(_DECLARED[name].read)}: choose another"


async def read_fact(session: ClusterSession, name: str) -> Fact:
    """The fact, unknown with its reason when a read failed."""
    return await session.once(("fact", name), lambda: _read(session, name))


async def undamaged_fact(session: ClusterSession, name: str) -> Fact:
    """A fact for another one to rest on.

    Raises:
        ReadError: what it is read from is damaged, so that "unknown" must not lead to a default.
    """
    found = await read_fact(session, name)
    if found.is_damaged:
        raise ReadError("invalid", found.reason)
    return found


async def _read(session: ClusterSession, name: str) -> Fact:
    try:
        found = await _DECLARED[name].read(session)
    except ReadError as error:
        return Fact(name=name, reason=str(error), is_damaged=error.is_damage)
    except ODD_SHAPES as error:
        why = f"what {name} is read from has an unexpected shape ({error})"
        return Fact(name=name, reason=why, is_damaged=True)
    return replace(found, name=name)


def known(value: FactValue, source: str, kubectl: str, excerpt: str = "") -> Fact:
    """A fact that was read. ``source`` is the object as ``Kind namespace/name``."""
    return Fact(name="", value=value, source=source, kubectl=kubectl, excerpt=excerpt)


def unknown(reason: str) -> Fact:
    """A fact that the cluster does not tell."""
    return Fact(name="", reason=reason)


def declared_facts() -> dict[str, str]:
    """Every fact's name with its one-line meaning."""
    return {name: declaration.meaning for name, declaration in sorted(_DECLARED.items())}


def facts_here(session: ClusterSession, names: Iterable[str]) -> list[str]:
    """Of these facts those that can be told here: none of the cloud's where it is not asked."""
    has_cloud = session.reader.cloud is not None
    return [name for name in names if has_cloud or name not in _DECLARED or not _DECLARED[name].calls]


def cloud_calls(name: str | None = None) -> set[Action]:
    """What one fact asks the cloud, or all of them."""
    chosen = _DECLARED.values() if name is None else (_DECLARED[name],)
    return {action for declaration in chosen for action in declaration.calls}


def core_facts() -> tuple[str, ...]:
    """The names of the facts that are shown with every answer."""
    return tuple(name for name, declaration in _DECLARED.items() if declaration.core)


def permissions(name: str | None = None) -> set[Permission]:
    """What one fact reads, or all of them."""
    chosen = _DECLARED.values() if name is None else (_DECLARED[name],)
    return {permission for declaration in chosen for permission in declaration.reads}
