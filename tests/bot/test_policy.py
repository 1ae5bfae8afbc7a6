"""Who may do what: the decision as a table, and what holds for every policy there can be."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.policy import (
    BRAKE_VERBS,
    Allow,
    Confirm,
    ConfirmRules,
    Decision,
    Deny,
    DenyReason,
    Person,
    Place,
    Policy,
    Rule,
    Standing,
    Wish,
    decide,
    may_approve,
    may_cancel,
    who_may,
)
from providers.operation import Effect, Verb

ANN = Person("U123", "ann", frozenset({"T1"}), Standing.MEMBER, frozenset())
BOB = replace(ANN, id="U456", name="bob")
ONCALL = replace(ANN, groups=frozenset({"S1", "oncall"}))
UNREAD = replace(ANN, groups=None)
INCIDENTS = Place("C123", direct=False)
DIRECT = Place("C123", direct=True)

RESTART = Wish(
    verb=Verb.RESTART,
    where="tencent:pull",
    provider="tencent",
    account="prod",
    target=None,
    effect=Effect.INTERRUPTS,
    protected=False,
)
DELETE = replace(RESTART, verb=Verb.DELETE, effect=Effect.DELETES)
END = replace(RESTART, verb=Verb.STOP, effect=Effect.ENDS)
STATUS = replace(RESTART, verb=Verb.STATUS, effect=Effect.READS)
FREEZE = Wish.to_brake("freeze", "prod")
FREEZE_ALL = Wish.to_brake("freeze", None)
THAW = Wish.to_brake("thaw", "prod")

ANYTHING = Rule()


def allows(
    rule: Rule, wish: Wish = RESTART, person: Person = ANN, place: Place = INCIDENTS
) -> bool:
    return decide(Policy(allow=(rule,)), wish, person, place) == Allow("allow 1")


# One rule


@pytest.mark.parametrize(
    ("rule", "wish", "matches"),
    [
        (Rule(), RESTART, True),
        (Rule(verbs=("restart",)), RESTART, True),
        (Rule(verbs=("stop", "delete")), RESTART, False),
        (Rule(verbs=("*",)), RESTART, True),
        (Rule(where=("tencent:pull",)), RESTART, True),
        (Rule(where=("tencent",)), RESTART, True),
        (Rule(where=("tencent:ingest",)), RESTART, False),
        (Rule(where=("alibaba",)), RESTART, False),
        (Rule(accounts=("prod",)), RESTART, True),
        (Rule(accounts=("test",)), RESTART, False),
        (Rule(targets=("main-feed",)), replace(RESTART, target="main-feed"), True),
        (Rule(targets=("main-feed",)), replace(RESTART, target="other"), False),
        (Rule(targets=("main-feed",)), RESTART, False),
        (Rule(verbs=("restart",), accounts=("test",)), RESTART, False),
    ],
)
def test_a_rule_matches_a_wish_if_all_of_its_keys_do(rule: Rule, wish: Wish, matches: bool) -> None:
    """Every key that is there must match; a key that is left out matches anything."""
    assert allows(rule, wish) is matches
    denied = decide(Policy(allow=(ANYTHING,), deny=(rule,)), wish, ANN, INCIDENTS)
    assert (denied == Deny(DenyReason.RULE, "deny 1")) is matches


@pytest.mark.parametrize(
    ("rule", "person", "matches"),
    [
        (Rule(users=("U123",)), ANN, True),
        (Rule(users=("U123",)), BOB, False),
        (Rule(groups=("oncall",)), ONCALL, True),
        (Rule(groups=("S1",)), ONCALL, True),
        (Rule(groups=("oncall",)), ANN, False),
        (Rule(users=("U456",), groups=("oncall",)), ONCALL, True),
        (Rule(users=("U123",), groups=("oncall",)), ANN, True),
        (Rule(users=("U123",), groups=("oncall",)), BOB, False),
        (Rule(users=("U123",), groups=("oncall",)), UNREAD, True),
    ],
)
def test_a_rule_matches_a_person_by_id_or_by_group(
    rule: Rule, person: Person, matches: bool
) -> None:
    """users and groups of one rule are two ways to be meant by it; either is enough."""
    assert allows(rule, person=person) is matches


def test_a_rule_for_channels_never_matches_a_direct_message() -> None:
    """Not even where the direct message has the channel's id."""
    rule = Rule(channels=("C123",))
    assert allows(rule)
    assert not allows(rule, place=DIRECT)
    assert not allows(rule, place=Place("C456", direct=False))
    denying = Policy(allow=(ANYTHING,), deny=(rule,))
    assert isinstance(decide(denying, RESTART, ANN, DIRECT), Allow)


