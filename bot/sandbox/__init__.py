"""A Slack workspace on loopback, for the demo and for tests of any Slack app.

It speaks Slack's side of the Web API, Socket Mode, signed HTTP and response_url, and it refuses
what Slack refuses. It knows nothing of the app that is connected to it.
"""

from bot.sandbox.clock import Clock, ManualClock, SystemClock
from bot.sandbox.conversation import SLACKBOT, Channel, ChannelKind, Content, Message, Version
from bot.sandbox.delivery import Attempt, Forgery, Receipt
from bot.sandbox.faults import (
    ANYTHING,
    RESPONSE_URL,
    UPGRADE,
    Drop,
    Faults,
    Hold,
    RateLimit,
    Refuse,
    Slow,
    Status,
)
from bot.sandbox.feed import Change, ChangeKind, Feed
from bot.sandbox.hands import NotOnScreen
from bot.sandbox.limits import SLACK_TIERS, Limits
from bot.sandbox.people import DEFAULT_SCOPES, App, Person, SlashCommand, UserGroup
from bot.sandbox.web_api.server import Call
from bot.sandbox.workspace import Workspace

__all__ = [
    "ANYTHING",
    "DEFAULT_SCOPES",
    "RESPONSE_URL",
    "SLACKBOT",
    "SLACK_TIERS",
    "UPGRADE",
    "App",
    "Attempt",
    "Call",
    "Change",
    "ChangeKind",
    "Channel",
    "ChannelKind",
    "Clock",
    "Content",
    "Drop",
    "Faults",
    "Feed",
    "Forgery",
    "Hold",
    "Limits",
    "ManualClock",
    "Message",
    "NotOnScreen",
    "Person",
    "RateLimit",
    "Receipt",
    "Refuse",
    "SlashCommand",
    "Slow",
    "Status",
    "SystemClock",
    "UserGroup",
    "Version",
    "Workspace",
]
