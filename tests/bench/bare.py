"""The yardstick: a Bolt app that acks every command and does nothing else.

    python -m tests.bench.bare SECRET PORT

It acks in Bolt's fastest way (`process_before_response`), on the server that Bolt brings along.
"""

from __future__ import annotations

import re
import sys

from aiohttp import web
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult


def bare_app(secret: str) -> web.Application:
    """Checks signatures and acks."""

    async def authorize(**_: object) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None, team_id="T123", bot_user_id="U1", bot_id="B1", bot_token="xoxb-1"
        )

    app = AsyncApp(signing_secret=secret, authorize=authorize, process_before_response=True)

    @app.command(re.compile(".*"))
    async def on_command(ack: AsyncAck) -> None:
        await ack()

    return app.server().web_app


if __name__ == "__main__":
    given, port = sys.argv[1:]
    served = bare_app(given)
    web.run_app(served, host="127.0.0.1", port=int(port), access_log=None, print=None)