def test_what_a_task_may_be_counts_for_denies_only() -> None:
    """A task that may be a named one is denied what that one is denied, and not allowed its own."""
    perhaps = replace(RESTART, perhaps=frozenset({"main-feed"}))
    rule = Rule(targets=("main-feed",))
    assert not allows(rule, perhaps)
    decision = decide(Policy(allow=(ANYTHING,), deny=(rule,)), perhaps, ANN, INCIDENTS)
    assert decision == Deny(DenyReason.RULE, "deny 1")


# The decision


def test_without_a_rule_nothing_that_changes_is_allowed() -> None:
    """An empty policy allows reads, and nothing else."""
    assert decide(Policy(), RESTART, ANN, INCIDENTS) == Deny(DenyReason.NO_RULE)
    assert isinstance(decide(Policy(), STATUS, ANN, INCIDENTS), Allow)


def test_a_deny_stops_reads_too() -> None:
    """Reads are for every member unless a deny says otherwise."""
    policy = Policy(deny=(Rule(verbs=("status",)),))
    assert decide(policy, STATUS, ANN, INCIDENTS) == Deny(DenyReason.RULE, "deny 1")


@pytest.mark.parametrize("standing", [who for who in Standing if who is not Standing.MEMBER])
def test_only_members_do_anything(standing: Standing) -> None:
    """Others hear why, and no rule that names them helps."""
    somebody = replace(ANN, standing=standing)
    policy = Policy(allow=(Rule(users=(somebody.id,)),))
    for wish in (RESTART, STATUS):
        decision = decide(policy, wish, somebody, INCIDENTS)
        assert decision == Deny(DenyReason[standing.name])


@pytest.mark.parametrize(
    ("wish", "confirm", "expected"),
    [
        (RESTART, ConfirmRules(), Allow("allow 1")),
        (END, ConfirmRules(), Confirm("self", "allow 1")),
        (DELETE, ConfirmRules(), Confirm("self", "allow 1")),
        (RESTART, ConfirmRules(interrupts="self"), Confirm("self", "allow 1")),
        (END, ConfirmRules(ends="none"), Allow("allow 1")),
        (DELETE, ConfirmRules(deletes="second-person"), Confirm("second-person", "allow 1")),
        (STATUS, ConfirmRules(interrupts="self"), Allow("reads are for every member")),
    ],
)
def test_the_effect_says_who_confirms(
    wish: Wish, confirm: ConfirmRules, expected: Decision
) -> None:
    """Each effect has its own setting; reads ask for nothing."""
    policy = Policy(allow=(ANYTHING,), confirm=confirm)
    assert decide(policy, wish, ANN, INCIDENTS) == expected


@pytest.mark.parametrize("wish", [RESTART, END, DELETE])
def test_a_change_of_a_protected_target_asks_for_a_second_person(wish: Wish) -> None:
    """Whatever the effect's own setting is; a read of it asks for nothing."""
    quiet = ConfirmRules(interrupts="none", ends="none", deletes="none")
    policy = Policy(allow=(ANYTHING,), confirm=quiet)
    protected = replace(wish, protected=True)
    expected = Confirm("second-person", "allow 1")
    assert decide(policy, protected, ANN, INCIDENTS) == expected
    read = replace(STATUS, protected=True)
    assert isinstance(decide(policy, read, ANN, INCIDENTS), Allow)


def test_a_deny_that_hangs_on_unread_groups_denies() -> None:
    """What cannot be read counts against the wish, reads included."""
    policy = Policy(allow=(ANYTHING,), deny=(Rule(groups=("interns",)),))
    expected = Deny(DenyReason.GROUPS_UNREADABLE, "deny 1", groups=("interns",))
    assert decide(policy, RESTART, UNREAD, INCIDENTS) == expected
    assert decide(policy, STATUS, UNREAD, INCIDENTS) == expected


def test_an_allow_that_hangs_on_unread_groups_does_not_allow() -> None:
    """The answer names the groups; a rule that needs no groups still allows."""
    by_group = Rule(groups=("oncall",))
    expected = Deny(DenyReason.GROUPS_UNREADABLE, "allow 1", groups=("oncall",))
    assert decide(Policy(allow=(by_group,)), RESTART, UNREAD, INCIDENTS) == expected
    two = Policy(allow=(by_group, Rule(groups=("ops",))))
    assert decide(two, RESTART, UNREAD, INCIDENTS) == expected
    both = Policy(allow=(by_group, Rule(users=("U123",))))
    assert decide(both, RESTART, UNREAD, INCIDENTS) == Allow("allow 2")


