# SPDX-License-Identifier: MPL-2.0
"""A program and a libzcost of different 0.2.x work together: the structs of zcost.h may grow at their end.

Makes a newer version: a copy of the sources with one more member in each struct, which means something. One program
is compiled against either header, each with all structs at the end of a page that nothing may be touched behind, and
run with either library against the real daemon.
"""
import itertools
import pathlib
import re
import shutil
import tempfile
import unittest

import harness
from builds import VERSION, compile_program, configure_alike, run

NEWER = VERSION.rpartition(".")[0] + ".99"  # the same SONAME
EFIELD, EINVAL = -8, -1

# What 0.2.0 had: members are added behind it, and nothing before ever moves.
FIRST = {
    "options": "size_t size; const char *endpoint; const char *service; size_t queue_bytes; "
               "unsigned flush_interval_ms; size_t batch_bytes; const char *publish; const char *spool_dir;",
    "event": "size_t size; zcost_type_t type; unsigned has; const char *service; const char *tier; const char *model; "
             "const char *provider; double cost_usd; int64_t input_tokens; int64_t cache_read_tokens; "
             "int64_t cache_write_tokens; int64_t output_tokens; int64_t reasoning_tokens; double latency_ms; "
             "bool hit; int64_t hits, misses; double time_saved_seconds; int64_t ts_ms; const zcost_tag_t *tags; "
             "size_t tags_count;",
    "stats": "size_t size; uint64_t emitted; uint64_t sent; uint64_t queued; uint64_t dropped; size_t queue_bytes; "
             "size_t queued_bytes; bool connected; uint64_t acked; uint64_t resent; uint64_t lost; bool spooled;",
    "tag": "const char *key; const char *value;",
}

# Of the newer version: each place is there once. An option or an event whose `later` is over 9 is refused.
CHANGES = {
    "include/zcost.h": [
        ("} zcost_options_t;", "    uint64_t later;\n} zcost_options_t;"),
        ("} zcost_event_t;", "    uint64_t later;\n} zcost_event_t;"),
        ("} zcost_stats_t;", "    uint64_t later;\n} zcost_stats_t;"),
        ("ZCOST_HAS_TIME_SAVED = 1 << 10\n", "ZCOST_HAS_TIME_SAVED = 1 << 10,\n    ZCOST_HAS_LATER = 1 << 11\n"),
        ("#ifdef __cplusplus\nextern", "#define LATER\n#ifdef __cplusplus\nextern"),
        (f'"{VERSION}"\n', f'"{NEWER}"\n'),
        (f"VERSION_PATCH {VERSION.split('.')[2]}\n", f"VERSION_PATCH {NEWER.split('.')[2]}\n"),
    ],
    "src/client/client.c": [
        ("((ZCOST_HAS_TIME_SAVED << 1) - 1)", "((ZCOST_HAS_LATER << 1) - 1)"),
        ("bool in_range = ", "bool in_range = settled.later <= 9 && "),
        ("    stats->emitted = ", "    stats->later = 42;\n    stats->emitted = "),
    ],
    "src/wire/encode.c": [("    if (out.bad)\n", "    if (out.bad || event->later > 9)\n")],
}

PROGRAM = r"""
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zcost.h>

static char *at_the_end_of_a_page (size_t bytes)
{
    size_t page = (size_t) sysconf (_SC_PAGESIZE);
    char *pages = mmap (NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || mprotect (pages + page, page, PROT_NONE) != 0)
        _exit (3);
    return pages + page - bytes;
}

static void tell (const char *name, long value)
{
    printf (" %s=%ld", name, value);
}

#define PLACE(type, name, count)                                                        \
    type *name = (type *) (void *) at_the_end_of_a_page ((count) * sizeof (type))

static const zcost_tag_t tags [] = {{"team", "core"}};

static zcost_event_t call_of (int64_t input_tokens)
{
    zcost_event_t event = ZCOST_EVENT_INIT;
    event.type = ZCOST_LLM_CALL;
    event.model = "gpt-4o";
    event.has = ZCOST_HAS_INPUT_TOKENS | ZCOST_HAS_OUTPUT_TOKENS;
    event.input_tokens = input_tokens;
    event.output_tokens = 80;
    event.tags = tags;
    event.tags_count = 1;
    return event;
}

/* How the structs differ from what any version takes: `what`, a member that came later. */
static int set_later (const char *what, zcost_options_t *options, zcost_event_t *event)
{
    (void) options;
    (void) event;
#ifdef LATER
    options->later = strcmp (what, "options") == 0 ? 10 : 0;
    event->later = strcmp (what, "event") == 0 ? 10 : 0;
    if (strcmp (what, "has") == 0)
        event->has |= ZCOST_HAS_LATER;
    return 0;
#else
    return strcmp (what, "nothing") != 0;
#endif
}

int main (int argc, char **argv)
{
    PLACE (zcost_options_t, options, 1);
    PLACE (zcost_event_t, event, 1);
    PLACE (zcost_event_t, events, 3);
    PLACE (zcost_stats_t, stats, 1);
    zcost_t *client = NULL;
    *options = (zcost_options_t) ZCOST_OPTIONS_INIT;
    *stats = (zcost_stats_t) ZCOST_STATS_INIT;
    *event = call_of (1200);
    for (int i = 0; i < 3; i++)
        events [i] = call_of (1000 * (i + 1));
    if (argc != 4 || set_later (argv [3], options, event) != 0)
        return 3;
    events [2] = *event;
    options->endpoint = argv [1];
    options->publish = argv [2];
    options->service = "search";
    printf ("version=%s", zcost_version ());
    tell ("open", zcost_open (options, &client));
    if (client) {
        tell ("router", zcost_query_router (client, "simple", 0.0015));
        tell ("cache", zcost_embedding_cache (client, true));
        tell ("rag", zcost_rag_parallel (client, 4.2));
        tell ("llm", zcost_llm_call (client, "gpt-4o", 1200, 80));
        tell ("emit", zcost_emit (client, event));
        tell ("try", zcost_try_emit (client, events, 3));
        tell ("flush", zcost_flush (client, 20000));
        tell ("stats", zcost_stats (client, stats));
        tell ("emitted", (long) stats->emitted);
        tell ("acked", (long) stats->acked);
        tell ("left", (long) (stats->lost + stats->queued + stats->dropped + stats->queued_bytes));
        tell ("size", stats->size != sizeof *stats);
#ifdef LATER
        tell ("later", (long) stats->later);
#endif
    }
    tell ("close", zcost_close (&client, 20000));
    return 0;
}
"""


