"""Kernels that need time to get warm get it while the grader imports what it needs itself."""

from jupyter_client.provisioning import KernelProvisionerFactory
from traitlets.config import Config


def warm_up(config: Config) -> None:
    """Have the configured provisioner prepare, if it can; where that has been done already, nothing is done."""
    name = config.RunSubmission.get("provisioner", "")
    found = KernelProvisionerFactory.instance().provisioners.get(name)
    if found is not None and hasattr(kind := found.load(), "warm_up"):
        kind.warm_up(config)
