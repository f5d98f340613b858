"""The rendered manifests, and what the schemas say about them."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
DEPLOY = CHECKOUT / "deploy"
PROGRAMS = Path(sys.executable).parent
SETS = ("base", "overlays/production")
MODULES = {
    "webhook-ingress": "webhook_ingress",
    "sync-worker": "sync_worker",
    "subscription-manager": "subscription_manager",
    "portal": "portal",
}

Manifest = Mapping[str, Any]


@cache
def rendered(name: str) -> str:
    """What `kubectl kustomize` makes of a folder below deploy/."""
    return subprocess.run(
        [PROGRAMS / "kubectl", "kustomize", DEPLOY / name],
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@cache
def _objects(name: str) -> list[Manifest]:
    return [each for each in yaml.safe_load_all(rendered(name)) if each]


def manifests(name: str, *kinds: str) -> list[Manifest]:
    """The objects of these kinds, all without any."""
    return [each for each in _objects(name) if not kinds or each["kind"] in kinds]


def workloads(name: str) -> Iterator[tuple[str, Manifest]]:
    """Name and pod specification of everything that runs."""
    for each in manifests(name, "Deployment", "Job"):
        yield each["metadata"]["name"], each["spec"]["template"]["spec"]


def containers(name: str) -> Iterator[tuple[str, Manifest]]:
    """Name of the workload and container, init containers included."""
    for workload, pod in workloads(name):
        for container in [*pod["containers"], *pod.get("initContainers", [])]:
            yield workload, container


def complaints(text: str, version: str) -> list[str]:
    """What a Kubernetes version's schemas have against these objects; a kind without schema counts as one."""
    done = subprocess.run(
        [PROGRAMS / "kubernetes-validate", "--strict", "-k", version, "-"],
        input=text,
        check=False,
        capture_output=True,
        text=True,
    )
    lines = (done.stdout + done.stderr).splitlines()
    passed = [line for line in lines if line.startswith("INFO ") and " passed " in line]
    refused = [line for line in lines if line and line not in passed]
    expected = sum(1 for each in yaml.safe_load_all(text) if each)
    if len(passed) != expected:
        refused.append(f"{len(passed)} of {expected} objects passed")
    if done.returncode != 0:
        refused.append(f"exit code {done.returncode}")
    return refused


def document(manifest: Manifest) -> str:
    """One object as text that the validator reads."""
    return json.dumps(manifest)
