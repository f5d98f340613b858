"""Each distribution declares what it imports: in the shared environment an undeclared import works by accident, in its image not."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from .manifests import CHECKOUT

FOLDERS = [
    *sorted(path.parent for path in CHECKOUT.glob("*/*/pyproject.toml")),
    CHECKOUT / "cli",
    CHECKOUT / "demo",
]


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def distributions() -> dict[str, set[str]]:
    return {
        module: {normalised(name) for name in names}
        for module, names in packages_distributions().items()
    }


def providers(module: str) -> set[str]:
    return distributions().get(
        module, {normalised(module)}
    )  # ours are installed editable, unlisted


def declared(folder: Path) -> set[str]:
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    extras = [each for extra in project.get("optional-dependencies", {}).values() for each in extra]
    names = [re.match(r"[\w.-]+", each) for each in [*project["dependencies"], *extras]]
    return {normalised(name[0]) for name in names if name} | {normalised(project["name"])}


def imported(folder: Path) -> Iterator[tuple[Path, str]]:
    for source in sorted((folder / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Import):
                yield from ((source, name.name.partition(".")[0]) for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                yield source, node.module.partition(".")[0]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_import_is_declared(folder: Path) -> None:
    missing = {
        f"{source.relative_to(folder)}: {module}"
        for source, module in imported(folder)
        if module not in sys.stdlib_module_names and not providers(module) & declared(folder)
    }
    assert not missing
