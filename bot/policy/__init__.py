"""Who may do what, and where. Pure.

Reads are for every full member. Nothing that changes a stream is allowed until a rule allows it; a
deny always wins; what cannot be read counts against the wish. People who are not full members
change nothing, whatever a rule says. A brake (freeze, thaw) is allowed like a change, and asks
for no yes.
"""

from __future__ import annotations

from bot.policy.decision import decide, may_approve, may_cancel, who_may
from bot.policy.rights import Rights
from bot.policy.rules import BRAKE_VERBS, ConfirmRules, How, Policy, Rule
from bot.policy.terms import (
    Allow,
    Confirm,
    Decision,
    Deny,
    DenyReason,
    Person,
    Place,
    Standing,
    Wish,
)

__all__ = [
    "BRAKE_VERBS",
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
    "Rights",
    "Rule",
    "Standing",
    "Wish",
    "decide",
    "may_approve",
    "may_cancel",
    "who_may",
]
