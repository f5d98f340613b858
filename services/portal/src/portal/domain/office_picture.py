"""An uploaded picture, drawn anew: what is kept are pixels or shapes, never the bytes that were sent."""

from io import BytesIO
from typing import Final

from PIL import Image, ImageOps

from .office_drawing import redrawn_svg
from .office_plan import Drawing, Media
from .refusal import Reason, Refusal

MOST_BYTES: Final = 10 * 1024 * 1024
MOST_PIXELS: Final = 40_000_000
LONGEST_SIDE: Final = 4096
SHORTEST_SIDE: Final = 100
TOO_LARGE: Final = (
    "The file has more than 10 MiB: save the picture smaller, 4096 pixels a side are enough."
)

_MOST_SCANS: Final = 100  # a progressive JPEG has about ten; each is work over the whole picture
_LARGEST_PNG: Final = 4 * 1024 * 1024  # beyond it is a photograph, which JPEG holds better
_INSTEAD: Final = "Save it as PNG or JPEG and upload that."
_NAMED: Final = (
    (b"GIF8", "a GIF picture", _INSTEAD),
    (b"%PDF", "a PDF", "Export the page with the plan as PNG, JPEG or SVG and upload that."),
    (b"BM", "a BMP picture", _INSTEAD),
    (b"II*\0", "a TIFF picture", _INSTEAD),
    (b"MM\0*", "a TIFF picture", _INSTEAD),
    (b"\x1f\x8b", "a compressed file", "Unpack it first."),
    (b"PK\x03\x04", "an archive or an Office document", "Export the plan from it as PNG or SVG."),
    (b"AC10", "an AutoCAD drawing", "Export it as SVG or PNG and upload that."),
)
_BRANDS: Final = {b"avif": "an AVIF picture", b"avis": "an AVIF picture"}
_HEIC: Final = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"}


def redrawn(raw: bytes) -> Drawing:
    """Return the picture drawn anew, at most 4096 units a side; raises Refusal in words for what cannot be shown.

    Takes a second of CPU for a large one.
    """
    if len(raw) > MOST_BYTES:
        raise Refusal(Reason.TOO_LARGE, TOO_LARGE)
    if raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return _pixels(raw, "PNG")
    if raw.startswith(b"\xff\xd8\xff"):
        if raw.count(b"\xff\xda") > _MOST_SCANS:
            raise _broken("JPEG")
        return _pixels(raw, "JPEG")
    if _markup(raw):
        return redrawn_svg(raw)
    raise _unsupported(raw)


def _markup(raw: bytes) -> bool:
    head = raw[:8192].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return head.startswith(b"<") and b"<svg" in head


def _unsupported(raw: bytes) -> Refusal:
    brand = raw[8:12]
    if raw[4:8] == b"ftyp" and brand in _HEIC:
        what, instead = "a HEIC picture, as phones take them", _INSTEAD
    elif raw[4:8] == b"ftyp" and brand in _BRANDS:
        what, instead = _BRANDS[brand], _INSTEAD
    elif raw.startswith(b"RIFF") and brand == b"WEBP":
        what, instead = "a WebP picture", _INSTEAD
    else:
        what, instead = next(
            ((what, instead) for start, what, instead in _NAMED if raw.startswith(start)),
            ("no picture that we know", "Upload a PNG, a JPEG or an SVG."),
        )
    return Refusal(Reason.UNSUPPORTED_MEDIA, f"This is {what}. {instead}")


def _pixels(raw: bytes, kind: str) -> Drawing:
    try:
        opened = Image.open(BytesIO(raw), formats=(kind,))  # reads the header alone
        width, height = opened.size
        if width * height <= MOST_PIXELS:
            return _encoded(_upright(opened), kind)
    except Refusal:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except Exception as error:  # hostile bytes make decoders raise nearly anything
        raise _broken(kind) from error
    raise _too_many_pixels()


def _upright(opened: Image.Image) -> Image.Image:
    """The first frame as a person sees it, small enough, in RGB or RGBA."""
    opened.load()
    seen = opened
    if seen.mode.startswith("I"):  # 16 bits of grey
        seen = seen.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    wanted = "RGBA" if seen.has_transparency_data else "RGB"
    if seen.mode != wanted:
        seen = seen.convert(wanted)
    seen.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    return ImageOps.exif_transpose(seen)


def _encoded(seen: Image.Image, kind: str) -> Drawing:
    if min(seen.size) < SHORTEST_SIDE:
        raise Refusal(
            Reason.INVALID,
            f"The picture is smaller than {SHORTEST_SIDE} pixels a side: upload a larger one.",
        )
    # Pasted, because what a file says beside its pixels (place, camera, comments) would be written again.
    clean = Image.new(seen.mode, seen.size)
    clean.paste(seen)
    content, media = BytesIO(), "image/png"
    if kind == "PNG":
        clean.save(content, "PNG")
    if kind == "JPEG" or content.tell() > _LARGEST_PNG:
        content, media = BytesIO(), "image/jpeg"
        _on_white(clean).save(content, "JPEG", quality=88)
    known: Media = "image/png" if media == "image/png" else "image/jpeg"
    return Drawing(known, content.getvalue(), *clean.size)


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode == "RGB":
        return picture
    white = Image.new("RGB", picture.size, "white")
    white.paste(picture, mask=picture.getchannel("A"))
    return white


def _too_many_pixels() -> Refusal:
    return Refusal(
        Reason.TOO_LARGE,
        "The picture has more than 40 million pixels: save it smaller, 4096 pixels a side are enough.",
    )


def _broken(kind: str) -> Refusal:
    return Refusal(
        Reason.INVALID,
        f"This {kind} is damaged or not complete: open it in a picture program, save it anew and upload that.",
    )
