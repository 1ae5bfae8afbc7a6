"""Answers that only one person sees: refusals, mistakes, help. Each says the next step."""

from __future__ import annotations

import json

import httpx

from bot.command import TaskCommand, UsageError
from bot.journal import Record, State
from bot.policy import Allow, Confirm, Decision, Deny, DenyReason
from bot.reply import Bold, Code, Line, Link, Mark, Part, Reply, clock
from bot.screens import WORDS, Screens, describe, named

__all__ = [
    "audited",
    "audited_press",
    "broken",
    "busy",
    "closing",
    "decided",
    "denied",
    "dry_run",
    "look_again",
    "may_not_stop",
    "mention_first",
    "not_a_card",
    "not_accepted",
    "only_the_asker_withdraws",
    "press_broken",
    "pressed_before",
    "requester_lost_rights",
    "stale",
    "stale_thaw",
    "too_fast",
    "too_many_cards",
    "too_old",
    "usage",
    "why_denied",
    "wrong_presser",
    "wrong_workspace",
]


def _not_run(says: str, step: str) -> Reply:
    return Reply(
        text=f"Not run: {says} Nothing was sent. {step}",
        mark=Mark.NOT_RUN,
        head=(says,),
        body=(("Nothing was sent. ", Bold("Next:"), f" {step}"),),
    )


# A command that cannot be taken


def usage(error: UsageError) -> Reply:
    """A mistake in the typing: what was understood, the nearest word, a correct example."""
    body: list[Line] = []
    if error.read:
        body.append(_as_read(error))
    if error.hint:
        body.append((Bold("Next:"), f" {error.hint}"))
    if error.example:
        body.append((Bold("Copy this:"), " ", Code(error.example)))
    context: tuple[Line, ...] = ()
    if error.known or error.named:
        known = f"Known: {', '.join(error.known)}" if error.known else ""
        named = f"named: {', '.join(error.named)}" if error.named else ""
        context = (("; ".join(part for part in (known, named) if part),),)
    return Reply(
        text=error.says,
        mark=Mark.NOT_RUN,
        head=(error.says.removeprefix("Not run: "),),
        body=tuple(body),
        context=context,
    )


def _as_read(error: UsageError) -> Line:
    line: list[Part] = ["I read: "]
    for number, (name, value) in enumerate(error.read):
        line += ["" if number == 0 else ", ", f"{name} ", Code(value)]
        if name == error.wrong and error.nearest:
            line += [" → ", Code(error.nearest)]
    return (*line, ".")


def closing() -> Reply:
    """The bot is on its way out."""
    return _not_run("the bot is being restarted.", "Try again in 30 s.")


def not_accepted() -> Reply:
    """The journal could not keep the wish, so it is as if it was never said."""
    return _not_run(
        "not accepted, because the bot cannot write its journal.",
        "The bot operator looks at the disk and the log; then type it again.",
    )


def broken() -> Reply:
    """A fault of the bot itself, before anything was taken."""
    return _not_run(
        "something broke in the bot.", "The bot operator looks at the log; then type it again."
    )


def stale(command: TaskCommand, seconds: float) -> Reply:
    """It took too long to get here; nobody wants it any more without a look."""
    return _not_run(
        f"this {command.verb} of {command.where} {named(command)} was asked {seconds:.0f} s ago.",
        f"Look at the {_tasks(command)}; if it is still wanted, type it again.",
    )


def stale_thaw(seconds: float) -> Reply:
    """Whoever froze it may have had new reasons since."""
    return _not_run(
        f"this thaw was asked {seconds:.0f} s ago.", "If it is still wanted, type it again."
    )


def too_fast(most: int) -> Reply:
    """One person types more than a person can."""
    return _not_run(f"more than {most} commands in a minute from you.", "Wait a minute.")


def wrong_workspace() -> Reply:
    """The command came from a workspace that this bot does not serve."""
    return Reply(
        text="Not allowed: this bot does not serve your workspace. Nothing was sent.",
        mark=Mark.NOT_ALLOWED,
        head=("this workspace",),
        body=(("Nothing was sent. ", Bold("Next:"), " the bot operator adds it to slack.teams."),),
    )


def mention_first() -> Reply:
    """A mention somewhere in a sentence is not a command."""
    return _not_run(
        "a command begins with the mention.", "Try: @stream restart tencent 123, or @stream help"
    )


def too_many_cards(most: int) -> Reply:
    """One person has more cards open than anybody reads."""
    return _not_run(f"you have {most} cards open.", "Confirm or cancel one of them first.")


