"""Settings from the environment: one name everywhere, `NAME_FILE` for any of them (design §4.2)."""

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
)
from pydantic_core import PydanticUndefined
from typing_extensions import override

from .address import parse_address
from .live import Live

__all__ = ["Listen", "Live", "ServiceSettings", "SettingsInvalid", "describe", "load"]

T = TypeVar("T")


class SettingsInvalid(Exception):
    """One setting is missing or bad; the text names it and never shows its value."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


def _checked(text: str) -> str:
    parse_address(text)
    return text


Listen = Annotated[str, AfterValidator(_checked)]


class ServiceSettings(BaseModel):
    """What every service reads; the field `database_url` is the variable `DATABASE_URL`."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, arbitrary_types_allowed=True)

    listen: Listen = Field("127.0.0.1:8080", description="host:port of the public listener")
    ops_listen: Listen = Field(
        "127.0.0.1:9090", description="host:port of /livez, /readyz, /metrics; never public"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="least severe log line that is written"
    )
    log_format: Literal["json", "console"] = Field("json", description="json or console")

    _files: dict[str, Path] = PrivateAttr(default_factory=dict)

    @override
    def model_post_init(self, context: Any) -> None:
        if isinstance(context, dict):
            self._files.update(context)

    def live(self, field: str, parse: Callable[[str], T]) -> Live[T]:
        """A value that follows its `NAME_FILE`; raises SettingsInvalid when the first one is bad."""
        given = getattr(self, field)
        first = given.get_secret_value() if isinstance(given, SecretStr) else str(given)
        try:
            return Live(field.upper(), parse, first, self._files.get(field))
        except ValueError as error:
            # The parser's own words may quote the value.
            meaning = type(self).model_fields[field].description
            raise SettingsInvalid(field.upper(), f"cannot be parsed: {meaning}") from error

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """The settings in this environment; raises SettingsInvalid."""
        return load(cls, environ)


S = TypeVar("S", bound=ServiceSettings)


def load(cls: type[S], environ: Mapping[str, str]) -> S:
    """The settings in this environment, empty ones counting as not given; raises SettingsInvalid."""
    given: dict[str, str] = {}
    files: dict[str, Path] = {}
    for field in cls.model_fields:
        name = field.upper()
        text, file = environ.get(name, ""), environ.get(f"{name}_FILE", "")
        if text and file:
            raise SettingsInvalid(name, f"given twice: {name} and {name}_FILE")
        if file:
            files[field] = Path(file)
            text = _read(name, files[field])
        if text:
            given[field] = text.lower() if name == "LOG_LEVEL" else text
    try:
        return cls.model_validate(given, context=files)
    except ValidationError as error:
        _refuse(cls, error)


def _read(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise SettingsInvalid(name, f"{name}_FILE cannot be read: {path}") from error


def _refuse(cls: type[S], error: ValidationError) -> NoReturn:
    first = error.errors(include_url=False, include_input=False)[0]
    field = str(first["loc"][0]) if first["loc"] else ""
    known = cls.model_fields.get(field)
    if known is None:
        raise SettingsInvalid("settings", first["msg"]) from error
    if first["type"] == "missing":
        raise SettingsInvalid(field.upper(), f"is missing: {known.description}") from error
    reason = first["msg"].removeprefix("Value error, ")
    raise SettingsInvalid(field.upper(), f"is bad: {reason}") from error


def describe(cls: type[ServiceSettings]) -> str:
    """Every setting with its default and meaning, for `--help`."""
    lines: list[str] = []
    for field, known in cls.model_fields.items():
        default = _default(known.default)
        lines.append(f"  {field.upper()} ({default})")
        lines.extend(textwrap.wrap(known.description or "", 92, initial_indent=" " * 6,
                                   subsequent_indent=" " * 6))  # fmt: skip
    lines.append("")
    lines.append("Any NAME may be given as NAME_FILE, the path of a file that holds the value.")
    return "\n".join(lines)


def _default(default: Any) -> str:
    if default is PydanticUndefined:
        return "required"
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    if default is None or default == "":
        return "optional"
    return f"default {default}"
