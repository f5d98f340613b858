"""The rules of the restricted profile, of orderly roll-outs and of closed networks, over the rendered manifests."""

import importlib
import re
from collections.abc import Mapping
from typing import Any

import pytest

from servicekit.settings import ServiceSettings

from .manifests import MODULES, SETS, Manifest, containers, manifests, workloads

pytestmark = pytest.mark.parametrize("name", SETS)

PRIVATE = {"10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"}


def settings_of(module: str) -> set[str]:
    """Names in the environment that a service reads."""
    found = importlib.import_module(f"{module}.settings")
    own = [
        each
        for each in vars(found).values()
        if isinstance(each, type)
        and issubclass(each, ServiceSettings)
        and each is not ServiceSettings
    ]
    assert len(own) == 1, f"{module}.settings has {len(own)} settings classes"
    return {field.upper() for field in own[0].model_fields}


def environment(container: Manifest) -> Mapping[str, Any]:
    return {each["name"]: each for each in container.get("env", [])}


def deployment(name: str, service: str) -> Manifest:
    (found,) = (
        each for each in manifests(name, "Deployment") if each["metadata"]["name"] == service
    )
    return found


def selected(policy: Manifest, workload: str) -> bool:
    selector = policy["spec"]["podSelector"]
    if not selector:
        return True
    (expression,) = selector["matchExpressions"]
    assert expression["key"] == "app.kubernetes.io/name"
    assert expression["operator"] == "In"
    return workload in expression["values"]


def test_every_service_and_the_migration_are_there(name: str) -> None:
    assert {workload for workload, _ in workloads(name)} == {*MODULES, "migrate"}


