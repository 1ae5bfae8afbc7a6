"""Several tasks under one command, as people meet them: one card, one yes, one way to stop it.

looks.py  all of them read, in the time that a card waits
desk.py   asked and decided, approved, stopped
run.py    each sent once, in the order of typing, until all ended
"""

from bot.batches.desk import BatchDesk, strictest
from bot.batches.run import BatchRun, stop_outcome

__all__ = ["BatchDesk", "BatchRun", "stop_outcome", "strictest"]
