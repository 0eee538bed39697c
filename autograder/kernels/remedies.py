"""What would lock students' code in better on the kind of system that this is, in words.

The one idea: facts about a system are gathered in one place, and what they mean is a function of them alone.
"""

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from .levels import Found

_UNSAFE = (
    "or, for code that you trust, set c.LockedInProvisioner.allow_unsafe_kernels = True, which gives up all protection"
)


@dataclass(frozen=True)
class System:
    """What matters about this machine. container: "docker", "podman", "kubernetes", "gvisor", "wsl1" or "" for none of them.

    user_namespaces: how many the system permits. apparmor_restricts, unprivileged_forbidden: two settings against them, of
    Ubuntu since 24.04 and of older Debians.
    """

    name: str
    container: str = ""
    user_namespaces: int = 1
    apparmor_restricts: bool = False
    unprivileged_forbidden: bool = False
    root: bool = False


def this_system() -> System:
    """The facts about the machine that this runs on."""
    if sys.platform != "linux":
        return System(platform.system())
    return System(
        "Linux",
        _container(),
        _number("/proc/sys/user/max_user_namespaces", 1),
        bool(_number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 0)),
        not _number("/proc/sys/kernel/unprivileged_userns_clone", 1),
        os.geteuid() == 0,
    )


def remedy(found: Found, system: System | None = None) -> str:
    """What to do for the next level up, as the end of a sentence; for a system that gives `found`."""
    system = system or this_system()
    if system.name != "Linux":
        return f"grade in a container or a virtual machine with Linux (see docs/instructors.md), {_UNSAFE}"
    if system.container == "wsl1":
        return f"move this distribution to WSL 2 (wsl --set-version), {_UNSAFE}"
    if "landlock" in found.lacks:
        how = {
            "gvisor": "gVisor has no Landlock: grade on nodes with another runtime, or, in a container that holds one"
            " submission only, as root with c.LockedInProvisioner.level = 'uid'",
        }.get(
            system.container,
            "use Linux 5.13 or newer with landlock among its security modules (boot with lsm=landlock,…; in a container, a"
            " seccomp profile that permits it, as Docker's and podman's own of today do)",
        )
        return f"{how}; {_UNSAFE}" if found.level == "none" else how
    return {
        "docker": "docker run --security-opt seccomp=containers/seccomp.json --security-opt systempaths=unconfined",
        "podman": "podman run --security-opt seccomp=containers/seccomp.json --security-opt unmask=ALL",
        "kubernetes": "give the pod hostUsers: false, procMount: Unmasked and the seccomp profile containers/seccomp.json (see"
        " containers/pod.yaml)",
        "gvisor": "grade on nodes with another runtime",
    }.get(system.container) or _on_a_machine(system)


def _on_a_machine(system: System) -> str:
    if system.user_namespaces == 0:
        return "permit user namespaces: sysctl -w user.max_user_namespaces=15000"
    if system.apparmor_restricts and not system.root:
        return (
            "let this Python make user namespaces: an AppArmor profile with `userns,` for it (see docs/instructors.md), or"
            " sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
        )
    if system.unprivileged_forbidden and not system.root:
        return "permit user namespaces: sysctl -w kernel.unprivileged_userns_clone=1"
    return "permit user namespaces and mounts in them to whoever grades"


def _container() -> str:
    version = _text("/proc/version")
    if "gVisor" in version or "gvisor" in _text("/proc/sys/kernel/osrelease").lower():
        return "gvisor"
    if "Microsoft" in version and "WSL2" not in version and "microsoft-standard" not in version:
        return "wsl1"
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        return "kubernetes"
    if Path("/run/.containerenv").exists():
        return "podman"
    return "docker" if Path("/.dockerenv").exists() else ""


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _number(path: str, otherwise: int) -> int:
    text = _text(path).strip()
    return int(text) if text.isdigit() else otherwise
