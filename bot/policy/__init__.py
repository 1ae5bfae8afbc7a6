"""Who may do what, and where. Pure.

Reads are for every full member. Nothing that changes a stream is allowed until a rule allows it; a
deny always wins; what cannot be read counts against the wish. People who are not full members
change nothing, whatever a rule says.
"""

from __future__ import annotations

from bot.policy.decision import (
    Allow,
    Confirm,
    Decision,
    Deny,
    DenyReason,
    Person,
    Place,
    Standing,
    Wish,
    decide,
    may_approve,
    may_cancel,
    who_may,
)
from bot.policy.rules import ConfirmRules, How, Policy, Rule

__all__ = [
    "Allow",
    "Confirm",
    "ConfirmRules",
    "Decision",
    "Deny",
    "DenyReason",
    "How",
    "Person",
    "Place",
    "Policy",
    "Rule",
    "Standing",
    "Wish",
    "decide",
    "may_approve",
    "may_cancel",
    "who_may",
]
