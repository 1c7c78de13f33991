# SPDX-License-Identifier: MPL-2.0
"""What zcostd --check calls sound, a start takes; and what a start refuses, it does not call sound."""
import os
import signal

import samples
from disk import records_end
from durable import GOOD, NEVER, OFTEN, Kept
from harness import run

SMALL_SEGMENTS = """
ingest
    max_frame_bytes = 524288
journal
    segment_bytes = 1048576
"""


class CheckIsAStart(Kept):
    def refused(self, zcostd, reason):
        done = run("zcostd", "--check", zcostd.data)
        zcostd.start(ready=False)
        self.assertFalse(zcostd.is_ready())
        self.assertEqual(zcostd.wait_exit(), 1)
        self.assertIn(reason, zcostd.log_text())
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(reason, done.stdout)
        self.assertNotIn("torn tail", done.stdout)

    def test_a_segment_is_missing_that_the_checkpoint_wants(self):
        zcostd = self.daemon(config=NEVER + SMALL_SEGMENTS)
        self.durable(zcostd, GOOD)
        zcostd.stop()
        zcostd.start()
        for _ in range(4):
            self.durable(zcostd, GOOD * 15_000)
        zcostd.crash()
        segments = sorted((zcostd.data / "journal").glob("segment-*"))
        self.assertGreater(len(segments), 1)
        os.unlink(segments[0])
        self.refused(zcostd, "the segment is missing")

    def test_an_older_store_was_put_back(self):
        """One without a checkpoint, beside a journal whose first segments are gone."""
        zcostd = self.daemon(config=NEVER + SMALL_SEGMENTS, prices=samples.PRICES)
        self.durable(zcostd, GOOD)
        zcostd.crash()
        older = {path.name: path.read_bytes() for path in zcostd.data.glob("ledger.db*")}
        zcostd.config_path.write_text(OFTEN + SMALL_SEGMENTS)
        zcostd.start()
        for _ in range(6):
            zcostd.send_signal(signal.SIGHUP)  # prices stand in each segment
            self.durable(zcostd, GOOD * 15_000)
        zcostd.stop()
        self.assertFalse((zcostd.data / "journal/segment-0000000001").exists())
        for path in zcostd.data.glob("ledger.db*"):
            os.unlink(path)
        for name, content in older.items():
            (zcostd.data / name).write_bytes(content)
        self.refused(zcostd, "the segment is missing")

    def test_what_the_checkpoint_has_is_not_called_torn(self):
        """After a power cut the mark of the last sync may be older than the checkpoint."""
        zcostd = self.daemon(config=OFTEN)
        self.durable(zcostd, GOOD)
        zcostd.stop()
        mark = (zcostd.data / "journal/synced").read_bytes()
        segment = max((zcostd.data / "journal").glob("segment-*"))
        end = records_end(segment.read_bytes())
        zcostd.start()
        self.durable(zcostd, *[GOOD] * 10)
        zcostd.stop()
        (zcostd.data / "journal/synced").write_bytes(mark)
        with open(segment, "r+b") as file:
            file.seek(end + 100)
            file.write(b"\x55")
        self.refused(zcostd, f"{segment.name} at ")
