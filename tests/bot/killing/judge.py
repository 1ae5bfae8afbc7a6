"""What must hold of one operation after any kill, in sentences: an empty list is a yes."""

from __future__ import annotations

from collections.abc import Iterator

from bot.journal import Record, State, Verdict
from bot.sandbox import Message
from tests.bot.killing.scene import Scene

__all__ = ["complaints", "unlawful", "untrue"]

MOST_COPIES = 2  # of a bot that died once

_ON_THE_WAY = ("Asked", "Waiting", "Approved", "Sending", "Accepted")
"""First words of what is no end. (Both tasks have a status, so "Accepted" is followed.)"""

_DONE = ("Running again", "Deleted")
_NOT_DONE = ("Not sent", "Refused", "Expired", "Denied")

_LAWFUL = {
    "": {"asked"},
    "asked": {"denied", "waiting", "approved"},
    "waiting": {"declined", "cancelled", "expired", "approved"},
    "approved": {"expired", "sending"},
    "sending": {"approved", "succeeded", "failed", "unknown"},
    "succeeded": {"recovered", "not recovered", "cannot tell"},
    "unknown": {"recovered", "not recovered", "cannot tell"},
}


def complaints(scene: Scene, *, acked: bool) -> list[str]:
    """What does not hold. acked: whether Slack was told that the command was taken."""
    return list(_complaints(scene, acked=acked))


def _complaints(scene: Scene, *, acked: bool) -> Iterator[str]:
    changes = scene.changes()
    if len(changes) > 1:
        yield f"the vendor was called {len(changes)} times"
    for fault in scene.audited().faults:
        yield f"audit verify: {fault}"
    records = scene.records()
    if acked and not records:
        yield "acked, and lost"
    if not records and (changes or scene.posts()):
        yield "nobody asked, and yet something was done or said"
    if len(records) > 1:
        yield f"one command became {len(records)} operations"
    for record in records:
        yield from unlawful(scene, record)
        yield from untrue(record, scene.posts(), executed=bool(changes))
        if len(scene.posts()) > MOST_COPIES:
            yield f"{len(scene.posts())} messages"


def unlawful(scene: Scene, record: Record) -> Iterator[str]:
    """Is the trail in order, and does it end where the operation is?"""
    state = ""
    for before, after in scene.steps(record):
        if before == after == (record.state if state in set(Verdict) else state):
            continue  # a note, or a card that was shown anew: nothing moved
        if before != state or after not in _LAWFUL.get(before, ()):
            yield f"the trail goes from {before} to {after}, after {state}"
        state = after
    if state != (record.verdict or record.state):
        yield f"the trail ends with {state}, the operation is {record.state}, {record.verdict}"
    if not record.settled:
        yield f"no end: {record.state}, {record.verdict}"


def untrue(record: Record, posts: list[Message], *, executed: bool) -> Iterator[str]:
    """Is there one message, and is it the truth?"""
    if not posts:
        yield "the channel was told nothing"
        return
    *earlier, last = posts
    for copy in earlier:
        # The bot died before it could write down where its message stands. What it cannot find, it
        # cannot edit: the copy that it then posts says so. A press on either makes both known.
        if copy.text != last.text and "Repeat:" not in last.versions[0].screen:
            yield f"a second message that is no repeat: {copy.text}"
    yield from _not_the_end(record, last, executed=executed)


def _not_the_end(record: Record, message: Message, *, executed: bool) -> Iterator[str]:
    text = message.text
    if text.startswith(_ON_THE_WAY):
        yield f"the message is no end: {text}"
    if text.startswith(_DONE) and not executed:
        yield f"told as done, and the vendor was not called: {text}"
    if text.startswith(_NOT_DONE) and executed:
        yield f"told as not done, and the vendor did it: {text}"
    if executed and record.state is State.SUCCEEDED and "RequestId" not in text:
        yield f"no RequestId: {text}"
    if record.state is State.SUCCEEDED and record.verdict is not Verdict.RECOVERED:
        yield f"the vendor shows that it was done, and the verdict is {record.verdict}: {text}"
