"""The clouds page, beside the workspace: what the vendors see, and switches that play incidents.

words.py       incidents and task states in plain English              pure
form.py        the JSON that is told and the JSON that is asked        pure
state.py       a simulator -> what is told of it                       pure
api.py         the HTTP API, its socket and the page's files
"""

from bot.demo.clouds.api import add_clouds

__all__ = ["add_clouds"]