class Abi(harness.TestCase):
    timeout = 60

    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="zcost-abi-"))
        cls.addClassCleanup(shutil.rmtree, cls.dir, ignore_errors=True)
        source, build = cls.dir / "newer", cls.dir / "build"
        for name in ("include", "src", "tools"):
            shutil.copytree(harness.ROOT / name, source / name)
        shutil.copy(harness.ROOT / "CMakeLists.txt", source)
        for path, places in CHANGES.items():
            text = (source / path).read_text()
            for old, new in places:
                assert text.count(old) == 1, f"{path}: {text.count(old)} of {old!r}"
                text = text.replace(old, new)
            (source / path).write_text(text)
        configure_alike(source, build, "-DZCOST_TESTS=OFF", "-DZCOST_WERROR=ON")
        run("cmake", "--build", build, "--target", "zcost")
        cls.headers = {"today's": harness.ROOT / "include", "newer": source / "include"}
        cls.libraries = {"today's": harness.BIN.parent / "lib", "newer": build / "lib"}
        (cls.dir / "program.c").write_text(PROGRAM)
        for name, header in cls.headers.items():
            compile_program(cls.dir / "program.c", cls.program(name), "-I", header, "-L", cls.libraries[name],
                            "-lzcost")

    @classmethod
    def program(cls, header):
        return cls.dir / f"program of {header} header"

    def play(self, header, library, later="nothing"):
        """What it printed, and the daemon that it printed it of."""
        daemon = self.daemon()
        printed = run(self.program(header), daemon.endpoint("ingest"), daemon.endpoint("publish"), later,
                      LD_LIBRARY_PATH=str(self.libraries[library]))
        told = dict(pair.split("=") for pair in printed.split())
        self.assertEqual(told.pop("version"), NEWER if library == "newer" else VERSION)
        return {name: int(value) for name, value in told.items()}, daemon

    def test_programs_and_libraries_of_any_version_work_together(self):
        for header, library in itertools.product(self.headers, self.libraries):
            with self.subTest(f"{header} program, {library} library"):
                told, daemon = self.play(header, library)
                if header == "newer":
                    self.assertEqual(told.pop("later"), 42 if library == "newer" else 0)
                self.assertEqual((told.pop("emitted"), told.pop("acked")), (8, 8))
                self.assertEqual(set(told.values()), {0}, told)
                self.assertEqual(daemon.settle(8)["events"]["accepted"], 8)
                report = daemon.report()
                self.assertEqual(report["query_router"]["total_cost_usd"], "0.001500000")
                self.assertEqual(report["embedding_cache"]["cache_hits"], 1)
                self.assertEqual(report["rag_parallel"]["avg_time_saved_seconds"], 4.2)
                # 1200 thrice, 1000, 2000: x 2.5e-6; and five times 80 x 1e-5
                self.assertEqual(report["llm_calls"]["total_calls"], 5)
                self.assertEqual(report["llm_calls"]["total_cost_usd"], "0.020500000")

    def test_what_an_older_library_does_not_know_is_refused_and_not_ignored(self):
        for later, calls in (("options", ["open"]), ("event", ["emit", "try"]), ("has", ["emit", "try"])):
            with self.subTest(later):
                told, daemon = self.play("newer", "today's", later)
                self.assertEqual({name for name, value in told.items() if value == EFIELD}, set(calls))
                daemon.settle(4 if "emit" in calls else 0)

    def test_what_a_newer_library_knows_is_seen(self):
        """Else the test above would say nothing of the library."""
        for later, calls in (("options", ["open"]), ("event", ["emit", "try"]), ("has", [])):
            with self.subTest(later):
                told, _ = self.play("newer", "newer", later)
                self.assertEqual({name for name, value in told.items() if value == EINVAL}, set(calls))

    def test_members_stand_where_the_first_version_had_them(self):
        text = (harness.ROOT / "include/zcost.h").read_text()
        for name, first in FIRST.items():
            body = re.search(rf"typedef struct {{([^}}]*)}} zcost_{name}_t;", text)[1]
            declared = " ".join(re.sub(r"/\*.*?\*/", "", body, flags=re.S).split())
            self.assertEqual(declared[:len(first)], first, name)
            self.assertTrue(name != "tag" or declared == first, "a tag has no size, and cannot grow")


if __name__ == "__main__":
    unittest.main()
