# SPDX-License-Identifier: MPL-2.0
"""The shim under the daemon's disk (tests/faults/plan.h): how to preload it, and its trace."""
import collections
import unittest

from harness import BIN, SANITIZED

SHIM = BIN.parent / "tests/zc_faults.so"

CLASS_OF = {"write": "write", "sync-begin": "sync", "create": "create", "mkdir": "create", "rename": "create",
            "link": "create", "truncate": "size", "allocate": "size", "remove": "remove"}

Operation = collections.namedtuple("Operation", "word inode name other offset length data")


def preload(folder, *, trace=None, fail=None, kill=None, sync_ms=None, stall=None):
    """The environment for a Daemon whose files below `folder` are watched.

    fail   (class, nth, error, count), as plan.h says
    kill   the number of the operation that it does not live to see
    stall  a path: while a file is there, no sync ends
    """
    if SANITIZED:
        raise unittest.SkipTest("a sanitizer's runtime stands where the shim would")
    if not SHIM.exists():
        raise unittest.SkipTest(f"{SHIM} is not built")
    told = {"DIR": folder, "TRACE": trace, "FAIL": fail and ":".join(map(str, fail)), "KILL": kill,
            "SYNC_MS": sync_ms, "STALL": stall}
    return {"LD_PRELOAD": str(SHIM)} | {"ZCOST_FAULTS_" + name: str(value)
                                         for name, value in told.items() if value is not None}


# For a start without the shim, after one with it.
NO_PRELOAD = dict.fromkeys(["LD_PRELOAD"] + ["ZCOST_FAULTS_" + name
                                             for name in ("DIR", "TRACE", "FAIL", "KILL", "SYNC_MS", "STALL")])


def read_trace(path):
    """The operations, in their order. A record that a kill cut short is left out: nobody saw it done."""
    bytes_ = path.read_bytes()
    operations, at = [], 0
    while (end := bytes_.find(b"\n", at)) >= 0:
        word, inode, name, other, offset, length, size = bytes_[at:end].decode().split("\t")
        at = end + 1 + int(size)
        if at <= len(bytes_):
            operations.append(Operation(word, int(inode), name, other, int(offset), int(length),
                                        bytes_[end + 1:at]))
    return operations


def count_classes(operations):
    """How many operations there were of each class that can be made to fail."""
    return collections.Counter(CLASS_OF[operation.word] for operation in operations if operation.word in CLASS_OF)
