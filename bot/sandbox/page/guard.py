"""Who may use the pages on loopback: only the browser that was given this start's token.

Other pages in the same browser can reach loopback too, and so can names that are made to point at
it. So the Host and the Origin are compared to the letter, a change takes JSON (which no form can
send), and everything that tells or changes something takes the token. Only the pages' own code is
given without: it holds nothing, and a browser cannot add a header where it loads a script.

Slack's own addresses (/api/, /link/, /commands/, /actions/) have tokens of their own.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

__all__ = ["HEADERS", "TOKEN_HEADER", "Guard", "json_body", "new_token", "refusal"]

TOKEN_HEADER = "X-Page-Token"  # noqa: S105  # a header's name
"""Where the page sends the token that its address carries after #token=."""

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
"""What every answer carries. The trusted types make the browser refuse text as markup."""

_PREFIXES = ("/page/", "/clouds/")
_OPEN = ("/", "/page/", "/clouds/")
_OPEN_PREFIXES = tuple(f"{prefix}static/" for prefix in _PREFIXES)
_READING = ("GET", "HEAD")

_HELLO_SECONDS = 5.0
_BODY_BYTES = 1024 * 1024
"""Room for 40,000 characters pasted, though each be escaped as two \\uXXXX."""
_NOT_ALLOWED = 4401
"""Closes a socket that did not say the token; 4000 and up are free for our own meanings."""


def new_token() -> str:
    """A token for one start, fit for an address."""
    return secrets.token_urlsafe(24)


def refusal(status: int, text: str) -> web.Response:
    """An answer that says why not, in the form that the pages show: {"error": ...}."""
    return web.json_response({"error": text}, status=status)


class Guard:
    """Guards /page/, /clouds/ and the first page. token: as in the address that was printed."""

    def __init__(self, token: str) -> None:
        self.token = token

    def watch(self, app: web.Application) -> None:
        """Stand in front of an application that has not started yet."""
        app.middlewares.append(self.middleware)

    @property
    def middleware(self) -> Middleware:
        """Refuses, or adds the headers to what the handler answers."""

        @web.middleware
        async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path != "/" and not request.path.startswith(_PREFIXES):
                return await handler(request)
            try:
                response = self._refuse(request) or await handler(request)
            except web.HTTPException as error:
                error.headers.update(HEADERS)
                raise
            if not response.prepared:  # a socket's headers have long been sent
                response.headers.update(HEADERS)
            return response

        return guarded

    def allows_socket(self, first_message: str) -> bool:
        """Does the first message of a socket, a JSON object, carry the token?"""
        return self._is_ours((_object(first_message) or {}).get("token"))

    async def hello(self, socket: web.WebSocketResponse) -> dict[str, Any] | None:
        """The first message of a prepared socket; None, and it is closed, if that is not allowed.

        Nothing may be sent to it before.
        """
        try:
            first = await socket.receive_str(timeout=_HELLO_SECONDS)
        except (TypeError, TimeoutError):  # binary, closed, or silent
            first = ""
        if self.allows_socket(first):
            return _object(first)
        await socket.close(code=_NOT_ALLOWED, message=b"the token of this start is needed")
        return None

    def _refuse(self, request: web.Request) -> web.Response | None:
        """Why this request is not answered; None if it may be."""
        if not _is_here(request):
            return refusal(403, "This page answers only under its own address.")
        origins = request.headers.getall("Origin", [])
        if origins and origins != [f"http://{request.headers['Host']}"]:
            return refusal(403, "Another page may not use this one.")
        if request.method not in _READING and request.content_type != "application/json":
            return refusal(415, "Content-Type has to be application/json.")
        if _is_open(request) or self._is_ours(request.headers.get(TOKEN_HEADER)):
            return None
        return refusal(401, "The token is of another start. Open the address printed last.")

    def _is_ours(self, token: object) -> bool:
        given = token if isinstance(token, str) else ""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode())


async def json_body(request: web.Request) -> dict[str, Any]:
    """The JSON object that was posted. Raises HTTPBadRequest, HTTPRequestEntityTooLarge."""
    raw = await request.content.read(_BODY_BYTES + 1)
    while len(raw) <= _BODY_BYTES and (more := await request.content.read(_BODY_BYTES)):
        raw += more
    if len(raw) > _BODY_BYTES:
        raise web.HTTPRequestEntityTooLarge(max_size=_BODY_BYTES, actual_size=len(raw))
    body = _object(raw.decode("utf-8", "replace"))
    if body is None:
        raise web.HTTPBadRequest(text="a JSON object is needed")
    return body


def _object(text: str) -> dict[str, Any] | None:
    """A JSON object; None for anything else, however deep or broken."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _is_here(request: web.Request) -> bool:
    """Was the request addressed to the port that it came in by, under one of loopback's names?"""
    if request.transport is None:
        return False
    port = request.transport.get_extra_info("sockname")[1]
    names = [f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")]
    hosts = request.headers.getall("Host", [])
    return len(hosts) == 1 and hosts[0] in names


def _is_open(request: web.Request) -> bool:
    """The pages' own code; and a socket, which says the token in its first message."""
    if request.method not in _READING:
        return False
    code = request.path in _OPEN or request.path.startswith(_OPEN_PREFIXES)
    return code or request.headers.get("Upgrade", "").lower() == "websocket"