def busy(live: Record, link: str | None) -> Reply:
    """Somebody else's change of the same task is live: who, what, and where its message is."""
    words = WORDS[live.command.verb]
    asker = f"@{live.origin.requester_name}"
    if live.state is State.WAITING:
        doing = f"{asker} has a {words.noun} card open on it since {clock(live.asked_at)}"
    elif live.finished_at is not None:
        doing = f"{asker} {words.past} it at {clock(live.finished_at)}, just after you asked"
    else:
        doing = f"{asker} is {words.ing} it since {clock(live.asked_at)}"
    see: Line = ("Wait for its message to end; type it again if it is still wanted.",)
    if link:
        see = ("See ", Link("its message", link), ".")
    return Reply(
        text=f"Not run: {live.command.where} {live.command.task} is busy: {doing} "
        f"(op {live.id}). Nothing was sent. Wait for its message to end.",
        mark=Mark.NOT_RUN,
        head=("busy · ", Code(live.command.task)),
        body=((f"{doing} (op {live.id}). Nothing was sent. ", Bold("Next:"), " ", *see),),
        context=(("One change of a task at a time",),),
    )


# Rights


def denied(command: TaskCommand, decision: Deny) -> Reply:
    """The policy says no: which rule, and who may."""
    what = f"{command.verb} on account {command.account}"
    says, step = why_denied(decision, command)
    return Reply(
        text=f"Not allowed: {what}. {says} Nothing was sent. {step}",
        mark=Mark.NOT_ALLOWED,
        head=_head(command),
        body=((f"{says} Nothing was sent. ", Bold("Next:"), f" {step}"),),
    )


def why_denied(decision: Deny, command: TaskCommand) -> tuple[str, str]:
    """What the policy says, and what can be done about it."""
    match decision.reason:
        case DenyReason.RULE:
            return (
                f"Rule {decision.rule} forbids {command.verb} here.",
                "Ask in another channel, or the bot operator changes the rule.",
            )
        case DenyReason.NO_RULE:
            who = f" Allowed: {decision.who_may}." if decision.who_may else ""
            return (
                f"No rule allows you to {command.verb} on {command.account} here.{who}",
                "Ask one of them to type it, or the bot operator adds a rule.",
            )
        case DenyReason.GROUPS_UNREADABLE:
            return (
                f"I could not read {_groups(decision)} from Slack, so the answer is no.",
                "Try again in a minute. If it stays: bot operator, stream-bot check.",
            )
        case DenyReason.UNKNOWN:
            return (
                "I could not read from Slack who you are, so the answer is no.",
                "Try again in a minute. If it stays: bot operator, stream-bot check.",
            )
        case DenyReason.GUEST | DenyReason.STRANGER:
            return (
                "Guests and members of other workspaces cannot change streams.",
                "Ask somebody on call.",
            )
        case _:
            return (
                "Only people who are active members can change streams.",
                "Ask somebody on call.",
            )


def _groups(decision: Deny) -> str:
    if not decision.groups:
        return "the user groups"
    return f"the group{'s' if len(decision.groups) > 1 else ''} {', '.join(decision.groups)}"


def audited(record: Record, refusal: Reply) -> str:
    """A refusal, as the audit channel reads it."""
    asker = f"@{record.origin.requester_name} ({record.origin.requester})"
    return f"{refusal.text} Asked by {asker}: {record.command.verb} {describe(record)}."


def _tasks(command: TaskCommand) -> str:
    return "tasks" if command.others else "task"


def _head(command: TaskCommand) -> Line:
    return (f"{command.verb} · {command.where} ", Code(named(command)))


# Presses


def audited_press(record: Record, user: str, refusal: Reply) -> str:
    """A refused press, as the audit channel reads it."""
    what = f"{record.command.verb} {describe(record)}"
    return f"A press by {user} on {what} was refused: {refusal.text}"


def press_broken() -> Reply:
    """A fault of the bot while it took a press; whether it counted is in the message."""
    return _private(
        "Something broke in the bot while it took this press. Look at the message; if it still "
        "asks, press again."
    )


def _private(says: str) -> Reply:
    return Reply(text=says)


def not_a_card() -> Reply:
    """A ticket that is not ours, or not of this message."""
    return _private("Not run: this button belongs to no card that I know. Nothing was sent.")


def pressed_before() -> Reply:
    """A button under an end acts once."""
    return _private("This button was pressed before. It runs once; its message is below.")


