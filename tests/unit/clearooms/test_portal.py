"""What goes wrong between the command and the portal ends with the right code, and says what to do."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from typing_extensions import override

from clearooms.failure import REFUSED, UNREACHABLE, Failure, NotThere
from clearooms.portal import Portal


@dataclass
class Answer:
    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def problem(status: int, detail: str, **headers: str) -> Answer:
    return Answer(status, json.dumps({"detail": detail}).encode(), headers)


@contextmanager
def answering(*answers: Answer) -> Iterator[tuple[Portal, list[tuple[str, Any]]]]:
    """A loopback server that gives these answers in turn, and what it was asked."""
    asked: list[tuple[str, Any]] = []
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, dict(self.headers)))
            answer = left.pop(0)
            self.send_response(answer.status)
            for name, value in (answer.headers | {"Content-Length": str(len(answer.body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.body)

        @override
        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        with requests.Session() as session:
            yield Portal(f"http://127.0.0.1:{server.server_port}", "secret-token", session), asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("answer", "code", "says"),
    [
        (problem(401, "The token is not valid."), REFUSED, "PORTAL_OPERATOR_TOKEN must be"),
        (problem(403, "This needs the role operator."), REFUSED, "a person's token"),
        (problem(409, "The integration is switched off."), REFUSED, "Nothing was changed"),
        (problem(503, "The database is away.", **{"Retry-After": "2"}), UNREACHABLE, "in 2 s"),
        (problem(500, "Something went wrong."), REFUSED, "log"),
        (Answer(502, b"<html>nginx</html>"), REFUSED, "Look at PORTAL_URL"),
        (Answer(200, b"<html>welcome</html>"), REFUSED, "Look at PORTAL_URL"),
        (Answer(302, b"", {"Location": "http://127.0.0.1:9/"}), REFUSED, "Look at PORTAL_URL"),
    ],
)
def test_a_refusal_says_what_to_do(answer: Answer, code: int, says: str) -> None:
    with answering(answer) as (portal, asked), pytest.raises(Failure) as failed:
        portal.call("GET", "/api/organisations")
    assert failed.value.code == code
    assert says in failed.value.todo
    assert len(asked) == 1, "a redirect would have got the token"
    assert "secret-token" not in f"{failed.value.text} {failed.value.todo}"


def test_what_is_not_there_can_be_told_apart() -> None:
    with (
        answering(problem(404, "There is no such booking.")) as (portal, _),
        pytest.raises(NotThere),
    ):
        portal.call("GET", "/api/bookings/1")


def test_fields_that_are_not_acceptable_are_named() -> None:
    refused = {"detail": "A field.", "errors": [{"field": "name", "message": "too short"}]}
    answer = Answer(422, json.dumps(refused).encode())
    with answering(answer) as (portal, _), pytest.raises(Failure) as failed:
        portal.call("GET", "/api/organisations")
    assert "name: too short" in failed.value.text


def test_a_list_is_followed_to_its_last_page_as_the_operator_of_one_organisation() -> None:
    pages = (
        Answer(200, b'{"items": [1, 2], "next": "/api/rooms?after=2"}'),
        Answer(200, b'{"items": [3], "next": null}'),
    )
    with answering(*pages) as (portal, asked):
        assert list(portal.items("/api/rooms", organisation="o1")) == [1, 2, 3]
    assert [path for path, _ in asked] == ["/api/rooms", "/api/rooms?after=2"]
    assert {headers["X-Organisation"] for _, headers in asked} == {"o1"}
    assert {headers["Authorization"] for _, headers in asked} == {"Bearer secret-token"}


def test_nobody_there_is_told_as_such() -> None:
    with requests.Session() as session, pytest.raises(Failure) as failed:
        Portal("http://127.0.0.1:1", "t", session).call("GET", "/api/organisations")
    assert failed.value.code == UNREACHABLE
