"""Offices: the zones on offer and opening hours in order."""

import pytest
from pydantic import ValidationError

from portal.domain.offices import NewOffice, common_zones


def test_the_zones_on_offer_are_places_and_utc() -> None:
    zones = common_zones()
    assert {"Europe/Berlin", "Pacific/Chatham", "UTC"} <= set(zones)
    assert not {"CET", "Etc/GMT+5", "localtime", "posixrules"} & set(zones)


@pytest.mark.parametrize(
    "hours", [{"opens": "18:00"}, {"closes": "08:00"}, {"opens": "09:30", "closes": "09:00"}]
)
def test_an_office_that_closes_before_it_opens_is_refused_at_the_field(
    hours: dict[str, str],
) -> None:
    with pytest.raises(ValidationError) as refused:
        NewOffice.model_validate({"name": "HQ", "time_zone": "UTC", **hours})
    assert [each["loc"] for each in refused.value.errors()] == [("closes",)]
