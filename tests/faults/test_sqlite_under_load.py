"""SQLite as shipped, behind the real server: 32 writers at once, and no answer that an error of ours made."""

import pytest

from tests.faults.shop import Backend, Load, Shop, assert_sound
from tests.serving import serving, shell

pytestmark = [pytest.mark.long, pytest.mark.concurrency, pytest.mark.sqlite_only]

WRITERS, LOGS, REPEATED = 32, 3_000, 300


class ForgetfulBackend(Backend):
    """Sends every eighth order once more, as after an answer that got lost."""

    def deliver(self, order):
        super().deliver(order)
        if len(self.acknowledged) % 8 == 0:
            super().deliver(order)


def test_sqlite_takes_thirty_two_writers_and_their_repetitions(tmp_path):
    shop = Shop(shell(tmp_path))
    with serving(shop.environment, workers=2) as server:
        shop.open_at(server.address)
        with Load(shop, server.address, ForgetfulBackend, WRITERS) as load:
            load.go_on(orders=LOGS)
            load.finish()
            assert_sound(shop, server.address, load)

    assert set(load.met) == {200, 201}
    assert load.met[200] >= REPEATED
