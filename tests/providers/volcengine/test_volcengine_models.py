"""Our parameters, read by the models of requests that the vendor's SDK has."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.protobuf.json_format import Parse, ParseError  # type: ignore[import-untyped]  # ships no types
from volcengine.live.models.request import request_live_pb2 as models

from providers.operation import Operation, Parameters, Task
from providers.volcengine.relay import RELAY

# Only relays have models, and only those of the older actions. What has taken an action's place
# takes the same parameters: Continue those of Restart, ListV2 those of List.
MODELS: dict[str, Any] = {
    "StopPullToPushTask": models.StopPullToPushTaskRequest,
    "DeletePullToPushTask": models.DeletePullToPushTaskRequest,
    "ContinuePullToPushTask": models.RestartPullToPushTaskRequest,
    "ListPullToPushTaskV2": models.ListPullToPushTaskRequest,
}


def _read(operation: Operation, parameters: Parameters) -> Any:
    return Parse(json.dumps(dict(parameters)), MODELS[operation.action]())


@pytest.mark.parametrize("operation", RELAY.operations, ids=lambda one: one.verb)
def test_the_sdks_model_knows_our_parameters(operation: Operation) -> None:
    """By name and type: the model takes each, and gives back the value that went in."""
    parameters = dict(operation.parameters(Task("8fde6aa0281d9f6e", "cn-north-1"), "slack:U123"))
    read = _read(operation, parameters)
    assert {field.name: value for field, value in read.ListFields()} == parameters


@pytest.mark.parametrize("operation", RELAY.operations, ids=lambda one: one.verb)
def test_the_sdks_model_refuses_what_is_not_its_own(operation: Operation) -> None:
    """So that the test above can fail: another name is an error."""
    with pytest.raises(ParseError, match="TaskIdentity"):
        _read(operation, {"TaskIdentity": "8fde6aa0281d9f6e"})