def test_the_namespace_enforces_the_restricted_profile(name: str) -> None:
    (namespace,) = manifests(name, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    inside = [each for each in manifests(name) if each["kind"] != "Namespace"]
    assert {each["metadata"]["namespace"] for each in inside} == {namespace["metadata"]["name"]}


def test_pods_run_as_an_ordinary_user_under_seccomp(name: str) -> None:
    for workload, pod in workloads(name):
        context = pod["securityContext"]
        assert context["runAsNonRoot"] is True, workload
        assert context["runAsUser"] >= 10_000, workload
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, workload


def test_containers_have_no_privilege_and_a_read_only_root(name: str) -> None:
    for workload, container in containers(name):
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False, workload
        assert context["readOnlyRootFilesystem"] is True, workload
        assert context["capabilities"] == {"drop": ["ALL"]}, workload
        assert not context.get("privileged"), workload


def test_pods_share_nothing_with_their_host(name: str) -> None:
    for workload, pod in workloads(name):
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys(), workload
        assert not [volume for volume in pod.get("volumes", []) if "hostPath" in volume], workload
    for workload, container in containers(name):
        assert not [port for port in container.get("ports", []) if "hostPort" in port], workload


def test_each_workload_has_an_account_of_its_own_without_a_token(name: str) -> None:
    accounts = {each["metadata"]["name"]: each for each in manifests(name, "ServiceAccount")}
    for workload, pod in workloads(name):
        assert pod["serviceAccountName"] == workload
        assert pod["automountServiceAccountToken"] is False, workload
        assert accounts[workload]["automountServiceAccountToken"] is False, workload
    assert not manifests(name, "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")


def test_images_are_pinned_to_a_version(name: str) -> None:
    for workload, container in containers(name):
        tag = re.fullmatch(r"[^:@]+(?::\d+)?[^:@]*:([\w.-]+)", container["image"])
        assert tag, f"{workload}: {container['image']}"
        assert tag[1] != "latest", workload


def test_the_image_is_the_services_own(name: str) -> None:
    for workload, container in containers(name):
        service = "sync-worker" if workload == "migrate" else workload
        assert container["image"].rpartition(":")[0].endswith(f"clearooms/{service}")
        expected = ["pgstore", "migrate"] if workload == "migrate" else [MODULES[service]]
        assert container["args"] == expected


def test_memory_is_bounded_and_shares_are_asked_for(name: str) -> None:
    for workload, container in containers(name):
        resources = container["resources"]
        assert {"cpu", "memory", "ephemeral-storage"} <= resources["requests"].keys(), workload
        assert {"memory", "ephemeral-storage"} <= resources["limits"].keys(), workload


def test_secrets_come_as_files_and_never_as_variables(name: str) -> None:
    for workload, container in containers(name):
        assert "envFrom" not in container, workload
        for variable in container.get("env", []):
            assert "secretKeyRef" not in variable.get("valueFrom", {}), workload
    for workload, pod in workloads(name):
        mounts = {each["name"]: each for each in pod["containers"][0]["volumeMounts"]}
        for volume in pod["volumes"]:
            if "secret" in volume:
                assert volume["secret"]["secretName"] == workload
                assert volume["secret"]["defaultMode"] == 0o440
                assert mounts[volume["name"]]["readOnly"] is True
    assert not manifests(name, "Secret"), "secrets do not belong into the repository"


def test_every_secret_setting_is_given_as_a_file(name: str) -> None:
    secret = re.compile(r"(DATABASE_URL|AMQP_URL|KEYS|TOKEN|SECRET)$")
    for workload, container in containers(name):
        for variable in environment(container):
            assert not secret.search(variable), f"{workload}: {variable} as a plain value"


def test_every_variable_is_a_setting_that_the_service_knows(name: str) -> None:
    for workload, container in containers(name):
        known = {"DATABASE_URL"} if workload == "migrate" else settings_of(MODULES[workload])
        for variable in environment(container):
            assert variable.removesuffix("_FILE") in known or variable in known, (
                f"{workload}: {variable}"
            )


def test_every_required_setting_is_given(name: str) -> None:
    for workload, container in containers(name):
        if workload == "migrate":
            continue
        module = importlib.import_module(f"{MODULES[workload]}.settings")
        for each in vars(module).values():
            if isinstance(each, type) and issubclass(each, ServiceSettings):
                required = {
                    field.upper() for field, info in each.model_fields.items() if info.is_required()
                }
                given = {variable.removesuffix("_FILE") for variable in environment(container)}
                assert required <= given, workload


def test_the_settings_map_has_every_key_that_is_referred_to(name: str) -> None:
    maps = {each["metadata"]["name"]: each["data"] for each in manifests(name, "ConfigMap")}
    for workload, container in containers(name):
        for variable, entry in environment(container).items():
            if reference := entry.get("valueFrom", {}).get("configMapKeyRef"):
                assert reference["key"] in maps[reference["name"]], f"{workload}: {variable}"


def test_liveness_asks_another_question_than_readiness(name: str) -> None:
    for service in MODULES:
        (container,) = deployment(name, service)["spec"]["template"]["spec"]["containers"]
        ports = {port["name"] for port in container["ports"]}
        live, ready, start = (
            container[probe]["httpGet"]
            for probe in ("livenessProbe", "readinessProbe", "startupProbe")
        )
        assert (live["path"], ready["path"], start["path"]) == ("/livez", "/readyz", "/livez")
        assert {live["port"], ready["port"], start["port"]} == {"ops"} <= ports


def test_the_operators_port_is_behind_no_service(name: str) -> None:
    for service in manifests(name, "Service"):
        assert service["spec"].get("type", "ClusterIP") == "ClusterIP"
        assert [port["targetPort"] for port in service["spec"]["ports"]] == ["http"]


def test_a_roll_out_takes_nothing_away_before_its_replacement_is_ready(name: str) -> None:
    for service in MODULES:
        update = deployment(name, service)["spec"]["strategy"]["rollingUpdate"]
        assert update == {"maxUnavailable": 0, "maxSurge": 1}, service


def test_a_pod_has_time_to_leave_the_endpoints_and_to_drain(name: str) -> None:
    for service in MODULES:
        pod = deployment(name, service)["spec"]["template"]["spec"]
        pause = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert 5 <= pause <= 10, service
        assert pod["terminationGracePeriodSeconds"] >= pause + 30, service


def test_each_service_survives_a_drained_node(name: str) -> None:
    budgets = {
        each["metadata"]["name"]: each["spec"] for each in manifests(name, "PodDisruptionBudget")
    }
    for service in MODULES:
        found = deployment(name, service)
        spread = found["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert found["spec"]["replicas"] >= (3 if service == "webhook-ingress" else 2)
        assert {each["topologyKey"] for each in spread} == {
            "kubernetes.io/hostname",
            "topology.kubernetes.io/zone",
        }
        budget = budgets[service]
        assert (
            budget["selector"]["matchLabels"].items()
            <= found["spec"]["template"]["metadata"]["labels"].items()
        )
        assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
        assert budget.get("minAvailable", 0) < found["spec"]["replicas"]


def test_the_migration_ends_and_is_cleared_away(name: str) -> None:
    (job,) = manifests(name, "Job")
    assert job["spec"]["activeDeadlineSeconds"] <= 3600
    assert job["spec"]["ttlSecondsAfterFinished"] > 0
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_the_network_is_closed_in_both_directions_unless_named(name: str) -> None:
    policies = {each["metadata"]["name"]: each["spec"] for each in manifests(name, "NetworkPolicy")}
    deny = policies["default-deny"]
    assert deny["podSelector"] == {}
    assert set(deny["policyTypes"]) == {"Ingress", "Egress"}
    assert not deny.get("ingress")
    assert not deny.get("egress")


def test_each_workload_reaches_exactly_what_it_needs(name: str) -> None:
    reached: dict[str, set[int]] = {workload: set() for workload, _ in workloads(name)}
    for policy in manifests(name, "NetworkPolicy"):
        for rule in policy["spec"].get("egress") or []:
            assert rule["to"], policy["metadata"]["name"]
            for workload, ports in reached.items():
                if selected(policy, workload):
                    ports.update(port["port"] for port in rule["ports"])
    assert reached == {
        "webhook-ingress": {53, 5671},
        "sync-worker": {53, 443, 5432, 5671},
        "subscription-manager": {53, 443, 5432, 5671},
        "portal": {53, 443, 5432, 5671},
        "migrate": {53, 5432},
    }


def test_only_what_has_a_service_is_reached_from_the_gateway(name: str) -> None:
    served = {each["metadata"]["name"] for each in manifests(name, "Service")}
    for policy in manifests(name, "NetworkPolicy"):
        for rule in policy["spec"].get("ingress") or []:
            assert rule["from"], policy["metadata"]["name"]
            ports = {port["port"] for port in rule["ports"]}
            reached = {workload for workload, _ in workloads(name) if selected(policy, workload)}
            assert reached == (served if ports == {"http"} else set(MODULES))


def test_the_way_to_microsoft_leads_to_nothing_inside(name: str) -> None:
    for policy in manifests(name, "NetworkPolicy"):
        for rule in policy["spec"].get("egress") or []:
            for peer in rule["to"]:
                if block := peer.get("ipBlock"):
                    assert set(block["except"]) >= PRIVATE
