"""A script, played: its people type and press, and what must be seen is waited for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from bot.demo.clouds.state import cloud_state
from bot.demo.drawn import Button, drawn
from bot.demo.furniture import CHANNELS, PEOPLE, Scene
from bot.demo.script import Script, Step, TaskSeen
from bot.demo.view import View
from bot.sandbox import Change, ChangeKind, Message, NotOnScreen
from providers.simulator import Simulator

__all__ = ["perform"]

_LOOK_AGAIN = 0.05
"""Seconds between two looks at what must be seen."""
_LAST_SHOWN = 3
_FOR_EVER = 3600.0  # a step has a shorter time of its own
_PEOPLE = {who.name: who for who in PEOPLE}
_ROOMS = {room.name: room for room in CHANNELS}


async def perform(scene: Scene, script: Script, tell: Callable[[str], None]) -> bool:
    """Play a script from its first step on. True if all was seen that had to be.

    tell: hears what is done, what is seen, and at the end the verdict.
    """
    tell(script.title)
    began = time.monotonic()
    performance = _Performance(scene, tell)
    stop_listening = scene.workspace.feed.listen(performance.hear)
    try:
        for number, step in enumerate(script.step, start=1):
            performance.go_to(step)
            tell(f"{number:>3}. {performance.announced(step)}")
            if missing := await performance.play(step):
                tell(f"Step {number} failed: {missing}")
                return False
    finally:
        stop_listening()
    tell(f"All was seen, in {time.monotonic() - began:.1f} s.")
    return True


class _Performance:
    """The people of a script, and everything that was shown since they last did something."""

    def __init__(self, scene: Scene, tell: Callable[[str], None]) -> None:
        self._scene = scene
        self._slack = scene.workspace
        self._view = View(scene.workspace)
        self._tell = tell
        self._shown: list[tuple[Message | None, str]] = []

    def hear(self, change: Change) -> None:
        """Every version of a message counts, also one that stands for a moment only."""
        message = change.message
        if message and message.origin != "person" and change.kind is not ChangeKind.DELETED:
            self._shown.append((message, drawn(message, self._slack.model, colours=False)))

    def go_to(self, step: Step) -> None:
        """Be who the step is for, where it is."""
        self._view.me = _PEOPLE.get(step.who or "", self._view.me)
        self._view.here = _ROOMS.get(step.channel or "", self._view.here)

    def announced(self, step: Step) -> str:
        """What a step does, before it does it."""
        where = step.cloud or "every vendor"
        if step.play:
            return f"{step.play} at {where}"
        if step.calm:
            return f"calm at {where}"
        does = step.typed or (f"presses {step.press}" if step.press else "looks")
        return f"{self._view.me.name} in #{self._view.here.name}: {does}"

    async def play(self, step: Step) -> str:
        """What did not come true; "" if all did."""
        began = time.monotonic()
        if step.acts:
            self._shown.clear()
        acted = False
        try:
            async with asyncio.timeout(step.within):
                await self._act(step)
                acted = True
                while self._missing(step):  # noqa: ASYNC110  # a simulator tells nobody
                    await asyncio.sleep(_LOOK_AGAIN)
        except TimeoutError:
            missing = self._missing(step) if acted else [_not_done(step)]
            return f"within {step.within:g} s {'; '.join(missing)}.\n{self._last_shown()}"
        except NotOnScreen as no:
            return str(no)
        if step.see or step.task:
            self._tell(f"     seen after {time.monotonic() - began:.1f} s")
        return ""

    # What is done

    async def _act(self, step: Step) -> None:
        if step.play:
            for cloud in self._at(step):
                cloud.play(step.play, step.times)
        elif step.calm:
            for cloud in self._at(step):
                cloud.clear()
        elif step.press:
            await self._press(step.press)
        elif step.typed:
            do = self._slack.slash if step.typed.startswith("/") else self._slack.say
            await do(self._view.me.id, self._view.here.id, step.typed)

    def _at(self, step: Step) -> list[Simulator]:
        clouds = self._scene.clouds
        return [clouds[step.cloud]] if step.cloud else list(clouds.values())

    async def _press(self, label: str) -> None:
        """Wait for the button, then press it."""
        found = await self._slack.feed.wait_for(lambda: self._labelled(label), _FOR_EVER)
        message, button = found[0]
        receipt = await self._slack.press(
            self._view.me.id, message, button.action_id, value=button.value, label=label
        )
        if receipt.shown:  # beside the button, where Slack says it
            self._shown.append((None, receipt.shown))

    def _labelled(self, label: str) -> list[tuple[Message, Button]]:
        """The buttons of the newest card that have this label, each with the card."""
        if (newest := self._view.newest_card()) is None:
            return []
        card, buttons = newest
        return [(card, button) for button in buttons if button.label == label]

    # What is seen

    def _missing(self, step: Step) -> list[str]:
        """What a step waits for and is not there."""
        missing = []
        if step.see and not any(all(words in text for words in step.see) for text in self._texts()):
            missing.append(f"no message showed {' and '.join(map(repr, step.see))}")
        if step.task and not (state := self._state(step.task)) & {step.task.state}:
            missing.append(f"task {step.task.id} was {' or '.join(sorted(state))}")
        return missing

    def _texts(self) -> list[str]:
        """All that this person could read since something was last done."""
        return [text for message, text in self._shown if not message or self._view.sees(message)]

    def _state(self, wanted: TaskSeen) -> set[str]:
        """The words for the state of a task: the vendor's own, and what it means."""
        tasks = cloud_state(wanted.cloud, self._scene.clouds[wanted.cloud]).tasks
        for task in tasks:
            if (task.kind, task.id) == (wanted.kind, wanted.id):
                return {task.state, task.means} - {""}
        return {"gone"}

    def _last_shown(self) -> str:
        last = self._texts()[-_LAST_SHOWN:]
        return "\n".join(["There was:", *last]) if last else "There was nothing to be seen."


def _not_done(step: Step) -> str:
    return f"there was no button {step.press!r}" if step.press else "nothing answered"
