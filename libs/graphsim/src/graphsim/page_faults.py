"""Lists paged by `$skip` that lose rows, repeat them or never end (graph-calendar §1.8, §3)."""

from .faults import Page
from .paging import next_link
from .wire import Answer, Call

_LINK = "@odata.nextLink"


def spoil(call: Call, answer: Answer, page: Page) -> None:
    """Does one page wrong; an answer that is no list stays as it is."""
    payload = answer.payload
    if not isinstance(payload, dict) or not isinstance(rows := payload.get("value"), list):
        return
    first, linked = int(call.query.get("$skip", "0")), _LINK in payload
    after = first + len(rows)
    match page:
        case "partial" if len(rows) > 1:
            payload["value"] = rows[: len(rows) // 2]
            payload[_LINK] = next_link(call, first + len(rows) // 2)
        case "unlinked":
            payload.pop(_LINK, None)
        case "sliding" if linked:
            # As when an earlier row was removed meanwhile: one row is never seen.
            payload[_LINK] = next_link(call, after + 1)
        case "repeating" if linked:
            payload[_LINK] = next_link(call, after - 1)
        case "endless":
            # The same rows for ever under a token that changes (QA 12762375).
            payload[_LINK] = f"{next_link(call, first)}&%24skiptoken={call.request_id}"
        case _:
            return
