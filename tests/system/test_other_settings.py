# SPDX-License-Identifier: MPL-2.0
"""A start after a kill -9 under other settings than before: what was told in the former life still holds."""
import time
import uuid

import samples
from durable import GOOD, NEVER, Kept
from faults import preload
from harness import PATIENCE
from reliable import check_ack, stamped

CAPS = """
producers
    max = {producers}
    max_expired = {expired}
ledger
    max_keys = {keys}
"""


class OtherSettings(Kept):
    def acked(self, zcostd, producer, seq):
        deadline = time.monotonic() + 20 * PATIENCE
        while check_ack(zcostd.ask("ack", producer=producer.hex())).seq < seq:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.005)

    def test_lower_caps_take_nothing_back(self):
        """Under the new cap the second producer would displace the first: whose next frame was taken and
        acknowledged in the life before, and is not stale now."""
        zcostd = self.daemon(config=NEVER)
        first, second = uuid.uuid4().bytes, uuid.uuid4().bytes
        zcostd.push(stamped(first, 1, 1, [GOOD]), stamped(second, 1, 1, [GOOD]), stamped(first, 1, 2, [GOOD]))
        self.acked(zcostd, first, 3)
        zcostd.crash()
        zcostd.config_path.write_text(NEVER + CAPS.format(producers=1, expired=1, keys=1))
        zcostd.start()
        self.assertEqual(zcostd.health()["events"],
                         {"accepted": 3, "rejected": 0, "duplicate": 0, "lost": 0, "dropped": 0})
        self.assertEqual(self.total(zcostd), (3, "3.000000000"))
        self.acked(zcostd, first, 3)
        zcostd.push(stamped(uuid.uuid4().bytes, 1, 1, [GOOD]))  # from now on they hold
        zcostd.wait_health(lambda health: health["events"]["accepted"] == 4)
        zcostd.push(stamped(first, 1, 3, [GOOD]))
        zcostd.wait_health(lambda health: health["rejected"]["stale"] == 1)
        zcostd.restart()
        self.assertEqual(zcostd.health()["rejected"]["stale"], 1)
        self.assertEqual(self.total(zcostd), (4, "4.000000000"))

    def test_new_prices_take_no_acknowledgement_back(self):
        """The new prices are not yet synced; what was recovered is."""
        zcostd = self.daemon(config=NEVER, prices=samples.PRICES)
        producer = uuid.uuid4().bytes
        zcostd.push(stamped(producer, 1, 1, [GOOD] * 10))
        self.acked(zcostd, producer, 11)
        zcostd.crash()
        zcostd.prices_path.write_text(samples.PRICES + "\n")
        zcostd.env = preload(zcostd.data, sync_ms=500)
        zcostd.start()
        self.assertEqual(check_ack(zcostd.ask("ack", producer=producer.hex())).seq, 11)

    TAGS = "tags\n    key = team\nbudgets\n    team\n        limit_usd = 9\n        period = 720h\n" \
           "        where\n            team = a\n"

    def test_a_tag_counts_while_it_is_configured(self):
        """What came while it was not has none; what came while it was keeps it."""
        zcostd = self.daemon(config=NEVER)
        for cost, config, spent, by_team in ((1, None, None, None), (2, self.TAGS, 2, {"": 1, "a": 2}),
                                             (4, "", None, None), (8, self.TAGS, 10, {"": 5, "a": 10})):
            if config is not None:
                zcostd.crash()
                zcostd.config_path.write_text(NEVER + config)
                zcostd.start()
            accepted = zcostd.health()["events"]["accepted"]
            zcostd.push_events({"type": "llm_call", "cost": cost, "tags": {"team": "a"}})
            zcostd.wait_health(lambda health: health["events"]["accepted"] == accepted + 1)
            if spent is None:
                self.assertEqual(zcostd.ask("budgets"), {"budgets": []})
                continue
            rows = zcostd.ask("breakdown", by=["team"])["rows"]
            self.assertEqual({row["team"]: row["cost_nanousd"] // 10 ** 9 for row in rows}, by_team)
            deadline = time.monotonic() + 20 * PATIENCE
            while zcostd.ask("budgets")["budgets"][0]["spent_nanousd"] != spent * 10 ** 9:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)
