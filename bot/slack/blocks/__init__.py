"""A reply as Slack's Block Kit: the only place that knows it.

https://docs.slack.dev/reference/block-kit
"""

from bot.slack.blocks.message import Payload, render

__all__ = ["Payload", "render"]
