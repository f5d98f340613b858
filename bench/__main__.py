"""Runs every benchmark, or the named ones: `python -m bench [ingress …]`."""

import importlib
import pkgutil
import sys
import time

import bench


def main(wanted: list[str]) -> int:
    """Run each benchmark under a header; the exit status is 1 if one misses what it must reach."""
    named = [module.name for module in pkgutil.iter_modules(bench.__path__)]
    missed = []
    for name in named:
        if name == "__main__" or (wanted and name not in wanted):
            continue
        module = importlib.import_module(f"bench.{name}")
        if not hasattr(module, "bench"):
            continue
        print(f"\n## {name}: {(module.__doc__ or '').splitlines()[0]}\n", flush=True)
        began = time.monotonic()
        if not module.bench():
            missed.append(name)
        print(f"\n({name}: {time.monotonic() - began:.0f} s)", flush=True)
    if missed:
        print(f"\nbelow what design §6 demands: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
