"""The image's recipe and the compose file: what can be judged without an engine."""

import re

import yaml

from clearooms.settings import Settings

from .manifests import CHECKOUT, DEPLOY, MODULES
from .test_policies import settings_of

DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def test_the_image_runs_as_an_ordinary_user() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.findall(r"^USER (.+)$", last, re.MULTILINE) == ["65532:65532"]


def test_the_image_holds_only_what_is_locked() -> None:
    installs = [
        line for line in DOCKERFILE.replace("\\\n", " ").splitlines() if "pip install" in line
    ]
    assert installs
    for line in installs:
        for command in re.findall(r"pip install[^&]*", line):
            assert "--require-hashes" in command or "--constraint requirements.lock" in command
    assert "requirements-dev" not in DOCKERFILE
    assert "tests" not in DOCKERFILE


def test_what_the_recipe_copies_exists_and_is_not_ignored() -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (CHECKOUT / source).exists(), source
            assert f"!{source.removeprefix('./')}" in ignored, source


def test_compose_starts_every_service_from_its_own_image() -> None:
    for service, module in MODULES.items():
        found = COMPOSE["services"][service]
        assert found["command"] == [module]
        assert found["build"]["args"] == {"SERVICE": service}
        assert (DEPLOY / found["build"]["context"] / found["build"]["dockerfile"]).samefile(
            DEPLOY / "Dockerfile"
        )
        assert (CHECKOUT / "services" / service).is_dir()


def test_compose_has_the_operators_command_at_hand_without_starting_it() -> None:
    found = COMPOSE["services"]["operator"]
    assert found["profiles"]
    assert found["build"]["args"] == {"SERVICE": "../cli"}
    assert (CHECKOUT / "services" / found["build"]["args"]["SERVICE"] / "pyproject.toml").is_file()
    known = {name.upper() for name in Settings.model_fields}
    assert set(found["environment"]) <= known, "never the database"


def test_compose_gives_only_settings_that_the_service_knows() -> None:
    for service, module in MODULES.items():
        assert set(COMPOSE["services"][service]["environment"]) <= settings_of(module), service


def test_compose_services_are_closed_down_and_on_loopback() -> None:
    for service in (*MODULES, "migrate", "operator"):
        found = COMPOSE["services"][service]
        assert found["read_only"] is True, service
        assert found["cap_drop"] == ["ALL"], service
        assert found["user"] == "65532:65532", service
    for service, found in COMPOSE["services"].items():
        for port in found.get("ports", []):
            assert port.startswith("127.0.0.1:"), service


def test_compose_images_are_pinned_and_hold_no_password() -> None:
    for service, found in COMPOSE["services"].items():
        tag = found["image"].rpartition(":")[2]
        assert tag not in ("", "latest", found["image"]), service
    text = (DEPLOY / "compose.yaml").read_text()
    for secret in re.findall(r"(?:PASSWORD|KEYS|TOKEN|PASS): (\S+)", text):
        assert secret.startswith(("${", '"${')), secret


def test_services_use_a_login_that_is_not_the_owner() -> None:
    for service in MODULES:
        url = COMPOSE["services"][service]["environment"].get("DATABASE_URL", "")
        assert "clearooms_owner" not in url, service
