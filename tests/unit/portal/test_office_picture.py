"""Uploaded pictures: what is kept is drawn by us, what cannot be shown is refused in words, nothing is served alive."""

import re
import struct
import zlib
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from portal.domain.office_picture import redrawn
from portal.domain.refusal import Reason, Refusal

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    b' viewBox="0 0 1200 800">%s</svg>'
)
CANARY = b"canary-41c7"


def picture(kind: str, size: tuple[int, int] = (300, 200), mode: str = "RGB", **more: Any) -> bytes:
    out = BytesIO()
    Image.new(mode, size, 200 if mode in {"L", "I;16"} else None).save(out, kind, **more)
    return out.getvalue()


def seen(content: bytes) -> Image.Image:
    opened = Image.open(BytesIO(content))
    opened.load()
    return opened


def png_chunk(kind: bytes, content: bytes) -> bytes:
    mark = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", mark)


def png_bomb(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width // 8 + 1) * min(height, 20_000)), 9)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", head)
        + png_chunk(b"IDAT", rows)
        + png_chunk(b"IEND", b"")
    )


def png_with_text_bomb() -> bytes:
    whole = picture("PNG")
    bomb = png_chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(80 * 1024 * 1024), 9))
    return whole[:33] + bomb + whole[33:]


def jpeg_of_many_scans() -> bytes:
    whole = picture("JPEG", progressive=True)
    begin, end = whole.index(b"\xff\xda"), whole.rindex(b"\xff\xd9")
    return whole[:begin] + whole[begin:end] * 60 + whole[end:]


def with_exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = CANARY.decode()  # the camera
    return picture("JPEG", exif=exif, comment=CANARY)


def commented_png() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", CANARY.decode())
    return picture("PNG", pnginfo=info, icc_profile=CANARY)


def animated_png() -> bytes:
    out = BytesIO()
    frames = [Image.new("RGB", (300, 200), colour) for colour in ("red", "blue", "green")]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


def test_a_png_stays_a_png_of_its_size() -> None:
    drawing = redrawn(picture("PNG", (640, 480)))
    assert (drawing.media, drawing.width, drawing.height) == ("image/png", 640, 480)
    assert seen(drawing.content).size == (640, 480)


def test_a_transparent_png_stays_transparent() -> None:
    assert seen(redrawn(picture("PNG", mode="RGBA")).content).mode == "RGBA"


def test_sixteen_bits_of_grey_keep_their_brightness() -> None:
    out = BytesIO()
    Image.new("I;16", (300, 200), 200 * 256).save(out, "PNG")
    pixel = seen(redrawn(out.getvalue()).content).getpixel((5, 5))
    assert pixel == (200, 200, 200)


def test_a_large_picture_is_scaled_down_to_4096_a_side() -> None:
    drawing = redrawn(picture("JPEG", (6000, 3000)))
    assert (drawing.media, drawing.width, drawing.height) == ("image/jpeg", 4096, 2048)


def test_a_photograph_as_png_becomes_a_jpeg() -> None:
    out = BytesIO()
    Image.effect_noise((2600, 2600), 90).convert("RGB").save(out, "PNG", compress_level=1)
    raw = out.getvalue()[: 10 * 1024 * 1024]
    assert len(out.getvalue()) <= 10 * 1024 * 1024
    assert redrawn(raw).media == "image/jpeg"


def test_a_jpeg_is_turned_upright_and_tells_nothing_of_where_and_by_whom() -> None:
    drawing = redrawn(with_exif())
    assert (drawing.width, drawing.height) == (200, 300)
    assert CANARY not in drawing.content
    assert not seen(drawing.content).getexif()


def test_what_a_png_says_beside_its_pixels_is_gone() -> None:
    raw = commented_png()
    assert CANARY in raw
    assert CANARY not in redrawn(raw).content


def test_cmyk_becomes_rgb() -> None:
    assert seen(redrawn(picture("JPEG", mode="CMYK")).content).mode == "RGB"


def test_of_an_animated_png_the_first_frame_is_kept() -> None:
    drawing = redrawn(animated_png())
    kept = seen(drawing.content)
    assert b"fcTL" not in drawing.content
    assert kept.getpixel((1, 1)) == (255, 0, 0)


def test_an_svg_keeps_its_shapes_and_says_its_size() -> None:
    drawing = redrawn(
        SVG % b'<defs><g id="a"><path d="M0 0h9"/></g></defs><use href="#a" fill="url(#p)"/>'
    )
    assert (drawing.media, drawing.width, drawing.height) == ("image/svg+xml", 1200, 800)
    for kept in (b'width="1200"', b'height="800"', b"M0 0h9", b'href="#a"', b"url(#p)"):
        assert kept in drawing.content


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="210mm" height="297mm"', (794, 1123)),
        ('width="100%" height="100%" viewBox="0 0 24 12"', (1000, 500)),
        ('viewBox="0 0 9000 4500"', (4096, 2048)),
        ('width="2000" viewBox="0,0,10,5"', (2000, 1000)),
        ('height="2000" viewBox="0 0 10 5"', (4000, 2000)),
    ],
)
def test_an_svgs_size_comes_from_what_it_says(attributes: str, size: tuple[int, int]) -> None:
    raw = f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}><path d="M0 0h9"/></svg>'.encode()
    drawing = redrawn(raw)
    assert (drawing.width, drawing.height) == size
    assert b"viewBox" in drawing.content


