from typing import get_args

from webhook_ingress.domain.outcomes import ItemOutcome, RequestOutcome


def test_a_label_means_one_thing() -> None:
    assert not set(get_args(ItemOutcome)) & set(get_args(RequestOutcome))
