"""What a vendor's answer means for an operation: the state it ends in, and the words for it."""

from __future__ import annotations

from bot.journal.record import Outcome, OutcomeWord, State
from providers.client import Accepted
from providers.errors import AlreadySo, CallError, FaultKind, NotExecuted, Refused, Retry
from providers.foreign import foreign
from providers.provider import Call

__all__ = ["accepted", "ended", "lost", "waiting_for_quota"]


def accepted(call: Call, answer: Accepted, notes: tuple[str, ...] = ()) -> Outcome:
    """The vendor's yes, as shown."""
    other = foreign(answer.data.get("TaskId") or "", 128)
    if other and other != call.task.id:
        notes = (*notes, f"The vendor answered TaskId {other}; you asked for {call.task.id}.")
    return Outcome(
        word=OutcomeWord.ACCEPTED, request_id=answer.request_id, took=answer.took, notes=notes
    )


def ended(call: Call, error: CallError, notes: tuple[str, ...] = ()) -> tuple[State, Outcome]:
    """The final state and the words for a call that did not get a yes."""
    state, word = _word(error)
    words = {
        "account": call.account.name,
        "region": call.task.region,
        "task": call.task.id,
        "app": str(call.task.app),
        "verb": call.operation.verb.value,
        "permission": call.operation.permission,
        "host": call.account.base_url(call.kind.service).partition("//")[2],
        "console": call.kind.console,
        "why": error.why,
    }
    fault = error.fault
    says = error.state if isinstance(error, AlreadySo) else _sentence(fault.says.format_map(words))
    if word is OutcomeWord.REFUSED and fault.kind is not FaultKind.UNRECOGNISED:
        says += " Nothing was changed."  # a code that we do not know promises nothing
    return state, Outcome(
        word=word,
        request_id=error.request_id,
        code=error.code,
        label=fault.label,
        vendor_says=error.vendor_says,
        says=says,
        step=fault.step.format_map(words).rstrip("."),
        who=fault.who,
        retry="" if fault.retry is Retry.LOOK_FIRST else fault.retry.value,
        notes=notes,
    )


def lost(why: str) -> Outcome:
    """Claimed, and nobody is left who could say what came of it."""
    return Outcome(
        word=OutcomeWord.UNKNOWN,
        label="no answer",
        says=f"{why}; it may have happened.",
        step="look at the task in the vendor's console before anybody tries again",
        who="you",
    )


def waiting_for_quota(call: Call, vendor: str, code: str = "") -> Outcome:
    """Nothing was done yet, and it will be tried again."""
    said = f"{vendor} said slower and did nothing." if code else ""
    return Outcome(
        word=OutcomeWord.WAITING_FOR_QUOTA,
        code=code,
        says=f"{said} {vendor} takes {call.operation.quota} of these calls a second.".strip(),
        step="nothing to do; it is sent as soon as there is room",
    )


def _word(error: CallError) -> tuple[State, OutcomeWord]:
    if isinstance(error, AlreadySo):
        return State.SUCCEEDED, OutcomeWord.ALREADY_SO
    if isinstance(error, Refused) or error.fault.kind is FaultKind.CLOCK:
        return State.FAILED, OutcomeWord.REFUSED
    if isinstance(error, NotExecuted):
        return State.FAILED, OutcomeWord.NOT_SENT
    return State.UNKNOWN, OutcomeWord.UNKNOWN


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