ALIVE = re.compile(
    rb"script|on\w+\s*=|javascript:|evil\.example|foreignObject|<set|<animate|@import|<!|<\?xml-|data:|canary|url\((?!#)",
    re.IGNORECASE,
)
# name → what stands in an SVG that may be drawn, but without this
DISARMED = {
    "script": b"<script>alert(1)</script>",
    "script from elsewhere": b'<script href="https://evil.example/x.js"/>',
    "script in a namespace": b'<s:script xmlns:s="http://www.w3.org/2000/svg">alert(1)</s:script>',
    "event attribute": b'<rect onclick="alert(1)" width="9" height="9"/>',
    "event attribute in capitals": b'<rect ONLOAD="alert(1)"/>',
    "html inside": b'<foreignObject><body xmlns="http://www.w3.org/1999/xhtml" onload="x()">canary</body></foreignObject>',
    "link to a script": b'<a href="javascript:alert(1)"><rect width="9" height="9"/></a>',
    "link to a script, xlink": b'<a xlink:href="java&#x73;cript:alert(1)"><rect/></a>',
    "link to a script, spaced": b'<a href=" &#9;javascript:alert(1)"><rect/></a>',
    "use from elsewhere": b'<use href="https://evil.example/x.svg#a"/>',
    "use from our own site": b'<use xlink:href="/canary/session"/>',
    "use of data": b'<use href="data:image/svg+xml;base64,PHN2Zy8+#a"/>',
    "fill from elsewhere": b'<rect fill="url(https://evil.example/a#b)"/>',
    "fill from elsewhere, quoted": b"<rect fill=\"url('https://evil.example/a#b')\"/>",
    "style attribute from elsewhere": b'<rect style="fill:red;background:url(//evil.example/x)"/>',
    "style import": b'<style>@import url("https://evil.example/a.css");</style>',
    "style import, escaped": rb"<style>@\69mport 'https://evil.example/a.css';</style>",
    "style font": b"<style>@font-face{font-family:a;src:url(https://evil.example/f.woff)}</style>",
    "style url, escaped": rb"<style>rect{fill:\75rl(https://evil.example/x)}</style>",
    "style in cdata": b"<style><![CDATA[rect{fill:url(https://evil.example/x)}]]></style>",
    "animated link": b'<a><animate attributeName="href" values="javascript:alert(1)"/><rect/></a>',
    "set handler": b'<rect><set attributeName="onmouseover" to="alert(1)"/></rect>',
    "filter that loads": b'<filter id="f"><feImage href="https://evil.example/x.png"/></filter>',
    "metadata": b"<metadata>canary</metadata>",
    "comment": b"<!-- canary -->",
    "instruction": b'<?xml-stylesheet href="https://evil.example/x.css"?>',
    "iframe": b'<iframe xmlns="http://www.w3.org/1999/xhtml" src="https://evil.example"/>',
    "handler element": b"<handler type='application/ecmascript'>canary</handler>",
}


@pytest.mark.parametrize("name", DISARMED)
def test_what_could_act_in_an_svg_is_not_in_what_is_served(name: str) -> None:
    raw = SVG % (DISARMED[name] + b'<path d="M0 0h9"/>')
    assert ALIVE.search(unescape(raw.decode()).encode())  # the search finds what it looks for
    drawing = redrawn(raw)
    assert not ALIVE.search(drawing.content), drawing.content
    assert b"M0 0h9" in drawing.content


def _lots(count: int) -> bytes:
    parts = b"".join(
        b'<g id="u%d">%s</g>' % (nth, b'<use href="#u%d"/>' % (nth - 1) * 10)
        for nth in range(1, count)
    )
    return SVG % (b'<g id="u0"><path/></g>' + parts)


