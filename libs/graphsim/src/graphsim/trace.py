"""One number for all that was asked, answered and posted: equal where two runs were equal."""

import hashlib
import re

import msgspec

from .wire import Call

_HOSTS = re.compile(rb"://[^/\"?\s]+")


class Trace:
    """Calls count in their order; notifications in any, for Graph promises none.

    Hosts and ports count nowhere, of Entra's answers only the status: keys are made afresh.
    """

    def __init__(self) -> None:
        self._answered = hashlib.sha256()
        self._posted = 0
        self.calls = 0
        self.items = 0

    def answered(self, call: Call, status: int, body: bytes) -> None:
        """Counts a call; looking at the control API leaves no trace."""
        service = call.path.strip("/").partition("/")[0]
        if service == "_sim" and call.method == "GET":
            return
        self.calls += 1
        query = "&".join(f"{name}={value}" for name, value in call.query.items())
        line = f"{call.method} {call.path}?{query} {status}\n"
        known = (call.body, body) if service in {"_sim", "v1.0"} else ()
        for part in (line.encode(), *known):
            self._answered.update(_HOSTS.sub(b"://", part) + b"\0")

    def posted(self, target: str, body: bytes) -> None:
        """Counts the items of one POST to a notification URL, each for itself."""
        for item in msgspec.json.decode(body).get("value", ()):
            self.items += 1
            shown = {name: value for name, value in item.items() if name != "encryptedContent"}
            text = target.encode() + b"\0" + msgspec.json.encode(shown)
            self._posted += int.from_bytes(hashlib.sha256(text).digest(), "big")

    def report(self) -> dict[str, object]:
        """How much was counted, and the hash of it."""
        whole = self._answered.copy()
        whole.update((self._posted % 2**256).to_bytes(32, "big"))
        return {"calls": self.calls, "items": self.items, "hash": whole.hexdigest()}
