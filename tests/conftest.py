"""What every test may use."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"
_ALLOWED = "needs the folder ../shared"
_NOT_THERE = (_ALLOWED, "the folder with the")  # how tests that read from it say so


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="fail if a test was skipped (CI)")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Skips(config), "skips")


class _Skips:
    """In CI nothing may be left out, except what needs a folder that users do not have."""

    def __init__(self, config: pytest.Config) -> None:
        self._strict = config.getoption("--no-skips")
        self._left_out: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.skipped:
            return
        absent = any(words in str(report.longrepr) for words in _NOT_THERE)
        if not (absent and not SHARED.is_dir()):
            self._left_out.append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._strict and self._left_out and session.exitstatus == 0:
            session.exitstatus = 1

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self._strict and self._left_out:
            terminalreporter.write_line(f"skipped, and CI allows none: {self._left_out}")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with the vendors' pages and Slack's schema. Users do not have it."""
    if not SHARED.is_dir():
        pytest.skip(_ALLOWED)
    return SHARED
