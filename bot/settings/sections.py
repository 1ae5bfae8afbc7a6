"""The tables of the file that stand for themselves: what each may hold, and what it means."""

from __future__ import annotations

import re
import ssl
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import parse_qs, urlsplit

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    PlainValidator,
    SecretStr,
    StrictFloat,
    StrictInt,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from bot.audit.key_rules import AuditKeyError, checked
from bot.config import Section, mistake
from bot.policy.rules import slack_id
from providers.account import HttpUrl, Secret, SecretMissingError, SecretRef

__all__ = [
    "Address",
    "AuditSettings",
    "DatabaseSettings",
    "HttpSettings",
    "LimitSettings",
    "LogSettings",
    "Mode",
    "NetworkSettings",
    "SlackSettings",
    "TimeoutSettings",
]


# Slack, and what we listen on

Mode = Literal["socket", "http"]


_TeamId = Annotated[
    str, slack_id("TE", "not a team or enterprise id", 'an id, as "T123" or "E123"')
]


class SlackSettings(Section):
    """[slack]. teams: whose members may use the bot; empty for the token's own.

    connections: of Socket Mode, for this process. Slack allows ten for one app over all replicas.
    """

    mode: Mode = "socket"
    api_url: Annotated[HttpUrl, AfterValidator(lambda url: f"{url.rstrip('/')}/")] = (
        "https://slack.com/api/"
    )
    teams: tuple[_TeamId, ...] = ()
    connections: StrictInt = Field(default=2, ge=1, le=10)


class Address(NamedTuple):
    """Where to listen. port: 0 for any that is free."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _address(value: object) -> Address:
    """From "host:port", with IPv6 in brackets."""
    if isinstance(value, Address):
        return value
    found = isinstance(value, str) and re.fullmatch(
        r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9.-]+)):(?P<port>[0-9]{1,5})", value
    )
    if found and int(found["port"]) <= 65535 and _is_host(found["v6"] or found["name"]):
        return Address(found["v6"] or found["name"], int(found["port"]))
    raise mistake("not an address", '"host:port", as "127.0.0.1:3000" or "[::1]:3000"')


def _is_host(host: str) -> bool:
    if ":" not in host and not re.fullmatch(r"[0-9.]+", host):
        return True  # a name; whether it resolves shows when it is listened on
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


_Address = Annotated[Address, PlainValidator(_address)]


class HttpSettings(Section):
    """[http]. listen: Slack's requests, in HTTP mode. admin: health and metrics, in both modes."""

    listen: _Address = Address("127.0.0.1", 3000)
    admin: _Address = Address("127.0.0.1", 3001)

    @model_validator(mode="after")
    def _apart(self) -> HttpSettings:
        if self.listen == self.admin and self.listen.port:
            raise mistake("listen and admin are the same address", "two ports")
        return self


# Where things are kept, and how they are told


_REFERENCE: TypeAdapter[Any] = TypeAdapter(
    SecretRef, config=ConfigDict(arbitrary_types_allowed=True, hide_input_in_errors=True)
)


def _database_url(value: object, info: ValidationInfo) -> SecretStr:
    if isinstance(value, SecretStr):
        return value
    if not isinstance(value, str):
        raise mistake("not text", 'a URL, as "sqlite:///stream-bot.db"')
    kept_elsewhere = value.startswith(("env:", "file:"))
    if kept_elsewhere:
        try:
            secret: Secret = _REFERENCE.validate_python(value, context=info.context)
            value = secret.reveal()
        except SecretMissingError as error:
            raise mistake(str(error)) from None
        except ValidationError:
            raise mistake("not a reference", "env:NAME or file:PATH") from None
    _check_database_url(value, may_hold_a_password=kept_elsewhere)
    return SecretStr(value)


def _check_database_url(url: str, *, may_hold_a_password: bool) -> None:
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        if rest.startswith("/:memory:"):
            raise mistake("would be lost with the process", 'a file, as "sqlite:///stream-bot.db"')
        # No query and no "file:", where SQLite would read options, and no folder.
        if not re.fullmatch(r"/(?!file:)[^?#]*[^?#/]", rest) or not rest.isprintable():
            raise mistake("not a database URL", 'a file, as "sqlite:///stream-bot.db"')
        return
    try:
        parts = urlsplit(url)
        held = parts.password is not None or "password" in parse_qs(parts.query)
    except ValueError:
        raise mistake("not a database URL", '"postgresql://host/name"') from None
    if scheme != "postgresql":
        raise mistake("not a database that is known", '"sqlite:///PATH" or "postgresql://..."')
    if held and not may_hold_a_password:
        raise mistake(
            "holds a password (not repeated here)", "keep the whole URL in env:NAME or file:PATH"
        )


