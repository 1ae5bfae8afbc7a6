"""Vendors of other packages: found by their entry points, refused where they would do harm."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bot.command import TaskCommand, Vocabulary, parse
from providers.catalogue import (
    Catalogue,
    CatalogueClashError,
    ProviderFlawError,
    discover,
)
from providers.client import Client
from providers.contract import flaws
from providers.errors import Fault, FaultKind, FaultTable, Retry
from providers.facts import TaskState
from providers.operation import Effect, Gap, Kind, Operation, Task, Verb
from providers.plugins import PluginError, installed, join
from providers.provider import Call, Provider
from providers.reading import read
from providers.simulator import SimulatedTask
from tests.plugin.installing import declare, install_acme, install_module, on_the_path

OF_TENCENT = "from providers.tencent import PROVIDER as TENCENT\nfrom dataclasses import replace\n"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Path]:
    """A folder whose packages are installed."""
    with on_the_path(tmp_path):
        yield tmp_path


@pytest.fixture
def acme(site: Path) -> Provider:
    install_acme(site)
    return join(discover(), "acme")[1].provider


def refused(name: str) -> PluginError:
    with pytest.raises(PluginError) as caught:
        join(discover(), name)
    return caught.value


# Found and loaded


def test_a_plugin_joins_the_catalogue(site: Path) -> None:
    """With its words and its package's name and version; what was known stays, and is untouched."""
    install_acme(site)
    assert "acme" in installed()
    catalogue, plugin = join(discover(), "acme")
    assert (plugin.name, plugin.distribution, plugin.version) == ("acme", "acme-stream-bot", "1.2")
    assert catalogue.kind("acme:feed") is catalogue.kind("acme")
    assert [*catalogue.providers] == [*discover().providers, "acme"]
    assert "acme" not in discover().words


def test_what_nobody_names_is_not_loaded(site: Path) -> None:
    """To look which plugins there are runs none of them."""
    install_module(site, "rude", "raise SystemExit('loaded')")
    assert "rude" in installed()
    discover()


async def test_a_command_reaches_the_plugins_vendor(site: Path) -> None:
    """/stream restart acme:feed 1: read, paced, signed, sent; and then seen to come back."""
    install_acme(site)
    catalogue, plugin = join(discover(), "acme")
    environ = {"ACME_KEY_ID": "AKIDEXAMPLE", "ACME_KEY": "examplesecret"}
    clock = [1767225600.0]
    vendor = plugin.provider.simulator()
    vendor._now = lambda: clock[0]
    vendor.add_account(*environ.values())
    vendor.add_task(SimulatedTask(kind="feed", id="1"))
    client = Client(catalogue, now=lambda: clock[0])
    async with vendor:
        table = {"name": "edge", "provider": "acme", "endpoints": {"feeds": vendor.url}}
        account = plugin.provider.account.model_validate(table, context={"environ": environ})
        command = parse("restart acme:feed 1", Vocabulary(catalogue, {"edge": account}, {}))
        assert isinstance(command, TaskCommand)
        kind, task = catalogue.kind(command.where), Task(command.task, command.region, command.app)
        operation = kind.operation(command.verb)
        assert operation is not None
        assert kind.status is not None
        call = Call(kind, operation, account, task, "slack:U1")
        accepted = await client.send(call, await client.slot(call))
        states = [(await read(client, kind, account, task, kind.status(task))).state]
        clock[0] += 60
        states.append((await read(client, kind, account, task, kind.status(task))).state)
    await client.close()
    assert accepted.request_id == vendor.requests[0].request_id
    assert vendor.requests[0].parameters == {"feed": "1", "by": "slack:U1"}
    assert states == [TaskState.DEGRADED, TaskState.RUNNING]


# Refused


def test_what_is_not_there_is_said() -> None:
    """No entry point of the group has the name."""
    assert refused("acme").wrong == ("not installed",)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("raise RuntimeError('hunter2')", "RuntimeError"),
        ("import no_such_module_hunter2", "ModuleNotFoundError"),
        ("raise SystemExit('hunter2')", "SystemExit"),
        ("OTHER = 1", "AttributeError"),
        ("def", "SyntaxError"),
    ],
)
def test_code_that_breaks_is_told_by_its_type(
    site: Path, caplog: pytest.LogCaptureFixture, code: str, kind: str
) -> None:
    """The error has the exception's type and never its text; the log has the rest."""
    install_module(site, "broken", code)
    error = refused("broken")
    (wrong,) = error.wrong
    assert wrong == f"{kind} when broken-stream-bot 0.1 was loaded (the log says where)"
    assert "hunter2" not in str(error)
    (record,) = caplog.records
    assert record.exc_info


