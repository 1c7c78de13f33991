# SPDX-License-Identifier: MPL-2.0
"""The limits that the manual pages name are those of the code."""
import re
import unittest

import harness
import manual

# page, file, constant, and what the page says of it
NAMED = (
    ("zcost_protocol.7", "src/daemon/query_workers.h", "ZC_WINDOW_QUERIES_MAX", "At most {n} queries about windows"),
    ("zcost_protocol.7", "src/daemon/reply_backpressure.h", "ZC_CLIENT_ASKS_MAX", "at most {n} of them from"),
    ("zcost_protocol.7", "src/daemon/reply_backpressure.h", "ZC_CLIENT_SMALL_BYTES", "of up to {n} bytes is always"),
    ("zcost_protocol.7", "src/daemon/window_query.h", "ZC_WINDOW_QUERY_MS", "each may take {s} seconds"),
    ("zcost_protocol.7", "src/daemon/query_socket.c", "UNREAD_BYTES_MAX", "({mib} MiB, if that is 0)"),
    ("zcost_protocol.7", "src/daemon/reply_envelope.h", "ZC_REPLY_ENVELOPE_FRAMES_MAX", "Up to {n} frames of"),
    ("zcost_protocol.7", "src/daemon/reply_envelope.h", "ZC_REPLY_ENVELOPE_BYTES_MAX", "frames of {n} bytes in total"),
    ("zcost_protocol.7", "src/core/api/request.h", "ZC_REQUEST_MAX_BYTES", "The request is over {n} bytes"),
    ("zcost_protocol.7", "src/core/api/request.h", "ZC_REJECTS_LIMIT_DEFAULT", "limit (default {n})"),
    ("zcost_protocol.7", "src/core/delivery/rejects.h", "ZC_REJECT_HEAD_BYTES", "the first {n} bytes"),
    ("zcost_protocol.7", "src/core/window/query_spec.h", "ZC_ROWS_MAX", "Default: {n}, which is also the maximum"),
    ("zcost_protocol.7", "src/core/window/row_sums.h", "ZC_SERIES_POINTS_MAX", "More than {n} points"),
    ("zcost_protocol.7", "src/core/ledger/keys.h", "ZC_SERVICES_MAX", "services beyond the first {n} are counted"),
    ("zcost_protocol.7", "src/core/base/tally.h", "ZC_TALLY_NAMES_MAX", "at most {n} are named"),
    ("zcost_protocol.7", "src/core/delivery/seq_intervals.h", "ZC_INTERVALS_MAX", "At most {n} gaps per producer"),
    ("zcost_protocol.7", "src/wire/event.h", "ZC_DEPTH_MAX", "nested deeper than {n}"),
    ("zcost_protocol.7", "include/zcost.h", "ZCOST_STRING_MAX", "{n} bytes of UTF-8"),
    ("zcost_protocol.7", "include/zcost.h", "ZCOST_COST_MAX_USD", "0 to {n} USD"),
    ("zcost_protocol.7", "include/zcost.h", "ZCOST_SECONDS_MAX", "-{n} to {n}"),
    ("zcostd.8", "src/daemon/ingest_socket.h", "ZC_DRAIN_FRAMES_MAX", "the ingest socket: {n} frames"),
    ("zcostd.8", "src/daemon/storage_checkpoint.c", "CELLS_WAIT", "changed cells in memory {n}. Beyond"),
    ("zcostd.8", "src/daemon/server.c", "REQUEST_HARD_BYTES", "A request over {mib} MiB"),
    ("zcostd.8", "src/daemon/server.c", "SUBSCRIPTION_HARD_BYTES", "a subscription over {n} bytes"),
    ("zcostd.8", "src/daemon/server.c", "PUBLISHED_QUEUED_MAX", "{n} messages wait for a subscriber"),
    ("zcostd.8", "src/daemon/server.c", "REPLIES_QUEUED_MAX", "{n} replies for a client"),
    ("zcostd.8", "src/store/store.h", "ZC_REPRICINGS_MAX", "The store remembers up to {n} re-pricings"),
    ("zboard.8", "tools/zboard/request.h", "ZB_BODY_MAX_BYTES", "a body {mib} MiB, otherwise status 413"),
    ("zboard.8", "tools/zboard/request.h", "ZB_BODIES_MAX_BYTES", "all bodies at once {mib} MiB"),
    ("zboard.8", "tools/zboard/request.h", "ZB_URI_MAX_BYTES", "an address over {raw} bytes"),
    ("zboard.8", "tools/zboard/daemon_queries.h", "ZB_ANSWER_MAX_BYTES", "an answer {mib} MiB of msgpack"),
    ("zboard.8", "tools/zboard/daemon_queries.h", "ZB_DAEMON_QUERIES_MAX", "different queries at once {n}, otherwise"),
    ("zboard.8", "tools/zboard/answer_cache.c", "KEPT_MAX_BYTES", "{mib} MiB of answers are kept"),
    ("zboard.8", "tools/zboard/stream.h", "ZB_ALERTS_KEPT", "The last {n} are kept for streams"),
)


class Limits(harness.TestCase):
    def test_limits_are_those_of_the_code(self):
        pages = {page: re.sub(r"\s+", " ", re.sub(r"\u2010\s+", "", manual.rendered(page)[0]))  # whole words
                 for page in {row[0] for row in NAMED}}
        for page, path, name, told in NAMED:
            with self.subTest(name):
                number = manual.constant(path, name)
                self.assertIn(told.format(n=f"{number:,}", mib=number >> 20, s=number // 1000, raw=number), pages[page])


if __name__ == "__main__":
    unittest.main()