class DatabaseSettings(Section):
    """[database]. url: as SQLAlchemy writes it, without a driver; it may hold a password.

    keep_days: operations that were over so long ago are removed, with their trail; 0 for never.
    """

    url: Annotated[SecretStr, PlainValidator(_database_url)] = SecretStr("sqlite:///stream-bot.db")
    keep_days: StrictInt = Field(default=400, ge=0, le=36_500)

    @property
    def embedded(self) -> bool:
        """Whether it is a file, which one process uses."""
        return self.url.get_secret_value().startswith("sqlite:")


def _audit_key(value: object, info: ValidationInfo) -> Secret:
    """A reference to a key that is there and long enough, read here once: to change it later would
    break the chain."""
    try:
        secret: Secret = _REFERENCE.validate_python(value, context=info.context)
        checked(secret.reveal(), secret.place)
    except (SecretMissingError, AuditKeyError) as error:
        raise mistake(str(error)) from None
    except ValidationError:
        raise mistake("not a reference", "env:NAME or file:PATH") from None
    return secret


class AuditSettings(Section):
    """[audit]. key: what the trail is sealed with; None for one beside an embedded database."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    key: Annotated[Secret, PlainValidator(_audit_key)] | None = None

    def read(self) -> bytes | None:
        """The configured key."""
        return None if self.key is None else self.key.reveal().encode()


class LogSettings(Section):
    """[log]."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "text"] = "json"


def _proxy(value: object) -> str:
    """A proxy's own URL. What goes through it is https, so the way to it may be plain."""
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        host_and_port = f"http://{parts.hostname}:{parts.port}"
    except ValueError:
        host_and_port = ""
    if isinstance(value, str) and value.rstrip("/").lower() == host_and_port:
        return host_and_port
    raise mistake("not a proxy", 'scheme, host and port, as "http://proxy:3128", no user part')


def _ca_file(value: object, info: ValidationInfo) -> Path:
    """A bundle of certificates that can be used, its path from the configuration's folder."""
    if not isinstance(value, (str, Path)):
        raise mistake("not text", "the path of a file with PEM certificates")
    base: Path = (info.context or {}).get("base", Path())
    try:
        path = base / Path(value).expanduser()
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ValueError, RuntimeError):  # ssl.SSLError is an OSError
        raise mistake("cannot be read", "the path of a file with PEM certificates") from None
    return path


class NetworkSettings(Section):
    """[network]. proxy: the only way to a proxy. ca_file: the authorities to trust."""

    proxy: Annotated[str, PlainValidator(_proxy)] | None = None
    ca_file: Annotated[Path, PlainValidator(_ca_file)] | None = None


_Seconds = Annotated[StrictFloat, Field(gt=0, allow_inf_nan=False)]


class TimeoutSettings(Section):
    """[timeouts], in seconds.

    vendor_seconds: hard, for one whole call. confirm_seconds: how long a card waits for a yes.
    approved_seconds: an approval that was not sent by then expires. verify_seconds: how long a
    change is followed. drain_seconds: how long a process that is told to stop finishes its work;
    longer, where a call under way may take longer.
    """

    vendor_seconds: _Seconds = Field(default=10.0, le=60)
    confirm_seconds: _Seconds = Field(default=300.0, le=86_400)
    approved_seconds: _Seconds = Field(default=60.0, le=3_600)
    verify_seconds: _Seconds = Field(default=120.0, le=3_600)
    drain_seconds: _Seconds = Field(default=20.0, le=300)


class LimitSettings(Section):
    """[limits].

    commands_per_minute, open_cards: for one person. batch_tasks: tasks in one command.
    blast_radius: more tasks than this in one command take a second person. cool_down_seconds:
    somebody else's change of the same task is so fresh that the next one asks for a yes; 0 for
    never. pause_after: calls without an answer, one after the other, after which a vendor is paused
    for pause_seconds.
    """

    commands_per_minute: StrictInt = Field(default=300, ge=1, le=10_000)
    open_cards: StrictInt = Field(default=5, ge=1, le=100)
    batch_tasks: StrictInt = Field(default=50, ge=1, le=50)
    blast_radius: StrictInt = Field(default=5, ge=1, le=50)
    cool_down_seconds: Annotated[StrictFloat, Field(ge=0, le=3_600, allow_inf_nan=False)] = 60.0
    pause_after: StrictInt = Field(default=10, ge=2, le=1_000)
    pause_seconds: _Seconds = Field(default=30.0, le=3_600)
