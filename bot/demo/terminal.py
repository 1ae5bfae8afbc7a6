"""The demo in a terminal: type as somebody in a channel, and see what the channel shows.

One command at a time: the next line is read when the outcome of the last one has been shown, so
that a script reads like the chat.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable

from bot.demo.drawn import Button, drawn
from bot.demo.furniture import CHANNELS, PEOPLE, Scene
from bot.demo.paper import Paper
from bot.demo.typed import Be, Calm, Go, Help, Mistake, Play, Press, Quit, Say, Typed, read
from bot.demo.view import View
from bot.demo.words import INCIDENTS, help_text
from bot.sandbox import Change, ChangeKind, Message, NotOnScreen, Receipt
from providers.catalogue import discover

__all__ = ["Terminal"]

PATIENCE = 60.0
"""Seconds that the outcome of one line is waited for; a throttled call tries for 30."""

_LOOK_AGAIN = 0.05
_LAST_SAID = 3
"""Messages that are shown of a channel that one comes to."""


class Terminal:
    """One person at a time, in one channel at a time. echo: the input does not show itself."""

    def __init__(self, scene: Scene, paper: Paper, *, echo: bool) -> None:
        self._scene = scene
        self._slack = scene.workspace
        self._paper = paper
        self._echo = echo
        self._view = View(self._slack)
        self._asked: tuple[Message, Button] | None = None  # a press that waits for y or n
        self._heard = 0  # changes that the person at the keyboard could see

    async def play(self, typed: AsyncIterator[str]) -> None:
        """Do what is typed until /quit or the end of the input."""
        words = {word: kind.provider for word, kind in discover().words.items()}
        vendors = words | {name: name for name in self._scene.clouds}
        stop_listening = self._slack.feed.listen(self._hear)
        try:
            self._ask()
            async for line in typed:
                self._entered(line)
                meant = read(line, vendors)
                if isinstance(meant, Quit):
                    return
                if self._asked is not None:
                    await self._answer(*self._asked, line)
                elif meant is not None:
                    await self._do(meant)
                self._ask()
        finally:
            stop_listening()
            self._paper.leave()

    # The prompt

    @property
    def _prompt(self) -> str:
        if self._asked is not None:
            return "y or n> "
        return f"{self._view.me.name}@#{self._view.here.name}> "

    def _ask(self) -> None:
        if not self._echo:
            self._paper.prompt(self._prompt)

    def _entered(self, line: str) -> None:
        if self._echo:
            self._paper.print(f"{self._prompt}{line}")
        else:
            self._paper.entered()

    # What is typed

    async def _do(self, meant: Typed) -> None:
        match meant:
            case Say(text):
                await self._say(text)
            case Press(number):
                await self._press(number)
            case Be(name):
                self._be(name)
            case Go(name):
                self._go(name)
            case Play():
                self._play(meant)
            case Calm():
                self._calm()
            case Help():
                self._paper.print(help_text())
            case Mistake(usage):
                self._paper.print(usage)

    async def _say(self, text: str) -> None:
        if text.startswith("/"):
            await self._see(self._slack.slash(self._view.me.id, self._view.here.id, text))
        else:
            await self._see(self._slack.say(self._view.me.id, self._view.here.id, text))

    async def _press(self, number: int) -> None:
        newest = self._view.newest_card()
        if newest is None:
            self._paper.print("There is no button here now.")
            return
        card, buttons = newest
        if number > len(buttons):
            self._paper.print(f"The newest card has {len(buttons)} to press.")
            return
        button = buttons[number - 1]
        if button.asks:
            self._asked = (card, button)
            self._paper.print(button.asks)
        else:
            await self._pressed(card, button)

    async def _answer(self, card: Message, button: Button, line: str) -> None:
        """The answer to a question before a press; anything but a yes leaves it."""
        self._asked = None
        if line.strip().lower() in ("y", "yes"):
            await self._pressed(card, button)
        else:
            self._paper.print("Not pressed.")

    async def _pressed(self, card: Message, button: Button) -> None:
        await self._see(
            self._slack.press(
                self._view.me.id, card, button.action_id, value=button.value, label=button.label
            )
        )

    def _be(self, name: str) -> None:
        known = {who.name: who for who in PEOPLE}
        if name not in known:
            self._paper.print(f"Nobody here is called {name}. There are {', '.join(known)}.")
            return
        self._view.me = known[name]
        self._paper.print(f"You are {name}, {self._view.me.part}.")

    def _go(self, name: str) -> None:
        known = {room.name: room for room in CHANNELS}
        if name not in known:
            there = ", ".join(f"#{one}" for one in known)
            self._paper.print(f"There is no #{name}. There are {there}.")
            return
        self._view.here = known[name]
        self._paper.print(f"You are in #{name}, {self._view.here.about}.")
        for message in self._slack.messages(self._view.here.id)[-_LAST_SAID:]:
            self._draw(message)

    def _play(self, play: Play) -> None:
        for name, cloud in self._scene.clouds.items():
            if play.vendor in (None, name):
                cloud.play(play.incident)
        where = play.vendor or "every vendor"
        self._paper.print(f"Until /calm, at {where}: {INCIDENTS[play.incident]}.")

    def _calm(self) -> None:
        for cloud in self._scene.clouds.values():
            cloud.clear()
        self._paper.print("Every incident is over.")

    # What is seen

    async def _see(self, doing: Awaitable[Receipt]) -> None:
        """Wait until what somebody does has been answered, and the answer is the last word."""
        before = self._heard
        try:
            receipt = await doing
        except NotOnScreen as no:
            self._paper.print(str(no))
            return
        if receipt.message is not None and receipt.shown:
            self._paper.print(receipt.shown)  # beside the button, where Slack says it
        if not receipt.attempts or receipt.shown or receipt.error:
            self._explain_silence(receipt)
            return  # the bot does not hear of it, or the answer has come at once
        try:
            async with asyncio.timeout(PATIENCE):
                await self._slack.feed.wait_for(lambda: self._heard > before, PATIENCE)
                while await self._scene.busy():  # noqa: ASYNC110  # a journal tells nobody
                    await asyncio.sleep(_LOOK_AGAIN)
        except TimeoutError:
            self._paper.print(f"Nothing more was shown within {PATIENCE:.0f} s.")

    def _explain_silence(self, receipt: Receipt) -> None:
        mention = receipt.message is not None and self._slack.app.user_id in receipt.message.pings
        if mention and not receipt.attempts:
            self._paper.print("The bot is not in this channel, so it does not hear of this.")

    def _hear(self, change: Change) -> None:
        """Every change in the workspace comes by here, the moment that it is made."""
        message = change.message
        if message is None or message.origin == "person" or not self._view.sees(message):
            return
        self._heard += 1
        if change.kind in (ChangeKind.POSTED, ChangeKind.EDITED):
            self._draw(message)

    def _draw(self, message: Message) -> None:
        paper, names = self._paper, self._slack.model
        self._paper.print(drawn(message, names, colours=paper.colours, width=paper.width))
