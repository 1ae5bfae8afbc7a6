"""One draft -> `freeze` or `thaw`: the brake on every change, or on one account's."""

from __future__ import annotations

from bot.command.draft import Draft, Flaw, quote
from bot.command.model import FreezeCommand, ThawCommand
from bot.command.options import check_options, reason_of
from bot.command.place import check_account
from bot.command.vocabulary import Vocabulary
from bot.command.words import fold

__all__ = ["BRAKES", "braked"]

BRAKES = ("freeze", "thaw")

EXAMPLE_REASON = "vendor outage"


def braked(draft: Draft, vocabulary: Vocabulary, verb: str) -> FreezeCommand | ThawCommand:
    """The command. Raises Flaw."""
    check_options(draft, ("--account", "--reason"), verb)
    account = draft.value("--account")
    if account is None:
        _not_a_part(draft, vocabulary, verb)
    else:
        check_account(draft, account, vocabulary.accounts)
    reason = _reason(draft)
    if verb == "thaw":
        return ThawCommand(account, reason)
    if not reason:
        mended = draft.up_to(1).with_option("--reason", EXAMPLE_REASON)
        raise Flaw("freeze needs a reason: everybody reads it.", mended, wrong="reason")
    return FreezeCommand(account, reason)


def _reason(draft: Draft) -> str:
    """The words, or the option; only one of them."""
    words = reason_of(" ".join(draft.words[1:]))
    option = reason_of(draft.value("--reason"))
    if words and option:
        raise Flaw("the reason is there twice.", draft.up_to(1), wrong="reason")
    return words or option


def _not_a_part(draft: Draft, vocabulary: Vocabulary, verb: str) -> None:
    """`freeze prod` would be a brake on everything, for the reason "prod"."""
    first = draft.words[1] if len(draft.words) > 1 else ""
    kind = vocabulary.catalogue.words.get(fold(first))
    accounts = [
        name
        for name, account in vocabulary.accounts.items()
        if name == first or (kind and account.provider == kind.provider)
    ]
    if kind or accounts:
        mended = draft.without_word(1)
        raise Flaw(
            f"{verb} is for every account, or for one with --account; I read {quote(first)} first.",
            mended.with_option("--account", accounts[0]) if accounts else mended,
            wrong="reason",
            known=accounts,
            hint="put the whole reason in quotes if it is a part of it",
        )
