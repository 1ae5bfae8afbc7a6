"""Slack's Web API, as far as an app of this kind needs it."""