def too_old(typed: str) -> Reply:
    """A button that has been there for too long to be still meant."""
    return _private(f"This button is too old. Type: {typed}")


def look_again(what: str) -> Reply:
    """The task is not what the card showed."""
    return _private(
        f"The task changed since the card was shown ({what}). Nothing was sent. Look again and "
        "press again."
    )


def wrong_presser(record: Record, decision: Deny) -> Reply:
    """The card is for somebody else."""
    match decision.reason:
        case DenyReason.NOT_THE_REQUESTER:
            ids = " ".join(record.command.tasks)
            again = f"{record.command.verb} {record.command.where} {ids}"
            return _private(
                f"Only @{record.origin.requester_name} decides on this card. If you are allowed, "
                f"ask yourself: {again}"
            )
        case DenyReason.IS_THE_REQUESTER:
            others = f" {decision.who_may} can press." if decision.who_may else ""
            return _private(
                f"You asked for this, so somebody else decides.{others} Nothing was sent."
            )
        case DenyReason.NO_RULE:
            who = decision.who_may or "somebody whom a rule allows it"
            return _private(f"Not allowed: this card needs {who}. Nothing was sent.")
        case _:
            says, _step = why_denied(decision, record.command)
            return _private(f"Not allowed: {says} Nothing was sent.")


def may_not_stop(record: Record, decision: Deny) -> Reply:
    """Somebody pressed "send no more" who could not have said yes either."""
    who = decision.who_may or "somebody whom a rule allows it"
    asker = record.origin.requester_name
    return _private(f"Not allowed: only @{asker} or {who} can stop this. It goes on.")


def requester_lost_rights(record: Record) -> Reply:
    """Both must be allowed when the yes is given."""
    return _private(
        f"Not allowed: @{record.origin.requester_name}, who asked, is not allowed this any more. "
        "Nothing was sent."
    )


def only_the_asker_withdraws(record: Record) -> Reply:
    """Withdraw is the asker's word; others decline."""
    return _private(
        f"Only @{record.origin.requester_name} withdraws this. You can press Decline. "
        "Nothing was sent."
    )


def decided(record: Record, presser: str, screens: Screens) -> Reply:
    """Somebody, or time, was faster."""
    who = "you" if record.decider == presser else f"@{record.decider_name or 'somebody'}"
    at = clock(record.approved_at or record.finished_at or 0)
    match record.state:
        case State.EXPIRED if record.approved_at is None:
            return _private(screens.expired_when_pressed(record))
        case State.CANCELLED | State.DECLINED:
            said = f"{who} {record.state.value} this at {at}. Nothing was sent."
            return _private(said[0].upper() + said[1:])
        case _:
            said = f"{who} said yes first, at {at}. It runs once; the result is in the message."
            return _private(said[0].upper() + said[1:])


# A dry run


def dry_run(command: TaskCommand, decision: Decision, request: httpx.Request | None) -> Reply:
    """What would be done, under which rule, with the request as the vendor would get it."""
    what = f"{command.verb} {command.where} {named(command)}"
    match decision:
        case Deny():
            says, step = why_denied(decision, command)
            return Reply(
                text=f"Dry run: {what} would not be allowed. {says} Nothing was sent.",
                mark=Mark.DRY_RUN,
                head=_head(command),
                body=((f"Not allowed. {says} ", Bold("Next:"), f" {step}"),),
            )
        case Confirm(how=how, rule=rule):
            who = "a second person" if how == "second-person" else "you"
            under = f"asks {who} for a yes first ({rule})"
        case Allow(rule=rule):
            under = f"runs at once ({rule})"
    body: list[Line] = [(f"It {under}. Nothing was sent.",)]
    if request is not None:
        if command.others:
            body.append((f"The first of {len(command.tasks)} requests:",))
        body.append((Code(f"{request.method} {request.url}"),))
        headers = ", ".join(f"{n}: {v}" for n, v in request.headers.items() if n.startswith("x-"))
        if headers:
            body.append((Code(headers),))
        if request.content:
            body.append((Code(_pretty(request.content)),))
    return Reply(
        text=f"Dry run: {what} {under}. Nothing was sent.",
        mark=Mark.DRY_RUN,
        head=_head(command),
        body=tuple(body),
        context=tuple((note,) for note in command.notes),
    )


def _pretty(content: bytes) -> str:
    return json.dumps(json.loads(content), ensure_ascii=False)
