"""graph-calendar §1.2: ids."""

from datetime import date
from uuid import UUID

from graphsim.ids import IdMint, Ref

MINT, OTHER = IdMint(0, UUID(int=7)), IdMint(0, UUID(int=8))
REF = Ref(5, date(2026, 3, 2), 1)


def test_both_forms_of_an_id_lead_back_to_the_item() -> None:
    assert MINT.read(MINT.regular(REF)) == (REF, False)
    assert MINT.read(MINT.immutable(REF)) == (Ref(5, date(2026, 3, 2), 0), True)


def test_an_id_says_nothing_in_another_mailbox_or_another_letter_case() -> None:
    text = MINT.immutable(REF)
    assert OTHER.read(text) is None
    assert MINT.read(text.swapcase()) is None
    assert MINT.read(text[:-2]) is None
    assert MINT.read("no id") is None


def test_immutable_ids_fit_a_url_and_regular_ones_need_encoding() -> None:
    every = [Ref(number) for number in range(1, 400)]
    assert not any(set(MINT.immutable(one)) & {"/", "+"} for one in every)
    assert {"/", "+"} <= set("".join(MINT.regular(one) for one in every))


def test_the_same_seed_makes_the_same_ids_and_etags() -> None:
    again = IdMint(0, UUID(int=7))
    assert (again.regular(REF), again.etag(3)) == (MINT.regular(REF), MINT.etag(3))
    assert IdMint(1, UUID(int=7)).regular(REF) != MINT.regular(REF)
    assert MINT.etag(3).startswith('W/"')
    assert MINT.etag(3) != MINT.etag(4)
