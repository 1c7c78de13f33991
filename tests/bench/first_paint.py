#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""first_paint.py ADDRESS COUNT - from asking for zboard's page to the first thing that is seen of it, in milliseconds
(W3C, Paint Timing: first-contentful-paint), in a headless Chromium that has nothing of it kept; one line of key=value.
"""
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "system"))
from browser import Browser  # noqa: E402

PAINT = "return performance.getEntriesByName('first-contentful-paint').map((entry) => entry.startTime)[0]"


def first_paint(browser, address):
    browser.fresh()
    browser.open(f"http://{address}/")
    return browser.until(lambda: browser.script(PAINT))


def main(address, count):
    browser = Browser()
    first_paint(browser, address)  # the browser's own beginning
    paints = [first_paint(browser, address) for _ in range(count)]
    browser.quit()
    print(f"median_ms={statistics.median(paints):.1f} max_ms={max(paints):.1f}")


main(sys.argv[1], int(sys.argv[2]))
