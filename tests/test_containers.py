"""What lies in containers/: files that others read, checked for what they promise.

Whether an image can be built and which level it locks in at is tried by hand: see docs/instructors.md.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
PROFILE = json.loads((ROOT / "containers" / "seccomp.json").read_text())
CONTAINERFILE = (ROOT / "containers" / "Containerfile").read_text()
POD = yaml.safe_load((ROOT / "containers" / "pod.yaml").read_text())
DEV = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
LOCK = (ROOT / "requirements.lock").read_text()
OF_THE_SYSTEM = {"bpf", "init_module", "finit_module", "kexec_load", "open_by_handle_at", "perf_event_open"}
OF_THE_SYSTEM |= {"settimeofday", "swapon", "userfaultfd", "iopl", "acct"}


def permitted() -> list[str]:
    """The system calls that the profile permits whatever their arguments."""
    rules = [one for one in PROFILE["syscalls"] if one["action"] == "SCMP_ACT_ALLOW" and not one.get("args")]
    return [name for rule in rules for name in rule["names"]]


def test_the_profile_permits_what_namespaces_take_and_nothing_that_rules_the_machine():
    takes = {"unshare", "clone", "clone3", "setns", "mount", "umount2", "pivot_root", "mount_setattr", "sethostname"}
    takes |= {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp", "prctl"}
    assert takes <= set(permitted())
    assert not OF_THE_SYSTEM & set(permitted())
    assert PROFILE["defaultAction"] == "SCMP_ACT_ERRNO"


def test_the_profile_is_plain_enough_for_every_runtime_and_never_says_two_things_of_a_call():
    """Docker and podman know conditions on capabilities; Kubernetes' runtimes read past them."""
    assert set(PROFILE) == {"defaultAction", "defaultErrnoRet", "architectures", "syscalls"}
    assert all(set(rule) <= {"names", "action", "errnoRet", "args"} for rule in PROFILE["syscalls"])
    refused = [one for one in PROFILE["syscalls"] if one["action"] != "SCMP_ACT_ALLOW" and not one.get("args")]
    assert not {name for rule in refused for name in rule["names"]} & set(permitted())


