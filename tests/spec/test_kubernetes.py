"""The manifests of Kubernetes: valid, with no more rights than they need, without a secret, and true to the code."""

import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from shared import ROOT
from typer.testing import CliRunner

from assets.commands.main import app

FOLDER = ROOT / "assets" / "deploy" / "kubernetes"
CONTAINERFILE = (ROOT / "assets" / "deploy" / "Containerfile").read_text()
FILES = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "kustomization.yaml")
VERSIONS = ("1.32", "1.34", "1.36")


def manifests() -> list[dict[str, Any]]:
    return [each for file in FILES for each in yaml.safe_load_all(file.read_text())]


def of_kind(kind: str) -> dict[str, Any]:
    (found,) = [each for each in manifests() if each["kind"] == kind]
    return found


@pytest.fixture(scope="module")
def pod() -> dict[str, Any]:
    return of_kind("Deployment")["spec"]["template"]["spec"]


@pytest.fixture(scope="module")
def containers(pod) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in pod["containers"]}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_manifest_is_valid(file, version):
    for manifest in yaml.safe_load_all(file.read_text()):
        kubernetes_validate.validate(manifest, version, strict=True)


def test_the_validator_finds_mistakes():
    """Otherwise the test above would say nothing."""
    broken = of_kind("Deployment")
    broken["spec"]["template"]["spec"]["containers"][0]["imagePulPolicy"] = "Always"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSIONS[-1], strict=True)


def test_all_are_applied_in_one_namespace():
    listed = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
    assert sorted(listed["resources"]) == [file.name for file in FILES]
    (namespace,) = {each["metadata"].get("namespace", each["metadata"]["name"]) for each in manifests()}
    assert listed["namespace"] == namespace
    assert of_kind("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_nothing_runs_with_more_rights_than_it_needs(pod, containers):
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & set(pod)
    for each in containers.values():
        rights = each["securityContext"]
        assert rights["allowPrivilegeEscalation"] is False
        assert rights["readOnlyRootFilesystem"] is True
        assert rights["capabilities"] == {"drop": ["ALL"]}
        assert rights["runAsUser"] > 0
        assert "privileged" not in rights
        assert {"requests", "limits"} <= set(each["resources"])
        assert "memory" in each["resources"]["limits"]
    assert all("hostPath" not in volume for volume in pod["volumes"])


def test_names_lead_somewhere(pod, containers):
    claims = {
        volume["persistentVolumeClaim"]["claimName"] for volume in pod["volumes"] if "persistentVolumeClaim" in volume
    }
    assert claims == {of_kind("PersistentVolumeClaim")["metadata"]["name"]}
    volumes = {volume["name"] for volume in pod["volumes"]}
    assert {mount["name"] for each in containers.values() for mount in each["volumeMounts"]} == volumes
    maps = {each["configMapRef"]["name"] for one in containers.values() for each in one.get("envFrom", ())}
    assert maps == {of_kind("ConfigMap")["metadata"]["name"]}
    labels = of_kind("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert of_kind("Deployment")["spec"]["selector"]["matchLabels"] == labels
    assert of_kind("Service")["spec"]["selector"] == labels
    ports = {port["name"]: port["containerPort"] for each in containers.values() for port in each.get("ports", ())}
    (offered,) = of_kind("Service")["spec"]["ports"]
    (rule,) = of_kind("NetworkPolicy")["spec"]["ingress"]
    assert ports[offered["targetPort"]] == rule["ports"][0]["port"]


def test_the_ui_is_reached_through_the_proxy_alone(containers):
    """It listens on the loopback of the pod; only the proxy has a port."""
    assert "ports" not in containers["ui"]
    assert "--behind-proxy" in containers["ui"]["args"]
    assert "--host" not in containers["ui"]["args"]
    text = (FOLDER / "README.md").read_text()
    assert f"--listen {containers['proxy']['ports'][0]['containerPort']}" in text


def test_no_secret_is_in_a_file(containers):
    assert "Secret" not in {each["kind"] for each in manifests()}
    given = {each["name"]: each for one in containers.values() for each in one.get("env", ())}
    assert all(set(each) == {"name", "valueFrom"} and "secretKeyRef" in each["valueFrom"] for each in given.values())
    secret = re.compile("secret|password|postgres_url|access_key", re.IGNORECASE)
    assert not [name for name in of_kind("ConfigMap")["data"] if secret.search(name)]
    keys = {each["valueFrom"]["secretKeyRef"]["key"] for each in given.values()}
    readme = (FOLDER / "README.md").read_text()
    assert all(key in readme for key in keys)


def test_it_says_what_the_code_knows(containers):
    """Variables, the command and its options, the user, the folder and the image are those of the code."""
    code = "\n".join(path.read_text() for part in ("assets", "pipeline") for path in (ROOT / part).rglob("*.py"))
    named = {*of_kind("ConfigMap")["data"], *(each["name"] for each in containers["ui"]["env"])}
    for variable in named:
        short = variable.removeprefix("COHESION_").lower()
        assert variable in code or f'"{short}"' in code, variable
    shown = CliRunner().invoke(app, [containers["ui"]["args"][0], "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert all(option in shown.output for option in containers["ui"]["args"][1:] if option.startswith("--"))
    user = re.search(r"^USER (\d+):(\d+)$", CONTAINERFILE, re.MULTILINE)
    assert user is not None
    rights = containers["ui"]["securityContext"]
    assert (rights["runAsUser"], rights["runAsGroup"]) == tuple(map(int, user.groups()))
    assert f"VOLUME {_place(containers['ui'], 'project')}" in CONTAINERFILE
    assert containers["ui"]["image"].split(":")[0] == re.search(r"-t ([\w-]+)", CONTAINERFILE)[1]
    health = re.search(r"127\.0\.0\.1:3000(/\w*)", CONTAINERFILE)[1]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert f"127.0.0.1:3000{health}'" in containers["ui"][probe]["exec"]["command"][-1]


def _place(container: dict[str, Any], volume: str) -> str:
    return next(mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] == volume)


def test_the_memory_allowed_is_less_than_the_limit(containers):
    limit = int(containers["ui"]["resources"]["limits"]["memory"].removesuffix("Gi")) * 2**30
    assert float(of_kind("ConfigMap")["data"]["COHESION_MEMORY"].removesuffix("GB")) * 1e9 < limit


def test_the_image_is_documented_where_it_is_built():
    assert Path(FOLDER / "README.md").is_file()
    assert "kubernetes/" in (ROOT / "assets" / "deploy" / "README.md").read_text()
