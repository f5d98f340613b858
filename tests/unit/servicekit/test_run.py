import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import asyncio, os, signal, sys
from pydantic import Field
from servicekit.run import run
from servicekit.settings import ServiceSettings, SettingsInvalid

class Settings(ServiceSettings):
    amqp_url: str = Field(description="the broker")

async def main(settings, stop):
    if settings.amqp_url == "raise":
        raise RuntimeError("broken")
    if settings.amqp_url == "refuse":
        async with asyncio.TaskGroup():
            raise SettingsInvalid("AMQP_URL", "is not to my liking")
    if settings.amqp_url == "return":
        return
    print("up", flush=True)
    await stop.wait()
    print("draining", flush=True)
    if settings.amqp_url == "hang":
        await asyncio.Event().wait()

run("svc", Settings, main)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "svc.py"
    path.write_text(PROGRAM)
    return path


def run(program: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, program, *arguments],
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def start(program: Path, **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, program],
        env={"PATH": os.environ["PATH"], **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_help_lists_the_settings_and_needs_none(program: Path) -> None:
    done = run(program, "--help")
    assert done.returncode == 0
    assert "AMQP_URL (required)" in done.stdout
    assert "the broker" in done.stdout


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({}, "svc: AMQP_URL: is missing: the broker\n"),
        ({"AMQP_URL": "refuse"}, "svc: AMQP_URL: is not to my liking\n"),
        (
            {"AMQP_URL": "x", "AMQP_URL_FILE": "/y"},
            "svc: AMQP_URL: given twice: AMQP_URL and AMQP_URL_FILE\n",
        ),
    ],
)
def test_a_bad_setting_is_one_line_and_exit_2(
    program: Path, environ: dict[str, str], line: str
) -> None:
    done = run(program, **environ)
    assert (done.returncode, done.stderr) == (2, line)


def test_an_unknown_argument_is_exit_2(program: Path) -> None:
    assert run(program, "--port", AMQP_URL="x").returncode == 2


def test_a_main_that_returns_is_exit_0_and_one_that_raises_exit_1(program: Path) -> None:
    assert run(program, AMQP_URL="return").returncode == 0
    failed = run(program, AMQP_URL="raise")
    assert failed.returncode == 1
    assert "broken" in failed.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_drains(program: Path, number: signal.Signals) -> None:
    with start(program, AMQP_URL="x") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(number)
        out, _ = process.communicate(timeout=20)
        assert (process.returncode, out) == (0, "draining\n")


def test_the_second_signal_aborts_what_hangs(program: Path) -> None:
    with start(program, AMQP_URL="hang") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.terminate()
        assert process.stdout.readline() == "draining\n"
        process.terminate()
        process.communicate(timeout=20)
        assert process.returncode == -signal.SIGTERM
