"""The settings, as one frozen model."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from bot.config import Section
from bot.policy import Policy
from bot.settings.sections import (
    AuditSettings,
    DatabaseSettings,
    HttpSettings,
    LimitSettings,
    LogSettings,
    NetworkSettings,
    SlackSettings,
    TimeoutSettings,
)
from bot.settings.target import Target
from providers.account import Account, SecretMissingError

__all__ = ["Settings"]


class Settings(Section):
    """Everything that an operator configures. accounts and targets: in the order of the file.

    plugins: names of other packages' vendors, which `load` joins to the catalogue.
    """

    plugins: tuple[str, ...] = ()
    slack: SlackSettings = SlackSettings()
    http: HttpSettings = HttpSettings()
    database: DatabaseSettings = DatabaseSettings()
    audit: AuditSettings = AuditSettings()
    log: LogSettings = LogSettings()
    network: NetworkSettings = NetworkSettings()
    accounts: Mapping[str, Account] = Field(default_factory=dict)
    targets: Mapping[str, Target] = Field(default_factory=dict)
    timeouts: TimeoutSettings = TimeoutSettings()
    limits: LimitSettings = LimitSettings()
    policy: Policy = Policy()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is no fault, but hardly meant."""
        said = []
        if not self.accounts:
            said.append("no accounts are configured, so no task can be reached")
        if not self.policy.allow:
            said.append("no [[policy.allow]] rule, so nothing that changes a stream is allowed")
        if self.audit.key is None and not self.database.embedded:
            said.append(
                "no [audit] key, so the trail is sealed with one that the database itself keeps: "
                "it shows accidents, and not what somebody does who can read the database"
            )
        return tuple(said)

    def protects(self, where: str, account: str, task: str) -> str | None:
        """The protected target that a task is, or may be; None if it is none.

        where: "tencent:pull". account: the account's name.
        """
        names = self.targets_like(where, account, task)
        return next((name for name in names if self.targets[name].protected), None)

    def targets_like(self, where: str, account: str, task: str) -> tuple[str, ...]:
        """Every target that a task may be, however it is typed.

        Another name for the same access key is the same account. Regions and apps are not compared:
        where a vendor does not look at them, another one would be a way round a rule.
        """
        return tuple(
            name
            for name, target in self.targets.items()
            if target.task == task
            and self.where_of(target) == where
            and self._same_key(target.account, account)
        )

    def target_named(
        self, where: str, account: str, task: str, region: str, app: int | None
    ) -> str | None:
        """The first target that is exactly this task; None if there is none."""
        asked = (where, account, task, region, app)
        for name, target in self.targets.items():
            place = (self.where_of(target), target.account, target.task, target.region, target.app)
            if place == asked:
                return name
        return None

    def where_of(self, target: Target) -> str:
        """The kind of a target's task, as "tencent:pull"."""
        return f"{self.accounts[target.account].provider}:{target.kind}"

    def first_name_of(self, account: str) -> str:
        """The first configured account with the same key: one name for all of them."""
        return next(name for name in self.accounts if self._same_key(name, account))

    def _same_key(self, name: str, other: str) -> bool:
        """Whether two accounts of one vendor are one account there, or may be."""
        if name == other:
            return True
        if self.accounts[name].provider != self.accounts[other].provider:
            return False
        one, two = self.accounts[name].access_key_id, self.accounts[other].access_key_id
        try:
            return one.reveal() == two.reveal()
        except SecretMissingError:
            return True  # what cannot be read counts against the wish
