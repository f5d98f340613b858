"""The message contract for people outside: an AsyncAPI 3.0 document and a JSON Schema per message."""

import inspect
import json
from typing import Any, Final, Literal

from pydantic import BaseModel

from . import routing
from .cloudevents import CONTENT_TYPE, CloudEvent
from .commands import COMMAND_TYPES
from .events import BOOKING_TYPE, EVENT_TYPES
from .examples import command_bodies, event_messages

Json = dict[str, Any]
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def documents() -> dict[str, str]:
    """The text of every generated file by its path below `docs/messages`."""
    files = {"asyncapi.json": _text(_asyncapi())}
    for name, schema in schemas().items():
        files[f"schemas/{name}.json"] = _text(schema)
    return files


def schemas() -> dict[str, Json]:
    """A JSON Schema (draft 2020-12) of the whole message per CloudEvents type."""
    examples = {name: json.loads(body) for name, body in command_bodies().items()}
    examples |= {name: json.loads(body) for name, (_, body) in event_messages().items()}
    made = {
        name: _schema(name, command, "validation", examples[name])
        for name, command in COMMAND_TYPES.items()
    }
    for name, event in EVENT_TYPES.items():
        made[name] = _schema(name, event, "serialization", examples[name])
    return made


def _schema(
    name: str,
    model: type[BaseModel],
    mode: Literal["validation", "serialization"],
    example: Json,
) -> Json:
    # Attributes without a value are left out of an envelope, but data is always whole.
    envelope = CloudEvent[model].model_json_schema()  # type: ignore[valid-type] # chosen at run time
    data = model.model_json_schema(mode=mode)
    definitions = data.pop("$defs", {})
    properties = envelope["properties"]
    properties["type"] = {"const": name}
    properties["data"] = data
    required = [*envelope["required"]]
    if name == BOOKING_TYPE:
        for attribute in ("subject", "sequence"):
            properties[attribute] = next(
                each for each in properties[attribute]["anyOf"] if each["type"] != "null"
            )
            required.append(attribute)
    return {
        "$schema": DIALECT,
        "$id": f"urn:clearooms:messages:{name}",
        "title": name,
        "description": inspect.getdoc(model) or "",
        "type": "object",
        "properties": properties,
        "required": required,
        "examples": [example],
        **({"$defs": definitions} if definitions else {}),
    }


def _asyncapi() -> Json:
    bodies = command_bodies()
    messages = {
        name: _message(name, model, json.loads(bodies[name]))
        for name, model in COMMAND_TYPES.items()
    }
    channels: Json = {
        "commands": {
            "address": routing.SYNC_COMMANDS,
            "title": "Commands to the sync",
            "description": "Publish with mandatory and confirms; one terminal result follows each.",
            "messages": {_short(name): _reference("messages", name) for name in COMMAND_TYPES},
            "bindings": _bindings(routing.COMMANDS, "direct"),
        }
    }
    operations: Json = {
        "receiveCommands": {
            "action": "receive",
            "channel": _reference("channels", "commands", root=True),
            "summary": "The sync worker carries out commands of the platform and the portal.",
        }
    }
    for name, (key, body) in event_messages().items():
        messages[name] = _message(name, EVENT_TYPES[name], json.loads(body))
        channel, address = _short(name), str(key)
        channels[channel] = {
            "address": address,
            "messages": {channel: _reference("messages", name)},
            "bindings": _bindings(routing.EVENTS, "topic"),
        }
        if name == BOOKING_TYPE:
            channels[channel]["address"] = "booking.{status}"
            channels[channel]["parameters"] = {
                "status": {
                    "description": "The booking's status; a change of content repeats it.",
                    "enum": list(routing.BookingStatus.__args__),  # type: ignore[attr-defined] # a Literal
                }
            }
        operations[f"send{channel[0].upper()}{channel[1:]}"] = {
            "action": "send",
            "channel": _reference("channels", channel, root=True),
            "summary": inspect.getdoc(EVENT_TYPES[name]) or "",
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Clearooms Calendar Sync",
            "version": "1.0.0",
            "description": (
                "State, not events: keep the highest `sequence` per `subject`, and redelivery or disorder do no harm. "
                "Declare your own queue, bind it to the topic exchange with the keys you want, confirm when stored."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages},
    }


def _message(name: str, model: type[BaseModel], example: Json) -> Json:
    return {
        "name": name,
        "title": _short(name),
        "summary": inspect.getdoc(model) or "",
        "contentType": CONTENT_TYPE,
        "payload": {"$ref": f"./schemas/{name}.json"},
        "examples": [{"name": "example", "payload": example}],
    }


def _short(name: str) -> str:
    """`com.clearooms.room.synced.v1` → `roomSynced`."""
    words = name.removeprefix("com.clearooms.").removesuffix(".v1").replace("_", ".").split(".")
    return words[0] + "".join(word.capitalize() for word in words[1:])


def _reference(kind: str, name: str, *, root: bool = False) -> Json:
    return {"$ref": f"#/{kind}/{name}" if root else f"#/components/{kind}/{name}"}


def _bindings(exchange: str, kind: str) -> Json:
    return {
        "amqp": {
            "is": "routingKey",
            "exchange": {"name": exchange, "type": kind, "durable": True, "autoDelete": False},
            "bindingVersion": "0.3.0",
        }
    }


def _text(document: Json) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