def test_a_deny_that_certainly_matches_is_named_before_one_that_may() -> None:
    """The reason that is shown is the one that will not change with the next look-up."""
    denies = (Rule(groups=("interns",)), Rule(verbs=("restart",)))
    decision = decide(Policy(deny=denies), RESTART, UNREAD, INCIDENTS)
    assert decision == Deny(DenyReason.RULE, "deny 2")


# The brake


@pytest.mark.parametrize(
    ("rule", "one", "every"),
    [
        (Rule(), True, True),
        (Rule(verbs=("*",)), True, True),
        (Rule(verbs=("freeze",)), True, True),
        (Rule(verbs=("thaw", "restart")), False, False),
        (Rule(accounts=("prod",)), True, False),
        (Rule(accounts=("test",)), False, False),
        (Rule(where=("tencent",)), False, False),
        (Rule(targets=("main-feed",)), False, False),
        (Rule(verbs=("freeze",), users=("U456",)), False, False),
    ],
)
def test_a_brake_is_allowed_by_a_rule_about_its_accounts(
    rule: Rule, one: bool, every: bool
) -> None:
    """A brake on one account, and on every account, for which a rule must name none."""
    assert allows(rule, FREEZE) is one
    assert allows(rule, FREEZE_ALL) is every


def test_what_is_denied_for_one_account_is_not_done_to_all() -> None:
    """A brake on every account is on the denied one too; a brake on another is not."""
    policy = Policy(allow=(ANYTHING,), deny=(Rule(accounts=("test",)),))
    assert decide(policy, FREEZE_ALL, ANN, INCIDENTS) == Deny(DenyReason.RULE, "deny 1")
    assert decide(policy, FREEZE, ANN, INCIDENTS) == Allow("allow 1")


@pytest.mark.parametrize("wish", [FREEZE, FREEZE_ALL, THAW])
def test_a_brake_asks_for_no_yes_and_needs_a_rule(wish: Wish) -> None:
    """Whatever interrupts asks for, a brake is quick; without a rule nobody brakes."""
    careful = ConfirmRules(interrupts="second-person")
    policy = Policy(allow=(ANYTHING,), confirm=careful)
    assert decide(policy, wish, ANN, INCIDENTS) == Allow("allow 1")
    assert decide(Policy(confirm=careful), wish, ANN, INCIDENTS) == Deny(DenyReason.NO_RULE)


# Who may


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([], ""),
        ([Rule(verbs=("delete",))], ""),
        ([Rule(groups=("oncall",))], "members of oncall (rule allow 1)"),
        ([Rule(users=("U1",), groups=("a",))], "members of a or U1 (rule allow 1)"),
        ([Rule()], "every member (rule allow 1)"),
        (
            [Rule(verbs=("stop",)), Rule(users=("U1",)), Rule(groups=("a",))],
            "U1 (rule allow 2), or members of a (rule allow 3)",
        ),
        (
            [Rule(users=("U1",), channels=("C9",))],
            "U1 (rule allow 1, elsewhere)",
        ),
        (
            [Rule(users=("U1",)), Rule(users=("U2",), channels=("C9",))],
            "U1 (rule allow 1)",
        ),
        ([Rule(users=("U1", "U2", "U3", "U4", "U5"))], "U1 or U2 or U3 or 2 more (rule allow 1)"),
    ],
)
def test_who_may_is_said_in_plain_words(rules: list[Rule], said: str) -> None:
    """Groups, users and the rule; another channel is not named; long lists are cut."""
    policy = Policy(allow=tuple(rules))
    assert who_may(policy, RESTART, INCIDENTS) == said


def test_a_refusal_says_who_may() -> None:
    """Whoever is not allowed hears whom to ask."""
    decision = decide(Policy(allow=(Rule(groups=("oncall",)),)), RESTART, ANN, INCIDENTS)
    assert decision == Deny(DenyReason.NO_RULE, who_may="members of oncall (rule allow 1)")


# Presses

ON_CALL_MAY = Policy(allow=(Rule(groups=("oncall",)),))


@pytest.mark.parametrize(
    ("presser", "how", "expected"),
    [
        ("U123", "self", Allow("allow 1")),
        ("U456", "self", DenyReason.NOT_THE_REQUESTER),
        ("U123", "second-person", DenyReason.IS_THE_REQUESTER),
        ("U456", "second-person", Allow("allow 1")),
        ("U123", "a word of a later version", DenyReason.IS_THE_REQUESTER),
    ],
)
def test_a_yes_counts_from_the_right_person(
    presser: str, how: str, expected: Allow | DenyReason
) -> None:
    """self: the requester only. second-person, or anything else: anybody but the requester."""
    decision = may_approve(
        ON_CALL_MAY,
        DELETE,
        replace(ONCALL, id=presser),
        INCIDENTS,
        requester_id="U123",
        how=how,
    )
    assert (decision.reason if isinstance(decision, Deny) else decision) == expected


