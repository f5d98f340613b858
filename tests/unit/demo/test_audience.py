from demo.audience import Audience


async def test_every_open_page_hears_everything_and_the_end() -> None:
    audience = Audience()
    with audience.seat() as one, audience.seat() as two:
        audience.tell("booking", {"n": 1})
        audience.close()
        for queue in (one, two):
            assert await queue.get() == ("booking", {"n": 1})
            assert await queue.get() is None
    audience.tell("booking", {"n": 2})
    assert one.empty()


async def test_a_page_that_does_not_read_is_dropped_instead_of_growing() -> None:
    audience = Audience()
    with audience.seat() as silent:
        for number in range(2000):
            audience.tell("booking", {"n": number})
        assert silent.qsize() <= 501


async def test_live_is_told_only_when_it_changes() -> None:
    audience = Audience()
    with audience.seat() as page:
        audience.tell_live(live=True)
        audience.tell_live(live=True)
        audience.tell_live(live=False)
        assert [page.get_nowait(), page.get_nowait()] == [
            ("upstream", {"live": True}),
            ("upstream", {"live": False}),
        ]
        assert page.empty()
