"""An operator's account at a vendor: where its keys are kept, and what is set for it.

Every vendor package brings its own model, so that shared code knows no vendor's settings. A secret
in the configuration is a reference (`env:NAME` or `file:PATH`), read when it is used.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

__all__ = ["Account", "Credentials", "HttpUrl", "Secret", "SecretMissingError", "SecretRef"]

_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class SecretMissingError(Exception):
    """A secret is not where the configuration says. The text names the place, never a value."""


class Secret:
    """Where one secret is kept. Shows the place, never the value."""

    __slots__ = ("_environ", "_kept", "_stamp", "place")

    def __init__(self, place: str, environ: Mapping[str, str]) -> None:
        self.place = place
        self._environ = environ
        self._stamp: tuple[int, int] | None = None
        self._kept = ""

    def reveal(self) -> str:
        """The value now. A file is read again when it has changed.

        Raises SecretMissingError.
        """
        scheme, _, name = self.place.partition(":")
        value = self._environ.get(name, "") if scheme == "env" else self._from_file(Path(name))
        value = value.strip()
        if not value:
            missing = "is not set" if scheme == "env" else "is empty"
            raise SecretMissingError(f"{self.place} {missing}")
        if not value.isascii() or not value.isprintable() or " " in value:
            raise SecretMissingError(f"{self.place} holds characters that no key has")
        return value

    def _from_file(self, path: Path) -> str:
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp != self._stamp:
                self._kept = path.read_text(encoding="utf-8")
                self._stamp = stamp
        except (OSError, ValueError) as error:  # not UTF-8, or a NUL in the path
            raise SecretMissingError(f"{self.place} cannot be read") from error
        return self._kept

    def __repr__(self) -> str:
        return f"Secret({self.place!r})"


def _secret(value: object, info: ValidationInfo) -> object:
    if isinstance(value, Secret):
        return value
    context: Mapping[str, Any] = info.context or {}
    if isinstance(value, str):
        scheme, _, name = value.partition(":")
        if scheme == "env" and _ENVIRONMENT_NAME.match(name):
            return Secret(value, context.get("environ", {}))
        if scheme == "file" and name:
            base: Path = context.get("base", Path())
            try:
                return Secret(f"file:{base / Path(name).expanduser()}", {})
            except RuntimeError:
                raise ValueError("~ stands for no folder here: write file:/PATH") from None
    raise ValueError(
        "a secret is kept outside of this file: write env:NAME or file:PATH "
        "(the value is not repeated here)"
    )


SecretRef = Annotated[Secret, BeforeValidator(_secret)]


def _http_url(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError('a URL is text, as "https://host"')  # noqa: TRY004  # pydantic's own kind
    try:
        parts = urlsplit(value)
        _ = parts.port  # read here, because a bad one raises
    except ValueError:  # its text may hold a password
        raise ValueError('a URL here is scheme, host and port, as "https://host"') from None
    if parts.username is not None or parts.password is not None:
        raise ValueError("a URL here has no user part (it would end up in logs)")
    if not parts.hostname or parts.query or parts.fragment:
        raise ValueError('a URL here is scheme, host and port, as "https://host"')
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname)):
        return value
    raise ValueError("https only; plain http is for loopback (127.0.0.1, ::1, localhost)")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


HttpUrl = Annotated[str, BeforeValidator(_http_url)]


@dataclass(frozen=True, slots=True)
class Credentials:
    """One key, for one signature. Never logged, never shown."""

    access_key_id: str = field(repr=False)
    access_key_secret: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


class Account(BaseModel):
    """What every vendor's `[accounts.NAME]` has. A vendor's own model adds its defaults.

    hosts: default base URL of each service of the vendor; keys of `endpoints` and `regions`.
    default_region: used where the configuration names none; "" means one must be named.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        validate_default=True,
    )
    hosts: ClassVar[Mapping[str, str]] = {}
    default_region: ClassVar[str] = ""

    name: str
    provider: str
    region: str = ""
    regions: Mapping[str, str] = Field(default_factory=dict)
    access_key_id: SecretRef
    access_key_secret: SecretRef
    session_token: SecretRef | None = None
    endpoints: Mapping[str, HttpUrl] = Field(default_factory=dict)
    quota_share: float = Field(default=0.95, gt=0, le=1)

    @field_validator("endpoints", "regions")
    @classmethod
    def _known_services(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for service in value:
            if service not in cls.hosts:
                known = ", ".join(cls.hosts)
                raise ValueError(f"{service} is not a service of this vendor; known: {known}")
        return value

    @field_validator("region")
    @classmethod
    def _region_id(cls, value: str) -> str:
        return cls._checked_region(value)

    @field_validator("regions")
    @classmethod
    def _region_ids(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        return {service: cls._checked_region(region) for service, region in value.items()}

    @staticmethod
    def _checked_region(region: str) -> str:
        if region and not re.fullmatch(r"[A-Za-z0-9-]{1,40}", region):
            raise ValueError('a region is letters, digits and "-", as "ap-guangzhou"')
        return region

    def base_url(self, service: str) -> str:
        """Where the service listens: "https://host" without a path."""
        return self.endpoints.get(service, self.hosts[service]).rstrip("/")

    def region_for(self, service: str) -> str:
        """The region of a service when none is typed; "" where one must be typed."""
        return self.regions.get(service) or self.region or self.default_region

    def app_for(self, service: str) -> int | None:  # noqa: ARG002  # vendors with apps override it
        """The application that a task lives in when none is typed."""
        return None

    def credentials(self) -> Credentials:
        """The keys as they are now. Raises SecretMissingError."""
        return Credentials(
            self.access_key_id.reveal(),
            self.access_key_secret.reveal(),
            self.session_token.reveal() if self.session_token else None,
        )
