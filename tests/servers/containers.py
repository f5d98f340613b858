"""Whether a Docker engine answers."""

import shutil
import subprocess
from functools import cache


@cache
def engine_answers() -> bool:
    """Whether `docker` is installed and its engine answers within five seconds."""
    if shutil.which("docker") is None:
        return False
    try:
        asked = subprocess.run(["docker", "info"], capture_output=True, check=False, timeout=5)
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0
