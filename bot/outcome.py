"""What a vendor's answer means for an operation: the state it ends in, and the words for it."""

from __future__ import annotations

from bot.journal.record import Outcome, OutcomeWord, State
from providers.client import Accepted
from providers.errors import AlreadySo, CallError, FaultKind, NotExecuted, Refused, Retry
from providers.foreign import foreign
from providers.operation import Effect, Hindrance, Verb
from providers.provider import Call

__all__ = ["accepted", "down", "ended", "hindered", "lost", "not_there", "waiting_for_quota"]


def accepted(call: Call, answer: Accepted, notes: tuple[str, ...] = ()) -> Outcome:
    """The vendor's yes, as shown."""
    other = foreign(answer.data.get("TaskId") or "", 128)
    if other == call.task.id:
        other = ""
    if other:
        notes = (*notes, f"The vendor answered TaskId {other}; you asked for {call.task.id}.")
    return Outcome(
        word=OutcomeWord.ACCEPTED,
        request_id=answer.request_id,
        took=answer.took,
        task=other,
        notes=notes,
    )


def hindered(hindrance: Hindrance) -> Outcome:
    """The vendor would refuse it, as the task's facts tell; so it was not sent."""
    return Outcome(
        word=OutcomeWord.NOT_SENT,
        label="not possible now",
        says=_sentence(hindrance.says),
        step=hindrance.step,
        who=hindrance.who,
    )


def not_there(verb: Verb, effect: Effect, listing: str) -> tuple[State, Outcome]:
    """The vendor says that there is no such task, so nothing was sent."""
    if effect.irreversible:
        had = "is not there" if effect is Effect.DELETES else "had ended, or was never there"
        return State.SUCCEEDED, Outcome(
            word=OutcomeWord.ALREADY_SO,
            says=had,
            step=f"if you expected it, check the id, the region and the account{listing}",
            who="you",
        )
    return State.FAILED, Outcome(
        word=OutcomeWord.NOT_SENT,
        label="task not found",
        says=f"There is no such task to {verb} in this region and account.",
        step=f"check the id, the region and the account{listing}",
        who="you",
    )


def down(first: Outcome, second: Outcome) -> Outcome:
    """The first of two steps was done and the second was not: the stream is stopped."""
    return second.model_copy(
        update={
            "word": OutcomeWord.DOWN,
            "says": second.says.removesuffix(" Nothing was changed."),
            "notes": (*second.notes, f"Step 1 RequestId {first.request_id or 'none'}"),
        }
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
