"""The clouds over HTTP, for the page, for tests and for game days.

    GET  /clouds/state       what every vendor sees now                          -> Clouds
    GET  /clouds/incidents   what can be played        -> {"incidents": [PlayableIncident, ...]}
    POST /clouds/incident    play one: {"cloud": "tencent", "incident": "arrears", "times": 3}
    POST /clouds/calm        end them: {"cloud": "tencent", "incident": "arrears"}
    POST /clouds/tasks       add or reset a task: {"cloud": "tencent", "kind": "pull", "id": "1"}
    GET  /clouds/socket      a WebSocket that tells what changes, as soon as it does

`bot.demo.clouds.form` has every field. A change answers with what /clouds/state tells after it. A
`cloud` of null means all of them; `times` left out or null: until it is calmed; `incident` left out
of /clouds/calm: every one. Whatever is wrong is answered with {"error": "why"}: 400 for a request
that is not in this form, 404 for a cloud that is not there, 409 where there is no room.

Every request carries the token of this start in the header X-Page-Token, and a POST is
application/json: see `bot.sandbox.page.guard`. A socket's first message is {"token": "..."}; the
first that comes back holds every cloud, each later one those that have changed, in the same form.

    curl -H "X-Page-Token: $TOKEN" --json '{"cloud": "tencent", "incident": "drop", "times": 1}' \
        http://127.0.0.1:PORT/clouds/incident
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ValidationError

from bot.demo.clouds.form import AddTask, Calm, Clouds, Play, PlayableIncident, mistakes
from bot.demo.clouds.state import cloud_state
from bot.demo.clouds.words import MEANINGS, TITLES
from bot.demo.schedule import Schedule
from bot.demo.words import INCIDENTS
from bot.sandbox.page.guard import Guard, json_body, refusal
from providers.catalogue import discover
from providers.simulator import SimulatedTask, Simulator

__all__ = ["add_clouds"]

_STATIC = Path(__file__).parent / "static"
_TASKS = 500
"""Tasks that one cloud holds at most."""
_LOOK_AGAIN = 0.2
"""Seconds between two looks at the clouds while somebody watches: a simulator tells nobody."""
_HEARTBEAT = 20.0
_SOCKET_BYTES = 4096

Asked = TypeVar("Asked", bound=BaseModel)


class _CannotError(Exception):
    """A request in the right form that cannot be done. status: of HTTP; the text says why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def add_clouds(app: web.Application, clouds: Mapping[str, Simulator], guard: Guard) -> None:
    """Serve these clouds under /clouds/. The guard has to stand in front of the application."""
    api = _Api(clouds, guard)
    app.add_routes(
        [
            web.get("/clouds/", api.page),
            web.static("/clouds/static/", _STATIC),
            web.get("/clouds/state", api.state),
            web.get("/clouds/incidents", api.incidents),
            web.post("/clouds/incident", api.changing(Play, api.play)),
            web.post("/clouds/calm", api.changing(Calm, api.calm)),
            web.post("/clouds/tasks", api.changing(AddTask, api.add_task)),
            web.get("/clouds/socket", api.socket),
        ]
    )
    app.on_shutdown.append(api.close)


