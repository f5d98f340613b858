"""The setup guide as a PDF: selectable text in the fonts every reader has."""

from datetime import datetime
from typing import Final

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from typing_extensions import override

from . import guide

_FONT: Final = "helvetica"
_PLAIN: Final = str.maketrans({"→": ">", "“": '"', "”": '"', "…": "..."})
_BRAND: Final = (12, 99, 83)
_SOFT: Final = (82, 96, 90)


class _Sheet(FPDF):
    @override
    def footer(self) -> None:
        self.set_y(-14)
        self.write_in(8, colour=_SOFT)
        self.cell(0, 5, f"Clearooms setup guide, page {self.page_no()} of {{nb}}", align="C")

    def write_in(
        self, size: float, *, bold: bool = False, colour: tuple[int, int, int] = (0, 0, 0)
    ) -> None:
        self.set_font(_FONT, "B" if bold else "", size)
        self.set_text_color(*colour)

    def heading(self, text: str, *, room: float = 30) -> None:
        if self.will_page_break(room):
            self.add_page()
        self.ln(3)
        self.write_in(13, bold=True, colour=_BRAND)
        self.line_of(text, 7)

    def line_of(self, text: str, height: float = 5.2, indent: float = 0) -> None:
        self.set_x(self.l_margin + indent)
        self.multi_cell(
            0, height, text.translate(_PLAIN), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )

    def text_of(self, text: str, indent: float = 0) -> None:
        self.write_in(10)
        self.line_of(text, indent=indent)

    def strong(self, text: str) -> None:
        self.write_in(10.5, bold=True)
        self.ln(1.2)
        self.line_of(text)

    def rows(self, widths: tuple[int, ...], rows: list[tuple[str, ...]]) -> None:
        self.write_in(9.5)
        with self.table(col_widths=widths, text_align="LEFT", line_height=5, padding=1) as table:
            for row in rows:
                cells = table.row()
                for text in row:
                    cells.cell(text.translate(_PLAIN))


def guide_pdf(message: str, webhook_url: str | None, now: datetime) -> bytes:
    """The whole guide with this message for the Global Administrator."""
    sheet = _Sheet(format="A4")
    sheet.set_title("Connecting Microsoft 365 to Clearooms")
    sheet.set_lang("en-GB")
    sheet.set_creator("Clearooms")
    sheet.set_creation_date(now)
    sheet.set_margins(20, 18)
    sheet.set_auto_page_break(True, 20)
    sheet.add_page()
    sheet.write_in(20, bold=True, colour=_BRAND)
    sheet.line_of("Connecting Microsoft 365 to Clearooms", 10)
    sheet.text_of(
        "It takes about ten minutes, an administrator account here, and in Entra the right to register an app"
        " and to grant consent."
    )
    sheet.heading("The steps")
    for number, step in enumerate(guide.STEPS, 1):
        sheet.strong(f"{number}. {step.title}")
        for line in step.lines:
            sheet.text_of(line, indent=5)
    sheet.heading("Which value goes where")
    values = [(each.ours, each.entras, each.where) for each in guide.VALUES]
    sheet.rows((28, 48, 94), [("Here", "In Entra", "Where Entra shows it"), *values])
    sheet.heading("The three permissions (Microsoft Graph, type Application)", room=60)
    sheet.rows(
        (48, 122),
        [("Permission", "What it is for"), *((each.name, each.why) for each in guide.PERMISSIONS)],
    )
    sheet.ln(2)
    sheet.text_of(guide.USER_READ)
    sheet.heading("Instead: limited to the rooms")
    for number, line in enumerate(guide.LIMITED, 1):
        sheet.text_of(f"{number}. {line}")
    sheet.heading("Hybrid Exchange")
    sheet.text_of(guide.HYBRID)
    if webhook_url is not None:
        sheet.heading("For the network team")
        sheet.text_of(f"{guide.NETWORK} Webhook URL: {webhook_url}")
    sheet.add_page()
    sheet.heading("Message for a Global Administrator")
    sheet.text_of(message)
    return bytes(sheet.output())
