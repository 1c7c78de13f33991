# SPDX-License-Identifier: MPL-2.0
"""Adds up what gcov counted in build/coverage: lines covered, by file of src and tools."""
import collections
import json
import pathlib
import subprocess


def forget(root):
    """Starts from 0."""
    for counted in (root / "build/coverage").rglob("*.gcda"):
        counted.unlink()


def counts(root):
    """file -> line -> times run, over all objects that share the file."""
    build = root / "build/coverage"
    lines = collections.defaultdict(collections.Counter)
    for notes in sorted(build.rglob("*.gcda")):
        listing = subprocess.run(["gcov", "--json-format", "--stdout", notes], cwd=build, check=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for document in listing.stdout.splitlines():
            for entry in json.loads(document)["files"]:
                path = (build / entry["file"]).resolve()
                if path.is_relative_to(root) and path.relative_to(root).parts[0] in ("src", "tools"):
                    for line in entry["lines"]:
                        lines[str(path.relative_to(root))][line["line_number"]] += line["count"]
    return lines


def show(root: pathlib.Path):
    covered = total = 0
    print(f"{'lines covered':42} {'of':>9}")
    for path, lines in sorted(counts(root).items()):
        hit = sum(1 for count in lines.values() if count)
        covered += hit
        total += len(lines)
        print(f"{path:42} {hit:4}/{len(lines):4} {100 * hit / len(lines):6.1f} %")
    print(f"{'all':42} {covered:4}/{total:4} {100 * covered / max(total, 1):6.1f} %")
