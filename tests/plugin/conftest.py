"""Acme is installed for the tests of this folder. In a repository of its own, pip does that."""

from collections.abc import Iterator

import pytest

from tests.plugin.installing import install_acme, on_the_path


@pytest.fixture(scope="module", autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("site-packages")
    install_acme(folder)
    with on_the_path(folder):
        yield
