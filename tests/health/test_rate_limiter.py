from haproxy_agentx.health.rate_limiter import CALM, RateLimiter


def test_so_many_in_a_time_are_allowed():
    limiter = RateLimiter(3, 60.0)
    assert [limiter.allows(at) for at in (0.0, 1.0, 2.0)] == [True, True, True]
    assert limiter.due() is None
    assert not limiter.allows(3.0)
    assert limiter.suppressed == 1


def test_the_window_slides():
    limiter = RateLimiter(2, 10.0)
    assert limiter.allows(0.0)
    assert limiter.allows(9.0)
    assert limiter.allows(10.0)
    assert not limiter.allows(11.0)


def test_a_burst_is_told_once_when_it_is_over_with_its_count():
    limiter = RateLimiter(10, 60.0)
    reported = sum(limiter.allows(at / 50) for at in range(1500))  # 50 a second for 30 s
    assert reported == 10
    assert limiter.due() == 1499 / 50 + CALM
    assert limiter.sum(limiter.due()) == 1490
    assert limiter.due() is None
    assert limiter.suppressed == 0


def test_a_burst_without_end_is_told_once_in_the_time_of_the_limit():
    limiter = RateLimiter(10, 60.0)
    sums = []
    for tick in range(50 * 300):
        now = tick / 50
        limiter.allows(now)
        due = limiter.due()
        if due is not None and now >= due:
            sums.append((round(now), limiter.sum(now)))
    assert [at for at, _ in sums] == [60, 120, 180, 240]
    assert sum(count for _, count in sums) + limiter.suppressed == 50 * 300 - 10


def test_after_a_burst_it_is_as_before():
    limiter = RateLimiter(2, 10.0)
    for at in (0.0, 0.1, 0.2):
        limiter.allows(at)
    limiter.sum(0.2 + CALM)
    assert limiter.allows(30.0)
    assert limiter.allows(30.1)
    assert not limiter.allows(30.2)


def test_what_is_counted_is_a_burst():
    limiter = RateLimiter(10, 60.0)
    limiter.count(1.0)
    assert limiter.due() == 1.0 + CALM
    assert limiter.sum(limiter.due()) == 1
    assert limiter.due() is None