REFUSED: dict[str, tuple[bytes, Reason, str]] = {
    "empty": (b"", Reason.UNSUPPORTED_MEDIA, "no picture that we know"),
    "text": (b"hello", Reason.UNSUPPORTED_MEDIA, "no picture that we know"),
    "web page": (b"<!doctype html><p>hi</p>", Reason.UNSUPPORTED_MEDIA, "no picture"),
    "GIF": (picture("GIF"), Reason.UNSUPPORTED_MEDIA, "a GIF"),
    "WebP": (picture("WEBP"), Reason.UNSUPPORTED_MEDIA, "a WebP"),
    "BMP": (picture("BMP"), Reason.UNSUPPORTED_MEDIA, "a BMP"),
    "TIFF": (picture("TIFF"), Reason.UNSUPPORTED_MEDIA, "a TIFF"),
    "AVIF": (picture("AVIF"), Reason.UNSUPPORTED_MEDIA, "an AVIF"),
    "HEIC": (b"\0\0\0\x18ftypheic\0\0\0\0", Reason.UNSUPPORTED_MEDIA, "a HEIC picture"),
    "PDF": (b"%PDF-1.7\n", Reason.UNSUPPORTED_MEDIA, "a PDF"),
    "zip": (b"PK\x03\x04" + bytes(50), Reason.UNSUPPORTED_MEDIA, "an archive"),
    "svgz": (b"\x1f\x8b\x08" + bytes(50), Reason.UNSUPPORTED_MEDIA, "a compressed file"),
    "too many bytes": (bytes(10 * 1024 * 1024 + 1), Reason.TOO_LARGE, "more than 10 MiB"),
    "too many pixels": (png_bomb(9000, 9000), Reason.TOO_LARGE, "40 million pixels"),
    "a bomb of pixels": (png_bomb(60_000, 60_000), Reason.TOO_LARGE, "40 million pixels"),
    "too small": (picture("PNG", (300, 20)), Reason.INVALID, "smaller than 100"),
    "truncated PNG": (picture("PNG")[:-40], Reason.INVALID, "damaged"),
    "truncated JPEG": (picture("JPEG")[:-200], Reason.INVALID, "damaged"),
    "PNG in name only": (b"\x89PNG\r\n\x1a\n" + b"<script>", Reason.INVALID, "damaged"),
    "JPEG in name only": (b"\xff\xd8\xff<html>", Reason.INVALID, "damaged"),
    "PNG with a bomb of text": (png_with_text_bomb(), Reason.INVALID, "damaged"),
    "JPEG of too many scans": (jpeg_of_many_scans(), Reason.INVALID, "damaged"),
    "truncated SVG": ((SVG % b"<g>")[:-8], Reason.INVALID, "cannot be read"),
    "SVG that is none": (b"<html><!-- <svg --></html>", Reason.INVALID, "cannot be read"),
    "SVG without a namespace": (b"<svg viewBox='0 0 9 9'/>", Reason.INVALID, "cannot be read"),
    "SVG without a size": (
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        Reason.INVALID,
        "does not say its size",
    ),
    "SVG of a strange encoding": (
        b'<?xml version="1.0" encoding="x-none"?>' + SVG % b"",
        Reason.INVALID,
        "cannot be read",
    ),
    "SVG with a file's content": (
        b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + SVG % b"<text>&x;</text>",
        Reason.INVALID,
        "entities",
    ),
    "SVG with a thousand laughs": (
        b"<!DOCTYPE svg [<!ENTITY a '%s'><!ENTITY b '%s'>]>" % (b"x" * 99, b"&a;" * 99)
        + SVG % b"<text>&b;</text>",
        Reason.INVALID,
        "entities",
    ),
    "SVG with a scan": (
        SVG % b'<image href="data:image/png;base64,AAAA"/>',
        Reason.INVALID,
        "photograph or scan",
    ),
    "SVG of too many bytes": (SVG % (b" " * 2 * 1024 * 1024), Reason.TOO_LARGE, "more than 2 MiB"),
    "SVG of too many parts": (SVG % (b"<g/>" * 60_000), Reason.TOO_LARGE, "too many parts"),
    "SVG too deep": (SVG % (b"<g>" * 100_000 + b"</g>" * 100_000), Reason.TOO_LARGE, "too many"),
    "SVG that multiplies": (_lots(8), Reason.TOO_LARGE, "too many parts"),
    "SVG that uses itself": (
        SVG % b'<g id="a"><use href="#a"/></g>',
        Reason.TOO_LARGE,
        "too many parts",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_shown_is_refused_in_words_that_say_what_to_do(name: str) -> None:
    raw, reason, words = REFUSED[name]
    with pytest.raises(Refusal) as refused:
        redrawn(raw)
    assert refused.value.reason is reason
    assert words in refused.value.detail
    assert re.search(r"\b(save|upload|export|unpack|simplify)", refused.value.detail, re.IGNORECASE)


def test_endless_numbers_and_rules_take_no_endless_time() -> None:
    numbers = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="%s" width="%s"/>'
    with pytest.raises(Refusal, match="does not say its size"):
        redrawn(numbers % (b"1" * 900_000, b"1" * 900_000 + b"x"))
    redrawn(SVG % (b"<style>" + b"@font-face url( " * 100_000 + b"</style>"))


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("PNG with a page behind it", picture("PNG") + b"<script>canary</script>"),
        ("JPEG with a page behind it", picture("JPEG") + b"<script>canary</script>"),
        ("JPEG with a page in its comment", picture("JPEG", comment=b"<script>canary</script>")),
        ("JPEG with an archive behind it", picture("JPEG") + b"PK\x03\x04canary"),
        ("PNG called something else", picture("PNG") + b"%PDF-1.7 canary"),
    ],
)
def test_a_file_of_two_kinds_is_its_pixels_alone(name: str, raw: bytes) -> None:
    content = redrawn(raw).content
    assert b"canary" not in content, name
    assert seen(content).size == (300, 200)
