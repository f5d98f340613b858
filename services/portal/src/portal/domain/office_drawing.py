"""An uploaded SVG as shapes alone: no script, no animation, nothing from elsewhere, bounded work for whoever draws it."""

import re
from typing import Final
from xml.etree import ElementTree as ET
from xml.parsers import expat

from py_svg_hush import filter_svg

from .office_plan import Drawing
from .refusal import Reason, Refusal

MOST_SVG_BYTES: Final = 2 * 1024 * 1024
MOST_ELEMENTS: Final = 50_000
_DEEPEST: Final = 64  # py-svg-hush indents each level: without a limit a deep file takes all memory
_DEEPEST_USE: Final = 8
_LARGEST, _SMALLEST = 4096, 1000  # units of the longer side: shapes lose nothing by either

_SVG: Final = "{http://www.w3.org/2000/svg}"
_XLINK_HREF: Final = "{http://www.w3.org/1999/xlink}href"
_MOVING: Final = {"animate", "animateMotion", "animateTransform", "set", "discard"}
_DROPPED: Final = _MOVING | {"image", "feImage", "filter", "foreignObject", "script", "metadata"}
_ELSEWHERE: Final = re.compile(r"url\(\s*+(?!['\"]?#)[^)]*\)?", re.IGNORECASE)
_LOADING: Final = re.compile(r"@(?:import|font-face)[^;{]*(?:;|\{[^}]*\}?|$)", re.IGNORECASE)
_NUMBER = r"[+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]{1,3})?"
_BOX: Final = re.compile(rf"\s*{_NUMBER}[\s,]+{_NUMBER}[\s,]+({_NUMBER})[\s,]+({_NUMBER})\s*")
_LENGTH: Final = re.compile(rf"\s*({_NUMBER})\s*(px|pt|pc|mm|cm|in)?\s*")
_LONGEST_NUMBERS: Final = 100
_ENDLESS: Final = 1e9
_PIXELS: Final = {
    "px": 1.0, "pt": 96 / 72, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0,
}  # fmt: skip


def redrawn_svg(raw: bytes) -> Drawing:
    """Return the drawing's shapes as an SVG of ours; raises Refusal in words for what cannot be shown."""
    if len(raw) > MOST_SVG_BYTES:
        raise Refusal(
            Reason.TOO_LARGE,
            "The SVG has more than 2 MiB: simplify the drawing, or export it as PNG.",
        )
    _look_through(raw)
    try:
        root = ET.fromstring(raw)  # noqa: S314 — looked through: no entities, not too deep, not too much
    except (ValueError, ET.ParseError) as error:
        raise _broken() from error
    if root.tag != f"{_SVG}svg":
        raise _broken()
    width, height = _size(root)
    _clean(root)
    _count_drawn(root)
    root.set("xmlns", _SVG[1:-1])
    root.set("width", str(width))
    root.set("height", str(height))
    try:
        content = filter_svg(ET.tostring(root, "utf-8"))
    except ValueError as error:
        raise _broken() from error
    return Drawing("image/svg+xml", content, width, height)


def _look_through(raw: bytes) -> None:
    """Refuse, before anything is built from it, what is endless, broken or needs what lies elsewhere."""
    depth = elements = 0

    def begin(name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if depth > _DEEPEST or elements > MOST_ELEMENTS:
            raise _too_much()
        if name.rpartition(":")[2] == "image":
            raise Refusal(
                Reason.INVALID,
                "The SVG has a photograph or scan inside: export the whole drawing as PNG or JPEG and upload that.",
            )

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def document_type(_name: str, _system: str | None, _public: str | None, subset: int) -> None:
        if subset:
            raise Refusal(
                Reason.INVALID,
                "The SVG defines entities, which we do not take: save it as “plain SVG” or export it as PNG.",
            )

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = document_type
    try:
        parser.Parse(raw, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise _broken() from error


def _clean(root: ET.Element) -> None:
    for element in root.iter():
        for child in list(element):
            if not child.tag.startswith(_SVG) or child.tag.removeprefix(_SVG) in _DROPPED:
                element.remove(child)
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        if element.tag == "style":
            element.text = _rules(element.text or "")
        for name, value in list(element.items()):
            del element.attrib[name]
            target = "href" if name == _XLINK_HREF else name
            if not _inert(target, value):
                continue
            element.set(target, _rules(value) if target == "style" else value)


def _inert(name: str, value: str) -> bool:
    if name.lower().startswith("on"):
        return False
    if name.rpartition("}")[2] in {"href", "src"}:
        return value.startswith("#")
    return name == "style" or not _ELSEWHERE.search(value)


def _rules(css: str) -> str:
    """The rules without what they load; none at all where an escape could hide it."""
    return "" if "\\" in css else _ELSEWHERE.sub("none", _LOADING.sub("", css))


def _count_drawn(root: ET.Element) -> None:
    """Refuse a drawing that repeats its parts by `use` until nobody can draw it."""
    named = {element.get("id"): element for element in root.iter() if element.get("id")}
    drawn = 0

    def visit(element: ET.Element, level: int) -> None:
        nonlocal drawn
        drawn += 1
        if drawn > MOST_ELEMENTS * 2 or level > _DEEPEST_USE:
            raise _too_much()
        for child in element:
            visit(child, level)
        repeated = named.get(element.get("href", "#")[1:]) if element.tag == "use" else None
        if repeated is not None:
            visit(repeated, level + 1)

    visit(root, 0)


def _size(root: ET.Element) -> tuple[int, int]:
    """Units that the drawing covers, from its width and height or its viewBox; sees to it that it has one."""
    width, height = _length(root.get("width")), _length(root.get("height"))
    box = _box(root.get("viewBox", ""))
    if box is not None and not (width and height):
        known = width or box[0]
        width, height = (
            (height * box[0] / box[1], height) if height else (known, known * box[1] / box[0])
        )
    if not width or not height:
        raise Refusal(
            Reason.INVALID,
            "The SVG does not say its size: give it a viewBox, or width and height, or export it as PNG.",
        )
    if box is None:
        root.set("viewBox", f"0 0 {width:g} {height:g}")
    longer = max(width, height)
    scale = min(max(longer, _SMALLEST), _LARGEST) / longer
    if min(width, height) * scale < 1:
        raise _broken()
    return round(width * scale), round(height * scale)


def _box(text: str) -> tuple[float, float] | None:
    """Width and height of a viewBox; None where it is none."""
    parts = _BOX.fullmatch(text[:_LONGEST_NUMBERS])
    if parts is None:
        return None
    width, height = float(parts[1]), float(parts[2])
    return (width, height) if 0 < width < _ENDLESS and 0 < height < _ENDLESS else None


def _length(text: str | None) -> float | None:
    """CSS pixels; None for per cent and what is no length."""
    found = _LENGTH.fullmatch((text or "")[:_LONGEST_NUMBERS])
    if found is None:
        return None
    pixels = float(found[1]) * _PIXELS[found[2] or "px"]
    return pixels if 0 < pixels < _ENDLESS else None


def _too_much() -> Refusal:
    return Refusal(
        Reason.TOO_LARGE,
        "The SVG has too many parts to be drawn quickly: simplify the drawing, or export it as PNG.",
    )


def _broken() -> Refusal:
    return Refusal(
        Reason.INVALID,
        "This SVG cannot be read: open it in a drawing program, save it as “plain SVG” and upload that.",
    )
