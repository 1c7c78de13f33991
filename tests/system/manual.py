# SPDX-License-Identifier: MPL-2.0
"""The manual pages, read for their tests: what they say as text, and what stands in them by mark-up."""
import re
import shutil
import subprocess
import unittest

from harness import PATIENCE, ROOT

FOLDER = ROOT / "tools/man"
PAGES = ("zreport.1", "zreplay.1", "zcost.3", "zcostd.conf.5", "zcost_protocol.7", "zboard.8", "zcostd.8")

ESCAPES = {r"\e": "\\", r"\(dq": '"', r"\&": "", r"\-": "-", r"\(aq": "'"}


def source(page):
    return (FOLDER / page).read_text()


def plain(text):
    """Mark-up without its comments, its escapes as what they stand for."""
    text = re.sub(r'^\.\\".*\n', "", text, flags=re.M)
    return re.sub(r"\\(?:\(..|.)", lambda found: ESCAPES[found[0]], text)


def rendered(page, columns=200):
    """The page as text, and what groff warned of. At the default width of a page: 80 columns."""
    groff = shutil.which("groff")
    if not groff:
        raise unittest.SkipTest("no groff here")
    done = subprocess.run([groff, "-ww", "-Tutf8", "-mandoc", "-P-cbou", "-rHY=0", f"-rLL={columns - 2}n",
                           str(FOLDER / page)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=20 * PATIENCE)
    return done.stdout, done.stderr


def sections(page):
    return re.findall(r"^\.Sh (.*)$", source(page), re.M)


def section(page, name):
    """The mark-up of one section."""
    return re.search(rf"^\.Sh {re.escape(name)}\n(.*?)(?=^\.Sh |\Z)", source(page), re.M | re.S)[1]


def examples(page):
    """The displays of a page, as they are shown."""
    return [plain(text) for text in re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", source(page), re.M | re.S)]


def example(page, mark):
    """The one display that holds `mark`."""
    found = [text for text in examples(page) if mark in text]
    assert len(found) == 1, f"{len(found)} displays with {mark!r} in {page}"
    return found[0]


def options(page):
    """{option: None} of a page, "--json"; and of them those that have an entry of their own."""
    text = source(page)
    named = {"--" + name for name in re.findall(r"\bFl -([a-z-]+)", text)}
    described = {"--" + name for line in re.findall(r"^\.It (Fl .*)$", text, re.M)
                 for name in re.findall(r"\bFl -([a-z-]+)", line)}
    return named, described


def settings(page="zcostd.conf.5"):
    """{setting: its entry}, such as "tiers/NAME"."""
    found = {}
    for head, entry in re.findall(r"^\.It Cm (\w+/.*)\n((?:(?!^\.It |^\.El).*\n)*)", source(page), re.M):
        found[head.replace(" Ns ", "").replace("Ar ", "").replace("Cm ", "").strip()] = plain(entry)
    return found


def constant(path, name):
    """A number of the code, perhaps shifted, such as `#define ZC_ROWS_MAX (1 << 20)`."""
    text = re.search(rf"^#define {name} (.*?)(?: */\*.*)?$", (ROOT / path).read_text(), re.M)[1]
    text = re.sub(r"\((?:size_t|u?int64_t)\)", "", text)
    assert re.fullmatch(r"[\d <()]+", text), text
    return eval(text)
