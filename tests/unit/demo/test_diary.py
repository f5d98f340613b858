from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from demo.diary import Deed, Diary, DiarySimulator
from graphsim import Clock
from graphsim.options import Options
from graphsim.wire import Call, query_of, segments_of

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
ROOM = UUID(int=1)
MEETINGS = f"/_sim/mailboxes/{ROOM}/meetings"


def call(method: str, path: str, body: bytes = b"") -> Call:
    path, _, query = path.partition("?")
    return Call(method, path, segments_of(path), query_of(query), {}, body, "https://sim.test", AT)


def test_deeds_are_read_as_they_were_written(tmp_path: Path) -> None:
    diary = Diary(tmp_path / "diary.jsonl")
    assert diary.read() == []
    deeds = [Deed(AT, "POST", "/a", {"subject": "Küche\n"}), Deed(AT, "DELETE", "/b", None)]
    for deed in deeds:
        diary.write(deed)
    assert diary.read() == deeds


async def test_only_what_changed_a_calendar_is_noted_and_nothing_while_reliving(
    tmp_path: Path,
) -> None:
    diary = Diary(tmp_path / "diary.jsonl")
    reliving = False
    simulator = DiarySimulator(Options(), Clock(lambda: AT), diary, lambda: reliving)
    tenant = b'{"tenant_id": "%s", "rooms": [{"id": "%s", "mailbox": "r@x.test", "name": "R"}]}'
    ids = (str(UUID(int=2)).encode(), str(ROOM).encode())
    await simulator.handle(call("POST", "/_sim/tenants", tenant % ids))
    meeting = b'{"subject": "S", "start": "2026-11-24T09:00:00Z", "end": "2026-11-24T10:00:00Z"}'
    made = await simulator.handle(call("POST", MEETINGS, meeting))
    assert made.status == 201
    await simulator.handle(call("GET", MEETINGS))
    refused = await simulator.handle(call("DELETE", f"{MEETINGS}/nothing"))
    assert refused.status == 404
    reliving = True
    await simulator.handle(call("POST", MEETINGS, meeting))
    [deed] = diary.read()
    assert (deed.at, deed.method, deed.path, deed.body["subject"]) == (AT, "POST", MEETINGS, "S")
