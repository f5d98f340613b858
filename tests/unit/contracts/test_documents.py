import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from contracts.documents import documents, schemas

FOLDER = Path(__file__).parents[3] / "docs" / "messages"
SCHEMAS = schemas()
ASYNCAPI = json.loads(documents()["asyncapi.json"])


def test_the_committed_documents_are_what_the_models_say() -> None:
    committed = {
        str(path.relative_to(FOLDER)): path.read_text(encoding="utf-8")
        for path in FOLDER.rglob("*.json")
    }
    assert committed == documents(), "run: python -m contracts docs/messages"


@pytest.mark.parametrize("name", SCHEMAS)
def test_each_schema_is_valid_and_accepts_its_example(name: str) -> None:
    schema = SCHEMAS[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    for example in schema["examples"]:
        validator.validate(example)


def test_a_schema_refuses_what_the_model_refuses() -> None:
    schema = SCHEMAS["com.clearooms.command.book.v1"]
    validator = jsonschema.Draft202012Validator(schema)
    example = schema["examples"][0]
    refused: list[dict[str, Any]] = [{"subject": "x" * 256}, {"attendees": []}, {"sequence": -1}]
    for data in refused:
        assert not validator.is_valid({**example, "data": {**example["data"], **data}}), data


def test_every_reference_of_the_asyncapi_document_leads_somewhere() -> None:
    references = list(_references(ASYNCAPI))
    assert references
    for reference in references:
        if reference.startswith("./"):
            assert (FOLDER / reference).is_file(), reference
        else:
            found: Any = ASYNCAPI
            for step in reference.removeprefix("#/").split("/"):
                found = found[step]


def test_every_message_is_sent_or_received_on_a_channel() -> None:
    reached = {
        reference.rpartition("/")[2]
        for channel in ASYNCAPI["channels"].values()
        for reference in _references(channel["messages"])
    }
    assert reached == set(SCHEMAS) == set(ASYNCAPI["components"]["messages"])


def _references(node: Any) -> Any:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for each in node.values():
            yield from _references(each)
    elif isinstance(node, list):
        for each in node:
            yield from _references(each)
