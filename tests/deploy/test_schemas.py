"""Every object is one that Kubernetes knows, with fields that it knows."""

import copy

import pytest

from .manifests import SETS, complaints, document, manifests, rendered

VERSIONS = ("1.34.0", "1.37.0")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", SETS)
def test_rendered_manifests_fit_the_schemas(name: str, version: str) -> None:
    assert complaints(rendered(name), version) == []


def test_an_unknown_kind_is_refused() -> None:
    unknown = {"apiVersion": "apps/v1", "kind": "Deploymint", "metadata": {"name": "x"}}
    assert any("schema" in line.lower() for line in complaints(document(unknown), VERSIONS[0]))


def test_an_unknown_api_version_is_refused() -> None:
    deployment = {**manifests("base", "Deployment")[0], "apiVersion": "apps/v9"}
    assert complaints(document(deployment), VERSIONS[0])


def test_an_unknown_field_is_refused() -> None:
    deployment = copy.deepcopy(dict(manifests("base", "Deployment")[0]))
    assert complaints(document(deployment), VERSIONS[0]) == []
    deployment["spec"]["replica"] = 3
    assert complaints(document(deployment), VERSIONS[0])


def test_rendering_twice_gives_the_same_bytes() -> None:
    first = rendered("overlays/production")
    rendered.cache_clear()
    assert rendered("overlays/production") == first
