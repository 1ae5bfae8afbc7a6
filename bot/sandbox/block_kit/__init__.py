"""What Slack accepts as Block Kit."""

from bot.sandbox.block_kit.blocks import Surface, characters, problems_of

__all__ = ["Surface", "characters", "problems_of"]
