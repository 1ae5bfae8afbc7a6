"""How relays are read: the vendor has a list and nothing else, so one is looked for in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from providers.facts import Facts, Listing, fingerprint
from providers.masking import masked_url
from providers.operation import Effect, Operation, Reading, Task, Verb
from providers.volcengine.rows import (
    Row,
    epoch,
    every_row,
    name_of,
    settings_of,
    state_of,
    text,
)

__all__ = ["LIST", "STATUS", "facts_of", "status", "tasks"]

_ADDRESSES = ("SrcAddr", "SrcAddrS", "VodSrcAddrs", "DstAddr", "CallbackURL")

LIST = Operation(
    verb=Verb.LIST,
    action="ListPullToPushTaskV2",
    version="2023-01-01",
    effect=Effect.READS,
    quota=15,
    # The vendor would take 500; but a task may have many long sources, and an answer is bounded.
    parameters=lambda _task, _operator: {"Page": 1, "Size": 100},
    page="https://www.volcengine.com/docs/6469/1327383",
    does="lists the relays of all groups that the key may see",
    permission="live:ListPullToPushTaskV2",
)

STATUS = replace(
    LIST,
    verb=Verb.STATUS,
    does="tells whether it runs, from where to where and until when; found in the list by its id",
)


def status(task: Task) -> Reading[Facts]:
    """One relay, matched exactly. It is not there where the whole list does not have it."""
    rows = yield from every_row(STATUS, "Page", wanted=task.id)
    if (row := rows.by_id.get(task.id)) is None:
        if rows.complete:
            return Facts.not_found(task.id)
        raise ValueError(f"not among the first {len(rows.by_id)} tasks, and there are more")
    if not text(row, "Status"):
        raise ValueError("the answer has no Status")
    return facts_of(row)


def tasks(_task: Task) -> Reading[Listing]:
    """Every relay that the key may see; live video has one region."""
    rows = yield from every_row(LIST, "Page")
    return Listing([facts_of(row) for row in rows.by_id.values()], rows.complete)


def facts_of(info: Row) -> Facts:
    """What a row tells. Of several sources (video files) the first is shown."""
    state, word = state_of(info)
    sources = _sources(info)
    return Facts(
        id=text(info, "TaskId", 200),
        state=state,
        word=word,
        name=name_of(info, "Title"),
        source=next(filter(None, map(masked_url, sources)), ""),
        destination=masked_url(info.get("DstAddr")),
        starts_at=epoch(info.get("StartTime")),
        ends_at=epoch(info.get("EndTime")),
        identity=fingerprint(info.get("Title"), sources, info.get("DstAddr")),
        settings=settings_of(info, _ADDRESSES),
    )


def _sources(info: Row) -> list[object]:
    """A live stream's one address, or the files that are played; as the vendor sent them."""
    sources = [info.get("SrcAddr")]
    for name in ("SrcAddrS", "VodSrcAddrs"):
        several = info.get(name)
        sources += several if isinstance(several, list) else []
    return [one.get("SrcAddr") if isinstance(one, Mapping) else one for one in sources if one]
