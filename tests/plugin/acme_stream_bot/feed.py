"""acme:feed: streams that Acme carries. Its operations, and how a feed is read."""

from __future__ import annotations

from collections.abc import Mapping

from providers.errors import FaultKind, Refused
from providers.facts import Facts, Listing, TaskState, fingerprint
from providers.foreign import foreign
from providers.masking import masked, masked_url
from providers.operation import Ask, Effect, Gap, Kind, Operation, Parameters, Reading, Task, Verb

from .account import FEEDS

__all__ = ["FEED", "LIST", "facts_of"]

MOST_PAGES = 100

STATES: Mapping[str, TaskState] = {
    "live": TaskState.RUNNING,
    "starting": TaskState.DEGRADED,
    "off": TaskState.STOPPED,
}


def _feed_and_operator(task: Task, operator: str) -> Parameters:
    return {"feed": task.id, "by": operator}


RESTART = Operation(
    verb=Verb.RESTART,
    action="RestartFeed",
    version="v1",
    effect=Effect.INTERRUPTS,
    quota=10,
    parameters=_feed_and_operator,
    page="https://docs.acme.example/RestartFeed",
    does="breaks the stream for some seconds, then it runs again",
    permission="feeds:restart",
)
STATUS = Operation(
    verb=Verb.STATUS,
    action="GetFeed",
    version="v1",
    effect=Effect.READS,
    quota=20,
    parameters=lambda task, _operator: {"feed": task.id},
    page="https://docs.acme.example/GetFeed",
    does="tells whether the stream runs, from where to where",
    permission="feeds:read",
)
LIST = Operation(
    verb=Verb.LIST,
    action="ListFeeds",
    version="v1",
    effect=Effect.READS,
    quota=20,
    parameters=lambda _task, _operator: {"page": 1},
    page="https://docs.acme.example/ListFeeds",
    does="lists the feeds",
    permission="feeds:read",
)


def status(task: Task) -> Reading[Facts]:
    """One feed. Only Acme's own code says that there is none."""
    try:
        told = yield Ask(STATUS)
    except Refused as refused:
        if refused.fault.kind is FaultKind.NOT_FOUND:
            return Facts.not_found(task.id, refused.code)
        raise
    facts = facts_of(told)
    if facts.id != task.id:
        raise ValueError("the answer is about another feed")
    return facts


def feeds(_task: Task) -> Reading[Listing]:
    """Every feed, page by page; the list ends where a page brings nothing new."""
    found: dict[str, Facts] = {}
    for page in range(1, MOST_PAGES + 1):
        rows = (yield Ask(LIST, {"page": page})).get("feeds")
        if not isinstance(rows, list):
            raise ValueError("the answer has no feeds")  # noqa: TRY004  # of what the answer tells
        new = {feed.id: feed for feed in map(facts_of, rows) if feed.id not in found}
        if not new:
            return Listing(tuple(found.values()))
        found |= new
    return Listing(tuple(found.values()), complete=False)


def facts_of(row: object) -> Facts:
    """What a row tells; nothing in it is trusted. Raises ValueError where it names no feed."""
    if not isinstance(row, Mapping):
        raise ValueError("a feed is no object")  # noqa: TRY004  # of what the answer tells
    feed, word = row.get("feed"), row.get("state")
    if not (isinstance(feed, str) and feed and isinstance(word, str)):
        raise ValueError("a feed without its id or its state")
    settings = masked(row)
    return Facts(
        id=foreign(feed, 128),
        state=STATES.get(word, TaskState.UNKNOWN),
        word=foreign(word, 40),
        name=foreign(row.get("name", ""), 120),
        source=masked_url(row.get("source")),
        destination=masked_url(row.get("destination")),
        identity=fingerprint(*(row.get(key) for key in ("name", "source", "destination"))),
        settings=settings if isinstance(settings, Mapping) else {},
    )


FEED = Kind(
    provider="acme",
    name="feed",
    service=FEEDS,
    aliases=("acme",),
    title="Acme feed",
    noun="feed",
    example="1",
    console="the Acme console",
    operations=(RESTART, STATUS, LIST),
    regions=("global",),
    gaps={
        Verb.STOP: Gap("Acme cannot stop a feed.", "Its source can be switched off.", Verb.RESTART),
        Verb.START: Gap("Acme starts a feed by itself.", "A restart starts it anew.", Verb.RESTART),
        Verb.DELETE: Gap("Acme deletes no feed by its API.", "Its console can."),
    },
    states=STATES,
    status=status,
    tasks=feeds,
)
