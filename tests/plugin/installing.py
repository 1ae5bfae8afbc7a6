"""Puts packages where `importlib.metadata` finds them, as pip leaves them: code and .dist-info."""

import importlib
import shutil
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from providers.plugins import GROUP

HERE = Path(__file__).parent


def install_acme(into: Path) -> None:
    """The example package of this folder, by what its pyproject.toml says."""
    project = tomllib.loads((HERE / "pyproject.toml").read_text("utf-8"))["project"]
    package = "acme_stream_bot"
    shutil.copytree(HERE / package, into / package, ignore=shutil.ignore_patterns("__pycache__"))
    declare(into, project["entry-points"][GROUP], project["name"], project["version"])


def install_module(into: Path, name: str, code: str, distribution: str = "") -> None:
    """A plugin of one module, whose entry point is the module's `PROVIDER`."""
    module = f"{name.replace('-', '_')}_plugin"
    (into / f"{module}.py").write_text(code, "utf-8")
    declare(into, {name: f"{module}:PROVIDER"}, distribution or f"{name}-stream-bot", "0.1")


def declare(into: Path, points: Mapping[str, str], distribution: str, version: str) -> None:
    """A distribution's metadata. points: the entry points of our group."""
    folder = into / f"{distribution.replace('-', '_')}-{version}.dist-info"
    folder.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n"
    (folder / "METADATA").write_text(metadata, "utf-8")
    lines = [f"[{GROUP}]", *(f"{name} = {value}" for name, value in points.items())]
    (folder / "entry_points.txt").write_text("\n".join(lines), "utf-8")


@contextmanager
def on_the_path(folder: Path) -> Iterator[None]:
    """What is in the folder is installed for as long as this lasts."""
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        importlib.invalidate_caches()
        for name, module in list(sys.modules.items()):
            if (getattr(module, "__file__", None) or "").startswith(str(folder)):
                del sys.modules[name]
