"""Acme on loopback, written from Acme's pages; it shares no code with `auth.py` and `wire.py`."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping

from providers.simulator import (
    Incident,
    Request,
    SimulatedAccount,
    SimulatedTask,
    Simulator,
    SimulatorFault,
    page_of,
)

__all__ = ["AcmeSimulator"]

PAGE = 50
_QUOTAS = {"RestartFeed": 10, "GetFeed": 20, "ListFeeds": 20}
_BACK_AT = "back_at"  # fact of a feed that starts: when it is live, in seconds since the epoch
_CODES = {
    Incident.THROTTLE: "too_many_requests",
    Incident.ARREARS: "unpaid",
    Incident.PERMISSION: "forbidden",
    Incident.WRONG_KEYS: "bad_signature",
    Incident.INTERNAL: "internal",
}


class AcmeSimulator(Simulator):
    """recovery: seconds from a restart until the feed is live again."""

    recovery: float = 4.0

    def add_task(self, task: SimulatedTask) -> None:
        """Keep this feed; without a state it is live."""
        task.state = task.state or "live"
        super().add_task(task)

    def settle(self) -> None:
        """What was restarted long enough ago is live."""
        for task in self.tasks:
            back_at = task.facts.get(_BACK_AT)
            if isinstance(back_at, float) and self._now() >= back_at:
                task.state = "live"
                del task.facts[_BACK_AT]

    def identify(self, request: Request) -> tuple[str, str, Mapping[str, object]]:
        """The action is the end of the path, the key is in a header."""
        try:
            body = json.loads(request.body)
        except ValueError:
            body = None
        parameters = body if isinstance(body, dict) else {}
        action = request.path.removeprefix("/v1/")
        return action, request.headers.get("x-acme-key", ""), parameters

    def check_signature(self, request: Request, account: SimulatedAccount) -> None:
        """HMAC-SHA256 with five minutes of grace."""
        told = request.headers.get("x-acme-time", "")
        if not (told.isascii() and told.isdecimal()) or not self.in_time(int(told)):
            raise _no("clock_skew", 401)
        signed = f"{request.method}\n{request.path}\n{told}\n"
        signed += hashlib.sha256(request.body).hexdigest()
        made = hmac.new(account.access_key_secret.encode(), signed.encode(), "sha256").hexdigest()
        if request.headers.get("authorization") != f"ACME Signature={made}":
            raise _no("bad_signature", 401)

    def refusal(self, incident: Incident, action: str) -> SimulatorFault:  # noqa: ARG002  # one for all
        """In Acme's codes."""
        return _no(_CODES[incident], 429 if incident is Incident.THROTTLE else 403)

    def quota(self, action: str) -> int:
        """Calls a second."""
        return _QUOTAS.get(action, 1)

    def act(self, action: str, parameters: Mapping[str, object], request: Request) -> object:  # noqa: ARG002  # of the frame
        """Restart a feed, or tell of one or all."""
        match action, parameters:
            case "ListFeeds", {"page": int(number)} if number > 0:
                rows, _ = page_of(self.kept("feed"), number, PAGE)
                return {"feeds": [_row(task) for task in rows]}
            case "GetFeed", {"feed": str(feed)}:
                return _row(self._find(feed))
            case "RestartFeed", {"feed": str(feed), "by": str()}:
                self._restart(self._find(feed))
                return {}
        raise _no("bad_request", 400)

    def _find(self, feed: str) -> SimulatedTask:
        found = self.task("feed", feed)
        if found is None:
            raise _no("feed_not_found", 404)
        return found

    def _restart(self, task: SimulatedTask) -> None:
        task.state = "starting"
        if not self._stays_down(task):
            task.facts[_BACK_AT] = self._now() + self.recovery

    def envelope(
        self,
        action: str,  # noqa: ARG002  # of the frame
        request_id: str,
        outcome: object | SimulatorFault,
    ) -> tuple[int, object]:
        """The result or the error, beside the request's id."""
        if isinstance(outcome, SimulatorFault):
            error = {"code": outcome.code, "message": outcome.message}
            return outcome.status, {"id": request_id, "error": error}
        return 200, {"id": request_id, "result": outcome}

    def new_request_id(self) -> str:
        """As "req-" and a UUID."""
        return f"req-{uuid.uuid4()}"


def _no(code: str, status: int) -> SimulatorFault:
    return SimulatorFault(code, f"{code.replace('_', ' ')}.", status)


def _row(task: SimulatedTask) -> dict[str, object]:
    return task.told(
        {
            "feed": task.id,
            "name": task.name,
            "state": task.state,
            "source": "https://pull.example.com/live/source.flv?token=examplekey",
            "destination": "rtmp://push.example.com/live/examplestreamkey",
        }
    )
