from uuid import UUID

from demo.refusals import of_problem, refusal
from demo.rooms import ImportedRoom
from demo.tenant import BERLIN, LISBON

FJORD = ImportedRoom(UUID(int=1), UUID(int=9), BERLIN.rooms[0], BERLIN)
ALFAMA = ImportedRoom(UUID(int=2), UUID(int=9), LISBON.rooms[0], LISBON)
ROOMS = {room.id: room for room in (FJORD, ALFAMA)}


def alternative(room_id: UUID) -> dict[str, str]:
    return {
        "room_id": str(room_id),
        "start": "2026-11-23T09:00:00Z",
        "end": "2026-11-23T09:45:00Z",
    }


def test_alternatives_are_offered_in_the_wall_time_of_their_office() -> None:
    told = refusal("overlap", "Taken.", [alternative(FJORD.id), alternative(ALFAMA.id)], ROOMS)
    assert [(each["room_name"], each["start"], each["minutes"]) for each in told["alternatives"]] == [
        ("Fjord", "2026-11-23T10:00", 45),
        ("Alfama", "2026-11-23T09:00", 45),
    ]  # fmt: skip


def test_a_room_that_the_page_does_not_show_is_not_offered() -> None:
    told = refusal("overlap", "Taken.", [alternative(UUID(int=3))], ROOMS)
    assert told["alternatives"] == []
    assert told["advice"] == "Choose another time or room."


def test_a_problem_names_the_fields_that_are_to_blame() -> None:
    problem = {
        "detail": "Fields are not acceptable.",
        "errors": [{"field": "organizer.email", "message": "must be an address"}],
    }
    assert of_problem(problem, ROOMS)["detail"] == "organizer.email: must be an address"


def test_a_problem_without_a_reason_keeps_the_portals_words() -> None:
    told = of_problem({"detail": "The booking is cancelled already."}, ROOMS)
    assert (told["reason"], told["detail"]) == (None, "The booking is cancelled already.")
    assert (told["advice"], told["alternatives"]) == ("", [])