class _Api:
    def __init__(self, clouds: Mapping[str, Simulator], guard: Guard) -> None:
        self._clouds = clouds
        self._guard = guard
        self._schedule = Schedule()
        self._sockets: set[web.WebSocketResponse] = set()

    async def close(self, _app: web.Application) -> None:
        """Let go of who still watches."""
        self._schedule.clear()
        for socket in tuple(self._sockets):
            await socket.close()

    # What is told

    async def page(self, _request: web.Request) -> web.FileResponse:
        return web.FileResponse(_STATIC / "index.html")

    async def state(self, _request: web.Request) -> web.Response:
        return self._told()

    async def incidents(self, _request: web.Request) -> web.Response:
        playable = [
            PlayableIncident(incident=incident, title=title, about=INCIDENTS[incident])
            for incident, title in TITLES.items()
        ]
        return web.json_response({"incidents": [one.model_dump() for one in playable]})

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        """Everything at first, then every cloud that changes, until the page is closed."""
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=_SOCKET_BYTES)
        await socket.prepare(request)
        if await self._guard.hello(socket) is None:
            return socket
        telling = asyncio.create_task(self._tell(socket))
        self._sockets.add(socket)
        try:
            async for _ in socket:
                pass  # there is nothing more to be said to us
        finally:
            self._sockets.discard(socket)
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
        return socket

    async def _tell(self, socket: web.WebSocketResponse) -> None:
        told: dict[str, str] = {}
        with suppress(ConnectionError):  # closed at the other end; the reader hears of it too
            while True:
                now = {name: self._json([name]) for name in self._clouds}
                if changed := [name for name in now if now[name] != told.get(name)]:
                    await socket.send_str(self._json(changed))
                told = now
                await asyncio.sleep(_LOOK_AGAIN)

    # What is asked

    def changing(self, form: type[Asked], change: Callable[[Asked], None]) -> Handler:
        """A handler that reads a form, makes the change, and tells what is so after it."""

        async def handler(request: web.Request) -> web.Response:
            try:
                change(form.model_validate(await json_body(request)))
            except ValidationError as error:
                return refusal(400, mistakes(error))
            except web.HTTPException as error:
                return refusal(error.status, error.text or error.reason)
            except _CannotError as no:
                return refusal(no.status, str(no))
            return self._told()

        return handler

    def play(self, asked: Play) -> None:
        """Play an incident."""
        for cloud in self._at(asked.cloud):
            cloud.play(asked.incident, asked.times)

    def calm(self, asked: Calm) -> None:
        """End an incident, or all."""
        for cloud in self._at(asked.cloud):
            if asked.incident is None:
                cloud.clear()
            else:
                cloud.incidents.pop(asked.incident, None)

    def add_task(self, asked: AddTask) -> None:
        """Keep a task, in the place of the one with its kind and id."""
        (cloud,) = self._at(asked.cloud)
        _check_kind(asked)
        others = [t for t in cloud.tasks if (t.kind, t.id) != (asked.kind, asked.id)]
        if len(others) >= _TASKS:
            raise _CannotError(409, f"{asked.cloud} holds {_TASKS} tasks, and no more")
        cloud.tasks[:] = others
        fields = asked.model_dump(exclude={"cloud", "then"})
        task = SimulatedTask(**fields)
        cloud.add_task(task)
        if asked.then:
            self._schedule.move(task, asked.then.state, asked.then.after)

    # Inside

    def _at(self, name: str | None) -> list[Simulator]:
        if name is None:
            return list(self._clouds.values())
        if name not in self._clouds:
            raise _CannotError(404, f"cloud: there are {', '.join(self._clouds)}")
        return [self._clouds[name]]

    def _told(self) -> web.Response:
        return web.Response(text=self._json(self._clouds), content_type="application/json")

    def _json(self, names: Iterable[str]) -> str:
        return Clouds(clouds=[cloud_state(n, self._clouds[n]) for n in names]).model_dump_json()


def _check_kind(asked: AddTask) -> None:
    """Raises _CannotError for what the vendor cannot have."""
    kinds = {kind.name: kind for kind in discover().providers[asked.cloud].kinds}
    kind = kinds.get(asked.kind)
    if kind is None:
        raise _CannotError(400, f"kind: {asked.cloud} has {', '.join(kinds)}")
    words = MEANINGS.get(kind.where)
    states = [asked.state, asked.then.state if asked.then else ""]
    if words is not None and any(state and state not in words for state in states):
        raise _CannotError(400, f"state: {kind.where} has {', '.join(words)}")
    if kind.needs_app is not (asked.app is not None):
        needs = "needs one" if kind.needs_app else "has none"
        raise _CannotError(400, f"app: {kind.where} {needs}")
