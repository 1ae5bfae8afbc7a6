"""One door for every method: record, check the token, count, do, answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.sandbox.errors import RateLimited, SlackError
from bot.sandbox.faults import Faults
from bot.sandbox.feed import ChangeKind
from bot.sandbox.interactions import Triggers
from bot.sandbox.limits import RateMeter
from bot.sandbox.model import Model
from bot.sandbox.web_api.access import need_scope
from bot.sandbox.web_api.arguments import read_arguments
from bot.sandbox.web_api.chat import Chat
from bot.sandbox.web_api.directory import Directory
from bot.sandbox.web_api.views import Views

__all__ = ["Call", "WebApi"]


@dataclass(slots=True, kw_only=True, eq=False)
class Call:
    """One request as it came. `at` is in seconds since the epoch, on the workspace's clock.

    answer: what was answered; None until then, and for good if a fault kept it from being done.
    """

    method: str
    arguments: Mapping[str, Any]
    at: float
    answer: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def error(self) -> str:
        """Slack's error name, "" if there is none."""
        return str((self.answer or {}).get("error", ""))


@dataclass(frozen=True, slots=True)
class _Method:
    do: Callable[[Mapping[str, Any]], dict[str, Any]]
    scope: str = ""
    app_token: bool = False


class WebApi:
    """Slack's Web API. `calls` has every request, in the order of arrival."""

    def __init__(
        self,
        model: Model,
        meter: RateMeter,
        faults: Faults,
        triggers: Triggers,
        open_socket: Callable[[], str],
    ) -> None:
        self.calls: list[Call] = []
        self.chat = Chat(model, meter)
        self._model = model
        self._meter = meter
        self._faults = faults
        directory = Directory(model)
        views = Views(model, triggers)
        self._methods: Mapping[str, _Method] = {
            "apps.connections.open": _Method(lambda _: {"url": open_socket()}, app_token=True),
            "auth.test": _Method(directory.auth_test),
            "chat.delete": _Method(self.chat.delete, "chat:write"),
            "chat.getPermalink": _Method(self.chat.get_permalink),
            "chat.postEphemeral": _Method(self.chat.post_ephemeral, "chat:write"),
            "chat.postMessage": _Method(self.chat.post_message, "chat:write"),
            "chat.update": _Method(self.chat.update, "chat:write"),
            "conversations.history": _Method(directory.conversations_history),
            "conversations.info": _Method(directory.conversations_info),
            "conversations.open": _Method(directory.conversations_open, "im:write"),
            "conversations.replies": _Method(directory.conversations_replies),
            "usergroups.list": _Method(directory.usergroups_list, "usergroups:read"),
            "usergroups.users.list": _Method(directory.usergroups_users_list, "usergroups:read"),
            "users.info": _Method(directory.users_info, "users:read"),
            "views.open": _Method(views.open),
            "views.publish": _Method(views.publish),
        }

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """A request to /api/METHOD."""
        call = Call(method=request.match_info["method"], arguments={}, at=self._model.clock.now())
        self.calls.append(call)
        token = ""
        unreadable: SlackError | None = None
        try:
            arguments = await read_arguments(request)
            token = _token(request, arguments)
            call.arguments = arguments
        except SlackError as refusal:
            unreadable = refusal
        self._model.feed.announce(ChangeKind.CALLED, about=call)

        async def work() -> web.Response:
            return self._answered(call, token, unreadable)

        return await self._faults.around(call.method, request, work)

    def _answered(self, call: Call, token: str, unreadable: SlackError | None) -> web.Response:
        status, headers = 200, {"x-oauth-scopes": ",".join(sorted(self._model.app.scopes))}
        try:
            if unreadable:
                raise unreadable
            answer = {"ok": True, **self._do(call, token)}
        except SlackError as refusal:
            answer = {"ok": False, "error": refusal.code, **refusal.detail}
            if isinstance(refusal, RateLimited):
                status = 429
                headers["Retry-After"] = str(refusal.retry_after)
        call.answer = answer
        self._model.feed.announce(ChangeKind.CALLED, about=call)
        return web.json_response(answer, status=status, headers=headers)

    def _do(self, call: Call, token: str) -> dict[str, Any]:
        method = self._methods.get(call.method)
        if method is None:
            raise SlackError("unknown_method", req_method=call.method)
        self._check_token(token, app_token=method.app_token)
        self._meter.count_call(call.method, call.at)
        if method.scope:
            need_scope(self._model, method.scope)
        return method.do(call.arguments)

    def _check_token(self, token: str, *, app_token: bool) -> None:
        app = self._model.app
        right, other = app.bot_token, app.app_token
        if app_token:
            right, other = other, right
        if not token:
            raise SlackError("not_authed")
        if token == other:
            raise SlackError("not_allowed_token_type")
        if token != right:
            raise SlackError("invalid_auth")


def _token(request: web.Request, arguments: dict[str, Any]) -> str:
    """From the header, or from the arguments, where it must not stay to be recorded."""
    named = str(arguments.pop("token", ""))
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else named