def test_who_is_not_allowed_hears_that_first() -> None:
    """A press by somebody whom no rule allows is refused for that, not for who asked."""
    for how in ("self", "second-person"):
        decision = may_approve(ON_CALL_MAY, DELETE, BOB, INCIDENTS, requester_id="U123", how=how)
        assert decision == Deny(DenyReason.NO_RULE, who_may="members of oncall (rule allow 1)")


def test_a_policy_that_asks_for_more_by_now_counts() -> None:
    """A card that asked for the requester's yes is not enough once a second person is needed."""
    policy = Policy(allow=(ANYTHING,), confirm=ConfirmRules(deletes="second-person"))
    own = may_approve(policy, DELETE, ANN, INCIDENTS, requester_id=ANN.id, how="self")
    assert own == Deny(DenyReason.IS_THE_REQUESTER, "allow 1", "every member (rule allow 1)")
    other = may_approve(policy, DELETE, BOB, INCIDENTS, requester_id=ANN.id, how="self")
    assert other == Allow("allow 1")


def test_no_is_for_the_asker_and_for_whoever_is_allowed() -> None:
    """Cancel is safe, so the asker's counts even when their rights are gone."""
    gone = replace(ANN, standing=Standing.DEACTIVATED)
    for person, counts in ((gone, True), (replace(ONCALL, id="U9"), True), (BOB, False)):
        decision = may_cancel(ON_CALL_MAY, DELETE, person, INCIDENTS, requester_id=ANN.id)
        assert isinstance(decision, Allow) is counts


# Rules as configured


@pytest.mark.parametrize("key", list(Rule.model_fields))
def test_an_empty_list_is_a_fault(key: str) -> None:
    """It would match nobody, which is never meant: least of all in a deny."""
    with pytest.raises(ValidationError, match="empty list"):
        Rule.model_validate({key: []})


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("verbs", "Restart"),
        ("verbs", "frieze"),
        ("verbs", "help"),
        ("users", "@bob"),
        ("users", "u123"),
        ("users", "U123 "),
        ("channels", "#incidents"),
        ("channels", "D123"),
        ("groups", "Oncall"),
        ("groups", "U123"),
        ("groups", "on call"),
        ("groups", "@"),
        ("groups", "<!subteam^S1>"),
    ],
)
def test_a_word_that_could_match_nobody_is_a_fault(key: str, word: str) -> None:
    """A slip in a deny must not allow, so a word of the wrong form is refused, and not repeated."""
    with pytest.raises(ValidationError) as caught:
        Rule.model_validate({key: [word]})
    assert f"'{word}'" not in str(caught.value)


def test_a_handle_may_be_written_with_its_at() -> None:
    """ "@oncall" and "oncall" are one group."""
    rule = Rule.model_validate({"groups": ["@oncall", "S1", "team.ops-1"]})
    assert rule.groups == ("oncall", "S1", "team.ops-1")


def test_the_groups_that_decisions_hang_on_are_known() -> None:
    """They are what is read from Slack: all that are named, and apart those that deny."""
    policy = Policy(allow=(Rule(groups=("a", "b")), Rule()), deny=(Rule(groups=("b", "c")), Rule()))
    assert policy.groups_named == {"a", "b", "c"}
    assert policy.groups_denied == {"b", "c"}
    assert Policy().groups_named == frozenset()


# What holds for every policy

USERS, GROUPS, CHANNELS = ["U1", "U2"], ["S1", "ops"], ["C1", "C2"]
TARGETS, ACCOUNTS = ["main", "spare"], ["prod", "test"]
WHERE = ["tencent", "tencent:pull", "tencent:ingest", "alibaba"]


def some(words: list[str]) -> st.SearchStrategy[tuple[str, ...] | None]:
    return st.none() | st.lists(st.sampled_from(words), min_size=1, max_size=2).map(tuple)