def test_the_profile_is_what_its_script_makes_of_a_default_one(tmp_path):
    default = {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 38,
        "archMap": [],
        "syscalls": [
            {"names": ["read", "unshare"], "action": "SCMP_ACT_ALLOW", "args": [], "includes": {}, "excludes": {}},
            {"names": ["chroot"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_CHROOT"]}, "excludes": {}},
            {"names": ["bpf"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}, "excludes": {}},
            {
                "names": ["bpf", "setns"],
                "action": "SCMP_ACT_ERRNO",
                "errnoRet": 1,
                "includes": {},
                "excludes": {"caps": ["CAP_SYS_ADMIN"]},
            },
            {"names": ["s390_sthyi"], "action": "SCMP_ACT_ALLOW", "includes": {"arches": ["s390x"]}, "excludes": {}},
        ],
    }
    script = tmp_path / "make_seccomp.py"
    script.write_text((ROOT / "containers" / "make_seccomp.py").read_text())
    (tmp_path / "default.json").write_text(json.dumps(default))
    subprocess.run([sys.executable, str(script), str(tmp_path / "default.json")], check=True)
    made = json.loads((tmp_path / "seccomp.json").read_text())
    assert made["syscalls"][:4] == PROFILE["syscalls"][:4]  # what kernels need
    assert made["syscalls"][4:] == [
        {"names": ["read"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["chroot"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["bpf"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
    ]


def test_nobody_grades_as_root_and_nothing_says_where_packages_come_from():
    stages = re.split(r"^FROM .*$", CONTAINERFILE, flags=re.MULTILINE)
    assert stages[-1].count("\nUSER grader\n") == 1 and "USER root" not in CONTAINERFILE
    assert "://" not in CONTAINERFILE and "\nARG TORCH_INDEX=\n" in CONTAINERFILE


def test_what_belongs_to_a_class_never_gets_into_an_image():
    """Whatever git ignores as working data, .dockerignore does, too."""
    ignored = (ROOT / ".dockerignore").read_text().split("\n")
    _, data = (ROOT / ".gitignore").read_text().split("# a class's working data: never in git\n")
    wanted = [line for line in data.splitlines() if line and not line.startswith(("#", "!"))]
    for name in (line.rstrip("/") for line in wanted):
        assert any(one and Path(name).match(one.removeprefix("**/")) for one in ignored) or name in ignored, name


def test_a_build_of_torch_for_cpus_leaves_out_torch_and_what_gpus_need_and_nothing_else(tmp_path):
    """As `make packages TORCH_INDEX=…` would do it."""
    said = subprocess.run(
        ["make", "--dry-run", "packages", "TORCH_INDEX=file:///index", f"VENV={tmp_path}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (command,) = re.findall(r"^awk .*$", said, re.MULTILINE)
    subprocess.run(command, shell=True, cwd=ROOT, check=True)
    names = re.compile(r"^([\w.-]+)==", re.MULTILINE)
    left = (tmp_path / "without-torch.lock").read_text()
    gone = set(names.findall(LOCK)) - set(names.findall(left))
    assert {"torch", "torchvision", "triton", "nvidia-cublas"} <= gone
    assert all(re.match(r"(torch|torchvision|triton|nvidia-.*|cuda-.*)$", name) for name in gone)
    assert left.count("--hash=sha256:") > len(names.findall(left)) and re.search(r"^numpy==", left, re.MULTILINE)
    (asked,) = re.findall(r"`(sed .*)`", said)
    ran = subprocess.run(asked, shell=True, cwd=ROOT, capture_output=True, text=True, check=True)
    versions = dict(re.findall(r"^(torch|torchvision)==([^ ]+)", LOCK, re.MULTILINE))
    assert ran.stdout.split() == [f"{name}=={version}" for name, version in versions.items()]


def test_an_environment_is_made_anew_for_other_versions_and_not_for_newer_files(tmp_path):
    """In an image the clone that is mounted is younger than the environment, and nobody may change that."""
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    environment = tmp_path / "environment"
    environment.mkdir()
    (environment / "made-of").write_text(LOCK + (ROOT / "pyproject.toml").read_text())

    def make() -> str:
        command = ["make", "--no-print-directory", "environment/.ready", "VENV=environment", "PYTHON=false"]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        return ran.stdout + ran.stderr if ran.returncode else "nothing to do"

    assert make() == "nothing to do"
    (tmp_path / "requirements.lock").write_text(LOCK + "# another\n")
    assert "Python 3.11 or newer is needed" in make()


def test_the_pod_has_no_rights_and_a_memory_limit():
    spec = POD["spec"]
    security = spec["containers"][0]["securityContext"]
    assert spec["hostUsers"] is False and spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["seccompProfile"]["type"] == "Localhost"
    assert security["capabilities"] == {"drop": ["ALL"]} and security["allowPrivilegeEscalation"] is False
    assert security["procMount"] == "Unmasked" and security["readOnlyRootFilesystem"]
    assert "memory" in spec["containers"][0]["resources"]["limits"]
    mounted = {one["name"] for one in spec["containers"][0]["volumeMounts"]}
    assert mounted == {one["name"] for one in spec["volumes"]}


def test_the_dev_container_builds_a_stage_that_is_there():
    assert (ROOT / ".devcontainer" / DEV["build"]["dockerfile"]).resolve() == ROOT / "containers" / "Containerfile"
    assert re.search(rf"^FROM \S+ AS {DEV['build']['target']}$", CONTAINERFILE, re.MULTILINE)
    assert f"USER {DEV['remoteUser']}\n" in CONTAINERFILE
    target = DEV["postCreateCommand"].removeprefix("make ")
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
