# SPDX-License-Identifier: MPL-2.0
"""What a power cut leaves of a directory: from a trace of what was done to it (faults.py), the trees
that a POSIX file system may come back with.

    data      of a sync that has ended, all that was done to the file before it began is there. Of the
              rest, each 512-byte sector holds what any one of its later writes left there, or none of
              them; so writes are dropped, torn and reordered
    size      any that the file had since that sync
    names     a create, mkdir, link, rename or remove is there for certain once its directory was synced
              after it; else it may be missing, but for one and the same name they happen in order

Refuses to be kinder than that: a synced file whose name was not synced is gone.
"""
import hashlib
import os
import pathlib

SECTOR = 512


class File:
    """A regular file's durable content, and what was done since the sync that made it so."""

    def __init__(self):
        self.data = bytearray()
        self.pending = []  # writes (offset, bytes) and sizes (int), in order
        self.syncing = []  # how many were pending when a sync began that has not ended

    def write(self, offset, data):
        self.pending.append((offset, data))

    def resize(self, size):
        self.pending.append(size)

    def begin_sync(self):
        self.syncing.append(len(self.pending))

    def end_sync(self):
        done = self.syncing.pop(0)
        self.data = self._after(self.pending[:done])
        self.pending = self.pending[done:]
        self.syncing = [max(0, count - done) for count in self.syncing]

    @property
    def size(self):
        size = len(self.data)
        for change in self.pending:
            size = change if isinstance(change, int) else max(size, change[0] + len(change[1]))
        return size

    def _after(self, changes):
        data = bytearray(self.data)
        for change in changes:
            apply(data, change)
        return data

    def survivor(self, rng, manner):
        """What may be left of it."""
        if manner == "none":
            return bytes(self.data)
        if manner == "all":
            return bytes(self._after(self.pending))
        if manner == "prefix":
            return bytes(self._after(self.pending[:rng.randint(0, len(self.pending))]))
        return self._scattered(rng)

    def _scattered(self, rng):
        """Each sector and the size of a time of their own."""
        sizes = [len(self.data)]
        versions = {}  # sector -> its contents since the sync
        data = bytearray(self.data)
        for change in self.pending:
            apply(data, change)
            sizes.append(len(data))
            if not isinstance(change, int):
                first, last = change[0] // SECTOR, (change[0] + len(change[1]) - 1) // SECTOR
                for sector in range(first, last + 1):
                    versions.setdefault(sector, []).append(bytes(data[sector * SECTOR:(sector + 1) * SECTOR]))
        left = bytearray(self.data)
        for sector, contents in versions.items():
            content = rng.choice([None, *contents])
            if content is not None:
                apply(left, (sector * SECTOR, content))
        apply(left, rng.choice(sizes))
        return bytes(left)


def apply(data, change):
    """A write, or a new size, as the kernel does it."""
    if isinstance(change, int):
        del data[change:]
        data.extend(bytes(change - len(data)))
        return
    offset, content = change
    data.extend(bytes(max(0, offset - len(data))))
    data[offset:offset + len(content)] = content


