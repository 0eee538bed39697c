"""Writes seccomp.json: with it, students' code is locked in by namespaces in a container without further rights.

    python containers/make_seccomp.py /usr/share/containers/seccomp.json

The one idea: take the profile that containers have anyway, and permit what a kernel's own world is made with. None of these
calls gives a process any right over what it does not own: in a user namespace of its own it may mount and name things, and
they exist in there alone. The argument is the default profile of podman's package (github.com/containers/common, Apache
License 2.0), from which all other rules are taken. What there depends on capabilities and machines is decided here, since
Kubernetes' runtimes read only the plain form of a profile: for the capabilities that Docker and podman leave to a container.
"""

import json
import sys
from pathlib import Path

NEEDED = {
    "a kernel's own namespaces": ["clone", "clone3", "setns", "unshare"],
    "its own file system": ["mount", "mount_setattr", "pivot_root", "umount2"],
    "its own name": ["sethostname"],
    "what it may open inside, and call": ["landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self"]
    + ["prctl", "seccomp"],
}
CAPABILITIES = set(
    "CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT AUDIT_WRITE".split()
)
MACHINES = {"amd64", "x86", "x32", "arm", "arm64"}
ARCHITECTURES = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]


def applies(rule: dict) -> bool:
    """Whether a rule of the default profile holds for a container with CAPABILITIES on one of MACHINES."""

    def held(conditions: dict) -> bool:
        return all(name.removeprefix("CAP_") in CAPABILITIES for name in conditions.get("caps", []))

    given, unless = rule.get("includes", {}), rule.get("excludes", {})
    if not held(given) or (given.get("arches") and not MACHINES & set(given["arches"])):
        return False
    return not (unless.get("caps") and held(unless)) and not MACHINES & set(unless.get("arches", []))


def profile(default: dict) -> dict:
    """The default profile in its plain form, with what is NEEDED permitted whatever else it says of it."""
    rules = [{"names": names, "action": "SCMP_ACT_ALLOW"} for names in NEEDED.values()]
    needed = {name for names in NEEDED.values() for name in names}
    for rule in filter(applies, default["syscalls"]):
        plain = {"names": sorted(set(rule["names"]) - needed), "action": rule["action"]}
        plain |= {key: rule[key] for key in ("errnoRet", "args") if rule.get(key)}
        if plain["names"]:
            rules.append(plain)
    return {
        "defaultAction": default["defaultAction"],
        "defaultErrnoRet": default["defaultErrnoRet"],
        "architectures": ARCHITECTURES,
        "syscalls": rules,
    }


def main() -> None:
    default = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    text = json.dumps(profile(default), indent=1) + "\n"
    Path(__file__).with_name("seccomp.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
