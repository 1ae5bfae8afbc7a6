"""What the bot counts about itself, for Prometheus.

Every label comes from a closed set, and whatever else is handed in becomes `other`: no id, channel,
person or text from outside can reach the output, and the number of series is bounded. Counting
takes microseconds and never raises; nothing here may be in the way of an operation.

Counters and histograms are counted where things happen. Figures (cards that wait, what is owed) are
asked for when somebody looks, so that they are true at that moment and cost nothing in between.

labels.py     the closed sets, and where a thing belongs in them
metrics.py    what is counted, and what it is called
client.py     a vendors' client that counts
"""

from bot.metrics.client import MeasuredClient
from bot.metrics.metrics import FIGURES, Metrics, Reading, Source

__all__ = ["FIGURES", "MeasuredClient", "Metrics", "Reading", "Source"]
