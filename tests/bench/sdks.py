"""The vendors' own SDKs, each making the call that ours is compared with; None where it is not
installed. They block, which is what is measured: nothing else runs meanwhile."""

# ruff: noqa: PLC0415  # an SDK that is not installed, or takes seconds to load, is in nobody's way
from __future__ import annotations

from collections.abc import Awaitable, Callable

__all__ = ["SDKS"]

Caller = Callable[[], Awaitable[object]]


def _tencent(host: str, key: str, secret: str, task: str) -> Caller | None:
    try:
        from tencentcloud.common.credential import Credential
        from tencentcloud.common.profile.client_profile import ClientProfile
        from tencentcloud.common.profile.http_profile import HttpProfile
        from tencentcloud.live.v20180801.live_client import LiveClient
        from tencentcloud.live.v20180801.models import RestartLivePullStreamTaskRequest
    except ImportError:
        return None
    http = HttpProfile(protocol="http", endpoint=host, keepAlive=True)
    client = LiveClient(Credential(key, secret), "ap-guangzhou", ClientProfile(httpProfile=http))
    request = RestartLivePullStreamTaskRequest()
    request.TaskId, request.Operator = task, "slack:U123"

    async def send() -> object:
        return client.RestartLivePullStreamTask(request)

    return send


def _alibaba(host: str, key: str, secret: str, task: str) -> Caller | None:
    try:
        from alibabacloud_live20161101.client import Client
        from alibabacloud_live20161101.models import RestartLivePullToPushRequest
        from alibabacloud_tea_openapi.models import Config
    except ImportError:
        return None
    client = Client(
        Config(access_key_id=key, access_key_secret=secret, protocol="http", endpoint=host)
    )
    request = RestartLivePullToPushRequest(region="cn-shanghai", task_id=task)

    async def send() -> object:
        return client.restart_live_pull_to_push(request)

    return send


def _volcengine(host: str, key: str, secret: str, task: str) -> Caller | None:
    try:
        from volcengine.live.v20230101.live_service import LiveService
    except ImportError:
        return None
    service = LiveService()  # one for the whole process
    service.set_scheme("http")
    service.set_host(host)
    service.set_ak(key)
    service.set_sk(secret)

    async def send() -> object:
        return service.list_pull_to_push_task_v2({"Page": 1, "Size": 100})

    return send


SDKS: dict[str, Callable[[str, str, str, str], Caller | None]] = {
    "tencent": _tencent,
    "alibaba": _alibaba,
    "volcengine": _volcengine,
}
