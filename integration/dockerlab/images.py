"""The images of the lab: the base, the wheels that are installed in them, and who makes them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from integration.dockerlab.program import run
from integration.matrix.plan import MACHINES
from integration.netlab.plan import PROJECT

DOCKERFILE = PROJECT / "integration" / "docker" / "Dockerfile"
BASE_SCRIPT = PROJECT / "integration" / "docker" / "base-image"
WHEELS = PROJECT / "dist"
SUITE = "bookworm"
"""The release of Debian that the hosts are, if no other is asked for; of integration.matrix.plan.MACHINES."""

PREFIX = "haproxy-agentx-lab/"
BUILD_SECONDS = 600.0

Say = Callable[[str], None]


def make(variant: str, say: Say, suite: str = SUITE) -> str:
    """Make all images, each as far as it is not made already; return the base's name. LabError."""
    machine = MACHINES[suite]
    say(f"making the wheels, and {machine.title} where it is not here")
    with ThreadPoolExecutor() as pool:
        maker = (str(PROJECT / "tools" / "as-owner"), str(PROJECT / "tools" / "make-wheels"))
        wheels = pool.submit(run, *maker, str(WHEELS), machine.python, seconds=BUILD_SECONDS)
        base = pool.submit(run, str(BASE_SCRIPT), suite, seconds=BUILD_SECONDS).result().stdout.strip()
        wheels.result()
    say(f"making the images on {base}")
    for target in ("stock", "balancer"):
        build(target, base, variant)
    return base


def build(target: str, base: str, variant: str) -> None:
    """Make one image."""
    arguments = [f"--build-arg=BASE={base}", *([f"--build-arg=VARIANT={variant}"] if target == "balancer" else [])]
    run(
        *("docker", "build", "--network=host", f"--target={target}", f"--tag={PREFIX}{target}", *arguments),
        *(f"--file={DOCKERFILE}", str(PROJECT)),
        seconds=BUILD_SECONDS,
    )


def names() -> list[str]:
    """Return the images that are the lab's own."""
    shown = run("docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}").stdout.split()
    return [name for name in shown if name.startswith(PREFIX)]


def remove() -> None:
    """Remove them."""
    if found := names():
        run("docker", "image", "rm", "--force", *found, seconds=120)
