"""Whether every option of a draft is known, has what it takes, and means something here."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from bot.command.draft import OPTIONS, Draft, Flaw, near_word, nearest
from bot.command.markup import unwrapped
from providers.foreign import foreign

__all__ = ["MAX_REASON", "check_options", "page_of", "reason_of", "steady"]

MAX_REASON = 300

_PAGE = re.compile(r"[1-9][0-9]{0,3}")


def check_options(
    draft: Draft, allowed: Collection[str], verb: str, of: Mapping[str, str] | None = None
) -> None:
    """Raises Flaw for the first option that cannot stand here.

    of: for what else than the verb an option means nothing, as {"--app": "tencent:pull"}.
    """
    seen: set[str] = set()
    for option, value in draft.options:
        if option not in OPTIONS:
            raise _unknown(draft, option, value, allowed)
        if option not in allowed:
            subject = (of or {}).get(option, verb)
            says = f"{option} means nothing for {subject}."
            raise Flaw(says, draft.without(option), wrong=option)
        _check_value(draft, option, value)
        if option in seen:
            first = draft.with_option(option, draft.value(option))
            raise Flaw(f"{option} is there twice.", first, wrong=option)
        seen.add(option)


def _check_value(draft: Draft, option: str, value: str | None) -> None:
    if OPTIONS[option] and not foreign(value or ""):
        raise Flaw(f"{option} needs a value.", draft.without(option), wrong=option)
    if not OPTIONS[option] and value is not None:
        bare = draft.with_option(option, None)
        raise Flaw(f"{option} takes no value.", bare, wrong=option)


def _unknown(draft: Draft, option: str, value: str | None, allowed: Collection[str]) -> Flaw:
    known = [name for name in OPTIONS if name in allowed or name == "--help"]
    near = nearest(option, known)
    mended = draft.without(option)
    return Flaw(
        f"I do not know {foreign(option, 60)}.{near_word(near)}",
        mended.with_option(near, value) if near and not mended.has(near) else mended,
        tries=False,
        wrong=foreign(option, 60),
        nearest=near,
        known=known,
        hint="" if near else 'an id that begins with "--" stands after a bare --',
    )


def reason_of(text: str | None) -> str:
    """A reason as it is kept: one clean line, cut where it is too long."""
    return steady(text or "", MAX_REASON)


def steady(text: str, limit: int) -> str:
    """One clean line that stays as it is when it is typed once more: what Slack's markup leaves may
    be markup again."""
    line = foreign(text, limit)
    while (plain := foreign(unwrapped(line), limit)) != line:
        line = plain
    return line


def page_of(draft: Draft) -> int:
    """The page that was asked for. Raises Flaw."""
    typed = draft.value("--page") or "1"
    if _PAGE.fullmatch(typed):
        return int(typed)
    says = "--page is a whole number from 1 to 9999, in digits."
    raise Flaw(says, draft.without("--page"), wrong="--page")