rules = st.builds(
    Rule,
    verbs=some(["*", *Verb, *BRAKE_VERBS]),
    where=some(WHERE),
    accounts=some(ACCOUNTS),
    targets=some(TARGETS),
    users=some(USERS),
    groups=some(GROUPS),
    channels=some(CHANNELS),
)
sides = st.lists(rules, max_size=3).map(tuple)
policies = st.builds(Policy, allow=sides, deny=sides, confirm=st.builds(ConfirmRules))
people = st.builds(
    Person,
    id=st.sampled_from(USERS),
    name=st.just("somebody"),
    team_ids=st.just(frozenset({"T1"})),
    standing=st.sampled_from(Standing) | st.just(Standing.MEMBER),
    groups=st.none() | st.frozensets(st.sampled_from(GROUPS)),
)
places = st.builds(Place, channel=st.sampled_from(CHANNELS), direct=st.booleans())
operations = st.builds(
    Wish,
    verb=st.sampled_from(Verb),
    where=st.sampled_from(["tencent:pull", "tencent:ingest"]),
    provider=st.just("tencent"),
    account=st.sampled_from(ACCOUNTS),
    target=st.none() | st.sampled_from(TARGETS),
    effect=st.sampled_from(Effect),
    protected=st.booleans(),
    perhaps=st.frozensets(st.sampled_from(TARGETS)),
)
brakes = st.builds(
    Wish.to_brake, st.sampled_from(BRAKE_VERBS), st.none() | st.sampled_from(ACCOUNTS)
)
wishes = operations | brakes


def matches(rule: Rule, wish: Wish, person: Person, place: Place) -> bool:
    """The same question, asked in another way: each key's accepted words meet the wish's words."""
    facts: list[tuple[tuple[str, ...] | None, set[str | None]]] = [
        (rule.verbs, {str(wish.verb), "*"}),
        (rule.where, {wish.where, wish.provider}),
        (rule.accounts, {wish.account}),
        (rule.targets, {wish.target}),
        (rule.channels, set() if place.direct else {place.channel}),
    ]
    meant = rule.users is None and rule.groups is None
    named = {*(rule.users or ()), *(rule.groups or ())} & {person.id, *(person.groups or ())}
    return (meant or bool(named)) and all(
        words is None or set(words) & facts for words, facts in facts
    )


@given(policies, wishes, people, places)
def test_a_deny_always_wins(policy: Policy, wish: Wish, person: Person, place: Place) -> None:
    """Whatever the allows say, and reads included."""
    if any(matches(rule, wish, person, place) for rule in policy.deny):
        assert isinstance(decide(policy, wish, person, place), Deny)


@given(policies, wishes, people, places)
def test_only_an_allow_lets_a_member_change(
    policy: Policy, wish: Wish, person: Person, place: Place
) -> None:
    """A change that is not refused has a member behind it, and the rule that the answer names."""
    decision = decide(policy, wish, person, place)
    if wish.effect.changes and not isinstance(decision, Deny):
        assert person.standing is Standing.MEMBER
        rule = policy.allow[int(decision.rule.removeprefix("allow ")) - 1]
        assert matches(rule, wish, person, place)


def strength(decision: Decision) -> int:
    return [Deny, Confirm, Allow].index(type(decision))


@given(policies, rules, wishes, people, places)
def test_an_allow_takes_no_right_away_and_a_deny_gives_none(
    policy: Policy, rule: Rule, wish: Wish, person: Person, place: Place
) -> None:
    """More allows never make an answer stricter, more denies never make it milder."""
    before = strength(decide(policy, wish, person, place))
    more = policy.model_copy(update={"allow": (*policy.allow, rule)})
    assert strength(decide(more, wish, person, place)) >= before
    fewer = policy.model_copy(update={"deny": (*policy.deny, rule)})
    assert strength(decide(fewer, wish, person, place)) <= before


@given(policies, wishes, people, places)
def test_what_cannot_be_read_helps_nobody(
    policy: Policy, wish: Wish, person: Person, place: Place
) -> None:
    """Unread groups never get anybody more than some set of groups would."""
    unread = decide(policy, wish, replace(person, groups=None), place)
    for groups in (frozenset(), frozenset({"S1"}), frozenset({"ops"}), frozenset(GROUPS)):
        known = decide(policy, wish, replace(person, groups=groups), place)
        assert strength(unread) <= strength(known)


@given(policies, wishes, people, places, st.tuples(st.sampled_from(USERS), st.text()))
def test_a_press_needs_what_a_wish_needs(
    policy: Policy, wish: Wish, person: Person, place: Place, card: tuple[str, str]
) -> None:
    """Whoever is refused the wish is refused the yes, and there is an answer to everything."""
    requester, how = card
    decision = decide(policy, wish, person, place)
    yes = may_approve(policy, wish, person, place, requester_id=requester, how=how)
    assert not isinstance(yes, Confirm)
    if isinstance(decision, Deny):
        assert yes == decision
