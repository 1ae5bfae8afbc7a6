"""Stream keys, tokens and auth parameters: masked before anything is shown, kept or logged.

A stream's key is the end of its address, so of an address only the host and the beginning of the
path are told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from providers.foreign import foreign

__all__ = ["MASK", "host_of", "masked", "masked_url"]

MASK = "•••"

_MOST_ITEMS = 30
_MOST_TEXT = 300
_MOST_DEEP = 5

# Names under which vendors keep what nobody else may know: PushArgs, UserSig, PrivateMapKey,
# txSecret, auth_key, AccessKey, SecretKey, Token, Signature, Password.
_SECRET_NAME = re.compile(
    r"secret|token|passw|credential|signature|usersig|pushargs|auth|key\Z", re.IGNORECASE
)
_ADDRESS_NAME = re.compile(r"(url|addr)s?\Z", re.IGNORECASE)  # also without a scheme
_SECRET_VALUE = re.compile(r"(secret|token|auth_key|sign)=", re.IGNORECASE)
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def masked_url(address: object) -> str:
    """Host and path start: "pull.example.com/live/•••". "" for what is no address.

    >>> masked_url("rtmp://push.example.com/live/key?txSecret=1")
    'push.example.com/live/•••'
    """
    host, path = _parts(address)
    if not host:
        return ""
    first, _, rest = path.strip("/").partition("/")
    if not first:
        return host
    # With one part only, that part may be the key itself.
    return f"{host}/{first}/{MASK}" if rest else f"{host}/{MASK}"


def host_of(address: object) -> str:
    """The host alone, for a table; also of what `masked_url` made."""
    host, _ = _parts(address)
    return host


def _parts(address: object) -> tuple[str, str]:
    """Host (with its port) and path of an address. Never raises, and never tells a user part."""
    if not isinstance(address, str) or not address.strip():
        return "", ""
    text = foreign(address.strip(), 1000)
    text = text if _ADDRESS.match(text) else f"//{text}"
    try:
        parts = urlsplit(text)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "", ""
    host = foreign(parts.hostname or "", 120)
    return (f"{host}{port}" if host else ""), foreign(parts.path, 200)


def masked(value: object, *, deep: int = _MOST_DEEP) -> object:
    """A vendor's JSON with every address and every secret masked, bounded in depth and length."""
    if deep == 0:
        return MASK
    if isinstance(value, str):
        return _masked_text(value)
    if isinstance(value, Mapping):
        pairs = list(value.items())[:_MOST_ITEMS]
        return {foreign(name, 60): _masked_field(str(name), inside, deep) for name, inside in pairs}
    if isinstance(value, Sequence):
        return [masked(inside, deep=deep - 1) for inside in value[:_MOST_ITEMS]]
    return value if isinstance(value, int | float | bool) or value is None else foreign(value)


def _masked_field(name: str, value: object, deep: int) -> object:
    if _SECRET_NAME.search(name) and value not in ("", None):
        return MASK
    if _ADDRESS_NAME.search(name) and isinstance(value, str):
        return masked_url(value)
    return masked(value, deep=deep - 1)


def _masked_text(text: str) -> str:
    address = "://" in text or "?" in text
    shown = (masked_url(text) or MASK) if address else foreign(text, _MOST_TEXT)
    return MASK if _SECRET_VALUE.search(shown) else shown
