"""Answers to a command that one person sees: refusals and mistakes. Each says the next step."""

from __future__ import annotations

import json

import httpx

from bot.command import TaskCommand, UsageError
from bot.journal import Record, State
from bot.policy import Allow, Confirm, Decision, Deny, DenyReason
from bot.reply import Bold, Code, Line, Link, Mark, Part, Reply, clock
from bot.screens import WORDS, describe, named

__all__ = [
    "audited",
    "broken",
    "busy",
    "closing",
    "denied",
    "dry_run",
    "mention_first",
    "not_accepted",
    "stale",
    "stale_thaw",
    "too_fast",
    "too_many_cards",
    "usage",
    "why_denied",
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