def test_a_value_that_is_no_provider_is_told_by_its_type(site: Path) -> None:
    """The entry point names something else."""
    install_module(site, "odd", "PROVIDER = {'name': 'hunter2'}")
    assert refused("odd").wrong == ("its entry point is not a Provider but dict",)


def test_a_vendor_that_is_there_already_is_refused(site: Path) -> None:
    """A plugin cannot take the place of a built-in vendor."""
    install_module(site, "double", f"{OF_TENCENT}PROVIDER = TENCENT")
    error = refused("double")
    assert error.wrong == ("the provider tencent is there twice",)
    assert error.provider == "tencent"


def test_every_flaw_of_a_plugin_is_told(site: Path) -> None:
    """All at once."""
    install_module(
        site, "few", f"{OF_TENCENT}PROVIDER = replace(TENCENT, name='few', kinds=(), title='')"
    )
    assert refused("few").wrong == ("provider few: no title", "provider few: no kinds")


def test_a_field_of_a_wrong_type_is_told(site: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nobody checked the types of a package; whatever that raises is not ours to fall over."""
    install_module(
        site, "wild", f"{OF_TENCENT}PROVIDER = replace(TENCENT, name='wild', kinds=('hunter2',))"
    )
    (wrong,) = refused("wild").wrong
    assert wrong == "AttributeError when wild-stream-bot 0.1 was checked (the log says where)"
    assert caplog.records


def test_a_name_that_two_packages_declare_is_refused(site: Path) -> None:
    """Which of them is meant cannot be known."""
    for distribution in ("one", "two"):
        declare(site, {"acme": "nothing:PROVIDER"}, distribution, "1")
    assert refused("acme").wrong == ("declared by several packages: one, two",)


# A vendor's value, looked at when the bot starts


@dataclass(frozen=True)
class Spoilt:
    """Acme's value with one thing changed; "{}" in `says` stands for the kind or operation."""

    says: str
    spoil: Callable[[Provider, Kind, Operation], Provider]


def kind_with(**changed: Any) -> Callable[[Provider, Kind, Operation], Provider]:
    return lambda acme, kind, _: replace(acme, kinds=(replace(kind, **changed),))


def restart_with(**changed: Any) -> Callable[[Provider, Kind, Operation], Provider]:
    def spoil(acme: Provider, kind: Kind, restart: Operation) -> Provider:
        others = tuple(one for one in kind.operations if one is not restart)
        operations = (replace(restart, **changed), *others)
        return replace(acme, kinds=(replace(kind, operations=operations),))

    return spoil


def provider_with(**changed: Any) -> Callable[[Provider, Kind, Operation], Provider]:
    return lambda acme, _, __: replace(acme, **changed)


def fault_with(says: str) -> Mapping[str, FaultTable]:
    fault = Fault(
        code="",
        kind=FaultKind.UNRECOGNISED,
        label="odd",
        says=says,
        step="look",
        who="you",
        retry=Retry.NO,
    )
    return {"feeds": FaultTable([], unrecognised=fault)}


STOP = Operation(
    verb=Verb.STOP,
    action="StopFeed",
    version="v1",
    effect=Effect.ENDS,
    quota=1,
    parameters=lambda _task, _operator: {},
    page="https://docs.acme.example/StopFeed",
    does="ends it",
    warning="It ends.",
    permission="feeds:stop",
)

SPOILT = [
    Spoilt("provider a b: its name is not a word (a-z 0-9 -)", provider_with(name="a b")),
    Spoilt("provider acme: account is no model of Account", provider_with(account=dict)),
    Spoilt("provider acme: wire is no Wire", provider_with(wire=object())),
    Spoilt("provider acme: faults are not FaultTables", provider_with(faults={"feeds": ()})),
    Spoilt("provider acme: no simulator", provider_with(simulator=None)),
    Spoilt("provider acme: probe is no read with a quota", provider_with(probe=STOP)),
    Spoilt("{}: declared by acme", kind_with(provider="other")),
    Spoilt("{}: its name is not a word (a-z 0-9 -)", kind_with(name="Feed")),
    Spoilt("{}: an alias is not a word (a-z 0-9 -)", kind_with(aliases=("acme feed",))),
    Spoilt("{}: its service has no host in the account's hosts", kind_with(service="x")),
    Spoilt("{}: its service has no fault table", kind_with(service="x")),
    Spoilt("{}: no title, no noun or no console", kind_with(noun="")),
    Spoilt("{}: its example is not a task id", kind_with(example="two words")),
    Spoilt("{}: its example is not a task id", kind_with(example="--force")),
    Spoilt("{}: a region is not a region id", kind_with(regions=("the north",))),
    Spoilt("{}: no operations", kind_with(operations=(), gaps={})),
    Spoilt(
        "{}: a gap names a verb as nearest that the kind does not have",
        kind_with(gaps={Verb.DELETE: Gap("No.", "No.", Verb.STOP)}),
    ),
    Spoilt("{}: states do not map to TaskState", kind_with(states={"live": "running"})),
    Spoilt("{} status: the kind has no reading in status", kind_with(status=None)),
    Spoilt("{} list: the kind has no reading in tasks", kind_with(tasks=None)),
    Spoilt("{} restart: no action", restart_with(action="")),
    Spoilt("{} restart: no quota (calls a second, a whole number from 1)", restart_with(quota=0)),
    Spoilt("{} restart: no quota (calls a second, a whole number from 1)", restart_with(quota="9")),
    Spoilt("{} restart: parameters cannot be called", restart_with(parameters={})),
    Spoilt("{} restart: no page (the vendor's, https)", restart_with(page="http://acme.example")),
    Spoilt("{} restart: no text in does", restart_with(does="")),
    Spoilt("{} restart: no permission", restart_with(permission="")),
    Spoilt(
        "{} restart: status and list read, and all other verbs change",
        restart_with(effect=Effect.READS),
    ),
    Spoilt(
        "{} restart: cannot be taken back and has no warning", restart_with(effect=Effect.DELETES)
    ),
    Spoilt("{} restart: then is not an operation of its kind", restart_with(then=STOP)),
    Spoilt(
        "feeds: its texts may have in braces only account, app, console, host, permission, region, "
        "task, verb, why",
        provider_with(faults=fault_with("{request} is wrong")),
    ),
    Spoilt(
        "feeds: its texts may have in braces only account, app, console, host, permission, region, "
        "task, verb, why",
        provider_with(faults=fault_with("{task.id.__class__}")),
    ),
    Spoilt("feeds: no label, no says or no step", provider_with(faults=fault_with(""))),
]


@pytest.mark.parametrize("spoilt", SPOILT, ids=lambda spoilt: spoilt.says)
def test_nonsense_does_not_start(acme: Provider, spoilt: Spoilt) -> None:
    """Each rule of the contract, by the one thing that breaks it; the start names it."""
    (kind,) = acme.kinds
    restart = kind.operation(Verb.RESTART)
    assert restart is not None
    broken = spoilt.spoil(acme, kind, restart)
    where = broken.kinds[0].where
    assert spoilt.says.replace("{}", where) in list(flaws(broken))
    with pytest.raises(ProviderFlawError):
        Catalogue([broken])


@pytest.mark.parametrize("word", ["tencent", "trtc", "tencent:pull"])
def test_a_word_that_is_taken_is_refused(acme: Provider, word: str) -> None:
    """An alias can neither take a vendor's place nor look like a kind of it."""
    (kind,) = acme.kinds
    broken = replace(acme, kinds=(replace(kind, aliases=(word,)),))
    with pytest.raises((CatalogueClashError, ProviderFlawError)):
        Catalogue([*discover().providers.values(), broken])


def test_an_alias_is_no_other_vendors_name(acme: Provider) -> None:
    """In whatever order they come: a rule for a vendor would mean another's tasks."""
    (kind,) = acme.kinds
    quiet = replace(acme, kinds=(replace(kind, aliases=()),))
    other = replace(acme, name="other", kinds=(replace(kind, provider="other"),))
    for known in ([quiet, other], [other, quiet]):
        with pytest.raises(CatalogueClashError, match="acme names the provider acme and other:fee"):
            Catalogue(known)


def test_a_verb_names_no_vendor(acme: Provider) -> None:
    """`/stream restart stop 1` would be read in two ways."""
    (kind,) = acme.kinds
    broken = replace(acme, name="stop", kinds=(replace(kind, provider="stop", aliases=()),))
    with pytest.raises(CatalogueClashError, match="the provider's name stop is a verb"):
        Catalogue([broken])
