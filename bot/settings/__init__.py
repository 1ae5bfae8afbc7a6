"""Config file + environment -> one frozen model. The only reader of the environment."""

from __future__ import annotations

from bot.config import ConfigError, Fault
from bot.settings.environment import Tokens, load_tokens, take_environment
from bot.settings.file import find_config
from bot.settings.load import Loaded, load, load_all
from bot.settings.model import Settings
from bot.settings.sections import (
    Address,
    DatabaseSettings,
    HttpSettings,
    LimitSettings,
    LogSettings,
    Mode,
    NetworkSettings,
    SlackSettings,
    TimeoutSettings,
)
from bot.settings.target import Target

__all__ = [
    "Address",
    "ConfigError",
    "DatabaseSettings",
    "Fault",
    "HttpSettings",
    "LimitSettings",
    "Loaded",
    "LogSettings",
    "Mode",
    "NetworkSettings",
    "Settings",
    "SlackSettings",
    "Target",
    "TimeoutSettings",
    "Tokens",
    "find_config",
    "load",
    "load_all",
    "load_tokens",
    "take_environment",
]
