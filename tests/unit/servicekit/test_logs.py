import json
import subprocess
import sys

import pytest

PROGRAM = """
import logging, structlog
from pydantic import SecretStr
from servicekit import logs
logs.configure("svc", "info", {form!r})
log = structlog.get_logger()
log.info("hello_there", room="r1", client_secret="canary1", dsn=SecretStr("canary2"))
log.debug("never_shown")
try:
    raise ValueError("token=x client_secret=canary3 mail canary4@contoso.example")
except ValueError:
    log.exception("it_failed")
logging.getLogger("driver").warning("lost amqp://u:%s@host", "canary5")
logging.getLogger("aio_pika").info("chatter")
"""


def run(form: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(form=form)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""
    return done.stderr


def test_every_line_is_one_json_object_also_those_of_the_drivers() -> None:
    lines = [json.loads(line) for line in run("json").splitlines()]
    assert [line["event"] for line in lines][:2] == ["hello_there", "it_failed"]
    assert lines[2]["event"].startswith("lost amqp://")
    assert {line["service"] for line in lines} == {"svc"}
    assert "ValueError" in lines[1]["exception"]
    assert lines[0]["timestamp"].endswith("Z")


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_canary_gets_through(form: str) -> None:
    text = run(form)
    assert "hello_there" in text
    assert "canary" not in text
    assert "never_shown" not in text
    assert "chatter" not in text
