"""The buttons under an end and under an answer: a press starts something new, under the presser's
own name and rights. The button is never a permission, and a change that it starts starts once."""

from __future__ import annotations

from bot import press_answers
from bot.batches import BatchDesk
from bot.command import ListCommand, TaskCommand
from bot.contact import People, Press, Whisper
from bot.desk import Desk
from bot.journal import Journal, Origin, Record
from bot.reads import Reads
from bot.screens import DO, LIST, STATUS
from providers.operation import Verb

__all__ = ["NextSteps"]

BUTTON_SECONDS = 1_800.0
"""How long a button under an end may be pressed."""


class NextSteps:
    """Takes presses that belong to no card."""

    def __init__(
        self,
        desk: Desk,
        batches: BatchDesk,
        *,
        journal: Journal,
        reads: Reads,
        people: People,
        whisper: Whisper,
    ) -> None:
        self._desk = desk
        self._batches = batches
        self._journal = journal
        self._reads = reads
        self._people = people
        self._whisper = whisper

    @staticmethod
    def knows(action: str) -> bool:
        """Whether an action is one of these."""
        return action in (STATUS, LIST) or action.startswith(DO) or action in Reads.ACTIONS

    async def take(self, press: Press) -> None:
        """Do what the button says, or say why not."""
        record = await self._journal.by_button(press.ticket) if press.ticket else None
        if record is None:
            await self._under_an_answer(press)
        elif record.origin.channel != press.channel:
            self._whisper(press.ear, press_answers.not_a_card())
        elif self._journal.now() - _shown_at(record) > BUTTON_SECONDS:
            self._whisper(press.ear, press_answers.too_old(_status(record.command).typed()))
        elif press.action == STATUS:
            await self._reads.answer(await self._to_see(record), await self._origin(press, record))
        elif press.action == LIST:
            await self._reads.answer(_listing(record.command), await self._origin(press, record))
        else:
            await self._start(press, record.command, record)

    async def _to_see(self, record: Record) -> TaskCommand:
        """What the Status button under an end stands for; of several tasks, the troubled ones."""
        if record.command.others:
            return await self._batches.status_of_troubled(record)
        return _status(record.command)

    async def _under_an_answer(self, press: Press) -> None:
        if not press.action.startswith(DO):
            await self._reads.press(press)
        elif (command := await self._reads.chosen(press)) is not None:
            await self._start(press, command, None)

    async def _start(self, press: Press, command: TaskCommand, record: Record | None) -> None:
        try:
            verb = Verb(press.action.removeprefix(DO))
        except ValueError:
            self._whisper(press.ear, press_answers.not_a_card())
            return
        wanted = command.model_copy(
            update={"verb": verb, "notes": (), "again": "", "dry_run": False}
        )
        origin = await self._origin(press, record)
        refusal = await self._desk.take(wanted, origin, self._journal.now())
        if refusal is not None:
            self._whisper(press.ear, refusal)

    async def _origin(self, press: Press, record: Record | None) -> Origin:
        presser = await self._people.person(press.user, press.team, fresh=False)
        return Origin(
            request_key=f"press:{press.ticket}:{press.action}",
            requester=press.user,
            requester_name=presser.name,
            team=press.team,
            channel=press.channel,
            direct=press.channel.startswith("D"),
            thread_ts=record.origin.thread_ts if record else press.ear.thread_ts,
            response_url=press.ear.response_url,
        )


def _shown_at(record: Record) -> float:
    """When the end with its buttons came."""
    last = record.followed.last if record.followed else None
    return max(record.finished_at or 0.0, last.at if last else 0.0)


def _status(command: TaskCommand) -> TaskCommand:
    update = {"verb": Verb.STATUS, "reason": "", "notes": (), "again": "", "dry_run": False}
    return command.model_copy(update=update)


def _listing(command: TaskCommand) -> ListCommand:
    return ListCommand(command.where, command.account, command.region, command.app, None, "")