class Disk:
    """The watched directory, replayed from a trace up to some operation. It was empty at the start."""

    def __init__(self):
        self.files = {}    # inode -> File, or None for a directory
        self.names = {}    # durable: path -> object
        self.pending = []  # changes of names since: [(path, object or None), ...], each whole or not at all
        self.now = {}      # path -> object, as the living see it
        self.syncing = {}  # directory's path -> how many were pending at each sync's beginning

    def replay(self, operations):
        for operation in operations:
            getattr(self, "_" + operation.word.replace("-", "_"))(operation)
        return self

    # ------------------------------------------------------------------------ names

    def _name(self, *changes):
        self.pending.append(changes)
        for path, thing in changes:
            if thing is None:
                self.now.pop(path, None)
            else:
                self.now[path] = thing

    def _create(self, operation):
        self.files[operation.inode] = File()
        self._name((operation.name, self.files[operation.inode]))

    def _mkdir(self, operation):
        self._name((operation.name, "directory"))

    def _link(self, operation):
        self._name((operation.name, self.files[operation.inode]))

    def _remove(self, operation):
        self._name((operation.name, None))

    def _rename(self, operation):
        self._name((operation.name, None), (operation.other, self.now[operation.name]))

    # ------------------------------------------------------------------------- data

    def _write(self, operation):
        self.files[operation.inode].write(operation.offset, operation.data)

    def _truncate(self, operation):
        self.files[operation.inode].resize(operation.length)

    def _allocate(self, operation):
        """Of what fallocate can do: more size (0), none of it (1: keep the size), zeros (16)."""
        file, end = self.files[operation.inode], operation.offset + operation.length
        mode = int(operation.other)
        if mode & 16:
            file.write(operation.offset, bytes(operation.length if not mode & 1 else
                                               max(0, min(end, file.size) - operation.offset)))
        elif mode == 0 and end > file.size:
            file.resize(end)
        assert mode in (0, 1, 16, 17), f"what does fallocate mode {mode} do?"

    # ------------------------------------------------------------------------ syncs

    def _sync_begin(self, operation):
        if operation.inode in self.files and not self._is_directory(operation.name):
            self.files[operation.inode].begin_sync()
        else:
            self.syncing.setdefault(operation.name, []).append(len(self.pending))

    def _sync_end(self, operation):
        if operation.inode in self.files and not self._is_directory(operation.name):
            self.files[operation.inode].end_sync()
        else:
            self._end_directory_sync(operation.name, self.syncing[operation.name].pop(0))

    def _is_directory(self, path):
        return path == "." or self.now.get(path) == "directory"

    def _end_directory_sync(self, folder, count):
        """Changes in this directory that were made before are durable, and so, with each, those of
        the same names that it builds upon."""
        chosen = {number for number, changes in enumerate(self.pending[:count])
                  if any(str(pathlib.PurePath(path).parent) == folder for path, _ in changes)}
        self._settle(self._with_what_they_need(chosen))

    def _with_what_they_need(self, chosen):
        """In order of time, no change of a name without the earlier ones of that name."""
        needed, names = set(), set()
        for number in range(len(self.pending) - 1, -1, -1):
            paths = {path for path, _ in self.pending[number]}
            if number in chosen or paths & names:
                needed.add(number)
                names |= paths
        return needed

    def _settle(self, numbers):
        for number in sorted(numbers):
            self._change(self.names, self.pending[number])
        kept = [number for number in range(len(self.pending)) if number not in numbers]
        for folder, counts in self.syncing.items():
            self.syncing[folder] = [sum(number < count for number in kept) for count in counts]
        self.pending = [self.pending[number] for number in kept]

    @staticmethod
    def _change(names, changes):
        for path, thing in changes:
            if thing is None:
                names.pop(path, None)
            else:
                names[path] = thing

    # ---------------------------------------------------------------------- the cut

    def survivor(self, rng, manner):
        """What a power cut now may leave: path -> bytes, or None for a directory."""
        if manner == "none":
            chosen = set()
        elif manner == "all":
            chosen = set(range(len(self.pending)))
        elif manner == "prefix":
            chosen = set(range(rng.randint(0, len(self.pending))))
        else:
            chosen = self._with_what_they_need({number for number in range(len(self.pending))
                                                if rng.random() < 0.5})
        names = dict(self.names)
        for number in sorted(chosen):
            self._change(names, self.pending[number])
        return {path: None if thing == "directory" else thing.survivor(rng, manner)
                for path, thing in names.items() if self._is_reached(path, names)}

    @staticmethod
    def _is_reached(path, names):
        parents = [str(parent) for parent in pathlib.PurePath(path).parents][:-1]
        return all(names.get(parent) == "directory" for parent in parents)


def materialise(tree, folder):
    """Writes what `survivor` gave into an empty directory."""
    for path, content in sorted(tree.items()):
        place = os.path.join(folder, path)
        if content is None:
            os.mkdir(place, 0o700)
        else:
            with open(place, "wb") as file:
                file.write(content)


def records_end(segment):
    """Behind the last record of a segment of a journal (src/journal/journal_record.h), whose last bytes may be 0."""
    at = 64
    while any(segment[at:at + 16]):
        at += 16 + int.from_bytes(segment[at + 4:at + 8], "little")
    return at


def digest(folder):
    """Of all names and contents below a directory."""
    whole = hashlib.sha256()
    for path in sorted(pathlib.Path(folder).rglob("*")):
        whole.update(str(path.relative_to(folder)).encode() + b"\0" + oct(path.stat().st_mode).encode())
        if path.is_file():
            whole.update(path.read_bytes())
    return whole.hexdigest()
