"""Alibaba Cloud's own SDK, speaking to the simulator."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from alibabacloud_live20161101 import models
from alibabacloud_live20161101.client import Client
from alibabacloud_tea_openapi.models import Config

if TYPE_CHECKING:
    from tests.providers.alibaba.conftest import Vendor

ID = "6f869419-0001"


def sdk_client(vendor: Vendor) -> Any:
    """The SDK's client, with the vendor's key, at the simulator's address."""
    return Client(
        Config(
            access_key_id=vendor.key.access_key_id,
            access_key_secret=vendor.key.access_key_secret,
            security_token=vendor.key.session_token,
            protocol="http",
            endpoint=vendor.simulator.url.removeprefix("http://"),
        )
    )


def model(action: str, part: str) -> Any:
    """The SDK's model of an action's request or answer: "Request", "ResponseBody"."""
    return getattr(models, f"{action}{part}")


async def call_sdk(
    vendor: Vendor, action: str = "RestartLivePullToPush", **parameters: object
) -> Any:
    """One call with the SDK, over the wire: the body of the answer. Without parameters, it is on
    the conftest's task."""
    told = {"region": "cn-shanghai", **parameters}
    if action != "DescribeLivePullToPushList":
        told.setdefault("task_id", ID)
    method = re.sub(r"(?<!^)(?=[A-Z])", "_", action).lower()
    send = getattr(sdk_client(vendor), method)
    return (await asyncio.to_thread(send, model(action, "Request")(**told))).body
