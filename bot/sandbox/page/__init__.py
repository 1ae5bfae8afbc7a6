"""The workspace in a browser: see what any of its people sees, and do what they do.

server.py      the page, its files and its addresses
guard.py       who may use them: the browser that has this start's token
live.py        the socket: everything that a person sees, then every change
hands.py       what the page posts: a command, a message, a press
seen.py        the workspace as one person sees it         pure
extras.py      what whoever furnishes it tells the page    pure
static/        HTML, CSS and JavaScript, as the browser gets them
"""

from bot.sandbox.page.extras import Extras, Link, Suggestion, Word
from bot.sandbox.page.guard import Guard, new_token
from bot.sandbox.page.server import WorkspacePage

__all__ = ["Extras", "Guard", "Link", "Suggestion", "Word", "WorkspacePage", "new_token"]
