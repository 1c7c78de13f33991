# SPDX-License-Identifier: MPL-2.0
"""zreplay reads CSV and JSON lines: what a trace says is what arrives, and bad rows are named and cost nothing else."""
import json
import os
import signal
import subprocess
import time
import unittest

from harness import PATIENCE, executable
from zreplay_peer import Collector, ZreplayCase

TIERS = ("--tiers", "1000,4000")


class Formats(ZreplayCase):
    """What a trace says is what arrives."""

    EVENTS = [
        {"type": "query_router", "service": "s", "tier": "simple", "cost": 0.25, "model": "m", "provider": "p",
         "input_tokens": 10, "cache_read_tokens": 4, "cache_write_tokens": 6, "output_tokens": 9,
         "reasoning_tokens": 9, "latency_ms": 1.5, "tags": {"team": "core", "région": "é"}},
        {"type": "embedding_cache", "hit": True},
        {"type": "embedding_cache", "hits": 0, "misses": 7},
        {"type": "rag_parallel", "time_saved_seconds": -2.5},
        {"type": "rag_parallel"},
        {"type": "llm_call", "model": "m", "input_tokens": 0, "output_tokens": 10**12},
    ]
    CSV = ("TYPE,service,Tier,cost,model,provider,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,"
           "reasoning_tokens,latency_ms,hit,hits,misses,time_saved_seconds,tags.team,tags.région,ts\n"
           "query_router,s,simple,.25,m,p,10,4,6,9,9,1.5,,,,,core,é,2023-11-16 18:17:03\n"
           "embedding_cache,,,,,,,,,,,,TRUE,,,,,,\n"
           "embedding_cache,,,,,,,,,,,,,0,7.0,,,,\n"
           "rag_parallel,,,,,,,,,,,,,,,-2.5,,,\n"
           "rag_parallel,,,,,,,,,,,,,,,,,,1700000000.5\n"
           "llm_call,,,,m,,0,,, 1000000000000 ,,,,,,,,,1700000000500")

    def test_json_lines_arrive_as_they_are(self):
        text = "\n\n".join(json.dumps({**event, "ts": 1700000000000, "reason": None}) for event in self.EVENTS)
        for name in ("a.jsonl", "a.ndjson", "a.JSON"):
            with self.subTest(name):
                self.assertEqual(self.played(self.file(name, text)), self.EVENTS)

    def test_csv_with_the_contracts_keys_arrives_as_it_is(self):
        for text in (self.CSV, "\ufeff" + self.CSV.replace("\n", "\r\n") + "\r\n"):
            self.assertEqual(self.played(self.file("a.csv", text)), self.EVENTS)

    def test_stdin_tells_its_format_itself_or_is_told(self):
        lines = "".join(json.dumps(event) + "\n" for event in self.EVENTS).encode()
        self.assertEqual(self.played("-", stdin=lines), self.EVENTS)
        self.assertEqual(self.played("--format", "jsonl", "-", stdin=b"\n" + lines), self.EVENTS)
        self.assertEqual(self.played("-", stdin=self.CSV.encode()), self.EVENTS)
        self.assertEqual(self.played("--format", "csv", self.file("a.txt", self.CSV)), self.EVENTS)

    def test_tiers_go_by_input_tokens_and_yield_to_the_rows_own(self):
        rows = "ContextTokens,GeneratedTokens,tier,type\n0,1,,\n999,1,,\n1000,1,,\n3999,1,,\n4000,1,,\n1,1,vip,\n"
        events = self.played(*TIERS, "-", stdin=rows.encode())
        self.assertEqual([event["tier"] for event in events],
                         ["simple", "simple", "medium", "medium", "complex", "vip"])
        self.assertEqual({event["type"] for event in events}, {"query_router"})

    def test_a_named_pipe_is_waited_for_and_can_be_given_up(self):
        path = self.dir / "pipe"
        os.mkfifo(path)
        with Collector() as collector:
            process = self.start("--endpoint", collector.endpoint, path)
            path.write_text(self.CSV)
            self.assertEqual(process.wait(10 * PATIENCE), 0)
            self.assertEqual(collector.events(), self.EVENTS)
        process = self.start(path)
        time.sleep(0.2 * PATIENCE)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(10 * PATIENCE), 130)

    def test_model_and_service_fill_in_for_rows_without(self):
        rows = b"model,service,input_tokens,output_tokens\n,,1,2\nown,mine,3,4\n"
        self.assertEqual(self.played("--model", "m", "--service", "s", "-", stdin=rows), [
            {"type": "llm_call", "service": "s", "model": "m", "input_tokens": 1, "output_tokens": 2},
            {"type": "llm_call", "service": "mine", "model": "own", "input_tokens": 3, "output_tokens": 4}])

    def test_bad_rows_are_named_and_the_rest_is_played(self):
        rows = (b"type,model,input_tokens,output_tokens,cost,hit,colour\nllm_call,m,1,1,,,red\nllm_call,m,-1,1,,,\n"
                b"llm_call,m,x,1,,,\nllm_call,m,1,1,nan,,\nllm_call,,1,1,,,\nllm_call,m,1\n\"llm_call,m,1,1,,,\n"
                b"llm_call,\xff,1,1,,,\nllm_call," + b"m" * 129 + b",1,1,,,\nguess,,,,,,\n"
                b"embedding_cache,,,,,often,\nllm_call,m,1000000000001,1,,,\nllm_call,m,2,2,,,")
        path = self.file("a.csv", rows)
        events, said = self.played_badly(path)
        self.assertEqual([event["input_tokens"] for event in events], [1, 2])
        self.assertEqual(said, [f"zreplay: {path}:{line}" for line in (
            '1: ignoring unknown column "colour"',
            "3: input_tokens: -1 is negative",
            '4: input_tokens: "x" is not a whole number',
            '5: cost: "nan" is not a number',
            "6: neither model nor cost (--model sets a model, --tiers makes router queries)",
            "7: 3 fields, but the header has 7",
            "8: a quote that is never closed",
            "9: model: not UTF-8",
            "10: model: longer than 128 bytes",
            '11: type: "guess" is not a type of event',
            '12: hit: "often" is not true or false',
            "13: input_tokens: 1000000000001 is over the limit of 10^12")])

    def test_bad_lines_are_named_and_the_rest_is_played(self):
        lines = ['{"type":"llm_call","model":"m","shade":1}', "[]", '{"type":', '{"type":"llm_call","model":7}',
                 '{"type":"llm_call","model":"m","output_tokens":1,"reasoning_tokens":2}',
                 '{"type":"embedding_cache","hit":true,"hits":1}', '{"type":"rag_parallel","type":"rag_parallel"}',
                 '{"tags":{"a":"1","b":"2","c":"3","d":"4","e":"5"}}', '{"type":"rag_parallel","shade":2}']
        path = self.file("a.jsonl", "\n".join(lines))
        events, said = self.played_badly(path)
        self.assertEqual([event["type"] for event in events], ["llm_call", "rag_parallel"])
        self.assertEqual(said[0], f'zreplay: {path}:1: ignoring unknown key "shade"')
        self.assertEqual([line.split(": ", 2)[1] for line in said[1:]], [f"{path}:{n}" for n in range(2, 9)])

    def test_what_a_trace_says_steers_no_terminal(self):
        bad = ("\x1b]0;owned\x07", "\x7f", "\x9b31m", "\x80", "\u200e\u200f", "\u202a\u202bgnp.exe\u202e",
               "\u2066\u2067\u2068\u2069", "a\u2028b\u2029c", "\u061c")
        clean = ("?]0;owned?", "?", "?31m", "?", "??", "??gnp.exe?", "????", "a?b?c", "?")
        rows = "\n".join(f"{text},1" for text in bad).encode() + b"\n\xff\xc3,1\n\xe6\x97,1\n\xed\xa0\x80,1\n"
        path = self.file("日本 tränen \U0001f4b8.csv", b"type,cost\n" + rows)
        _, said = self.played_badly(path)
        self.assertEqual(said, [f'zreplay: {path}:{line}: type: "{text}" is not a type of event'
                                for line, text in enumerate((*clean, "??", "??", "???"), 2)])
        lines = '{"type":"rag_parallel","\u202ek\u0085\u00e9y":1}\n{"type":"\\u001b[2J\\u009b"}\n{"type":"日本"}'
        _, said = self.played_badly("-", stdin=lines.encode())
        self.assertEqual(said, ['zreplay: stdin:1: ignoring unknown key "?k?éy"',
                                'zreplay: stdin:2: type: "?[2J?" is not a type of event',
                                'zreplay: stdin:3: type: "日本" is not a type of event'])

    def test_a_name_that_is_no_utf8_is_shown_as_far_as_it_goes(self):
        done = subprocess.run([executable("zreplay"), b"/nonexistent/caf\xe9\x9b/\xc3\xa9"], capture_output=True,
                              timeout=10 * PATIENCE)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.decode(), r"\Azreplay: /nonexistent/caf\?\?/é: [^\n]+\n\Z")

    def test_a_file_that_is_wrong_throughout_does_not_flood(self):
        events, said = self.played_badly("--tiers", "1,2", "-", stdin=b"input_tokens\n" + b"x\n" * 5000)
        self.assertEqual((events, len(said)), ([], 101))

    def test_a_trace_without_use_is_refused_at_once(self):
        for text in ("", "a,b\n1,2\n", "ContextTokens,GeneratedTokens\n1,2\n", "TIMESTAMP,ts,cost\n,,1\n"):
            with self.subTest(text):
                done = self.replay("--timeout", 60, self.file("a.csv", text))
                self.assertEqual((done.returncode, done.stdout), (1, b""))
                self.assertIn(b"a.csv", done.stderr.splitlines()[-1])
        done = self.replay(self.dir / "absent.csv")
        self.assertEqual((done.returncode, done.stderr.count(b"\n")), (1, 1))


if __name__ == "__main__":
    unittest.main()
