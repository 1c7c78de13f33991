# SPDX-License-Identifier: MPL-2.0
"""msgpack as a foreign client might spell it: every legal width of a value, not only the
shortest, and every framing of a list of events that the contract allows.

Written from the msgpack specification, not over msgpack-python, which can neither choose a
width nor write what is wrong.
"""
import struct


class Raw(bytes):
    """Bytes that stand in an event for a value, to be sent as they are."""


STAMP_EXTENSION = 1


# ------------------------------------------------------------------- one value, one width

_UNSIGNED = {"u8": (0xCC, "B"), "u16": (0xCD, ">H"), "u32": (0xCE, ">I"), "u64": (0xCF, ">Q")}
_SIGNED = {"i8": (0xD0, "b"), "i16": (0xD1, ">h"), "i32": (0xD2, ">i"), "i64": (0xD3, ">q")}
INT_WIDTHS = ("fix", *_UNSIGNED, *_SIGNED)


def integer(value, width):
    if width == "fix":
        if not -32 <= value <= 127:
            raise struct.error("no fixint")
        return Raw(struct.pack("b", value))
    code, form = {**_UNSIGNED, **_SIGNED}[width]
    return Raw(bytes([code]) + struct.pack(form, value))


def float32(value):
    return Raw(b"\xca" + struct.pack(">f", value))


def float64(value):
    return Raw(b"\xcb" + struct.pack(">d", value))


def _sized(count, fix, fix_max, codes):
    """The headers of a thing of this size, by width in bits (0: the fix form)."""
    headers = {0: bytes([fix | count])} if count <= fix_max else {}
    for bits, code in codes.items():
        if count < 1 << bits:
            headers[bits] = bytes([code]) + count.to_bytes(bits // 8, "big")
    return headers


def string_headers(size):
    return _sized(size, 0xA0, 31, {8: 0xD9, 16: 0xDA, 32: 0xDB})


def map_headers(count):
    return _sized(count, 0x80, 15, {16: 0xDE, 32: 0xDF})


def array_headers(count):
    return _sized(count, 0x90, 15, {16: 0xDC, 32: 0xDD})


def extension(code, payload, bits=None):
    """A fixext where the size has one, unless a width is asked for."""
    fixed = {1: 0xD4, 2: 0xD5, 4: 0xD6, 8: 0xD7, 16: 0xD8}
    kind = struct.pack("b", code)
    if bits is None and len(payload) in fixed:
        return Raw(bytes([fixed[len(payload)]]) + kind + payload)
    bits = bits or 8
    head = {8: 0xC7, 16: 0xC8, 32: 0xC9}[bits]
    return Raw(bytes([head]) + len(payload).to_bytes(bits // 8, "big") + kind + payload)


def timestamp(seconds, nanoseconds=0, bits=96):
    if bits == 32:
        return extension(-1, struct.pack(">I", seconds))
    if bits == 64:
        return extension(-1, struct.pack(">Q", nanoseconds << 34 | seconds))
    return extension(-1, struct.pack(">Iq", nanoseconds, seconds))


def stamp(producer, epoch, seq, dropped=0, bits=8):
    return extension(STAMP_EXTENSION, struct.pack(">16sIQQ", producer, epoch, seq, dropped), bits)


# --------------------------------------------------------------- whole objects, any width

def _narrowest(choices):
    return min(choices, key=len)


def pack(value, choose=_narrowest):
    """Any value as bytes; `choose` picks among its spellings."""
    if isinstance(value, Raw):
        return bytes(value)
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        return choose(_integer_spellings(value))
    if isinstance(value, float):
        return choose(_float_spellings(value))
    if isinstance(value, str):
        data = value.encode("utf-8", "surrogatepass")
        return choose(list(string_headers(len(data)).values())) + data
    if isinstance(value, bytes):
        return choose(list(_sized(len(value), 0, -1, {8: 0xC4, 16: 0xC5, 32: 0xC6}).values())) + value
    if isinstance(value, (list, tuple)):
        return choose(list(array_headers(len(value)).values())) + b"".join(pack(v, choose) for v in value)
    return choose(list(map_headers(len(value)).values())) + b"".join(
        pack(key, choose) + pack(item, choose) for key, item in value.items())


def _integer_spellings(value):
    spellings = []
    for width in INT_WIDTHS:
        try:
            spellings.append(integer(value, width))
        except struct.error:
            pass
    return spellings


def _float_spellings(value):
    try:
        exact = struct.unpack(">f", struct.pack(">f", value))[0] == value
    except OverflowError:
        exact = False
    return [float64(value)] + ([float32(value)] if exact else [])


def spell(event, rng):
    """An event in random legal widths, its keys in random order."""
    keys = list(event)
    rng.shuffle(keys)
    return pack({key: event[key] for key in keys}, rng.choice)


# ----------------------------------------------------------------------------- framings

def single(packed):
    """Every event a message."""
    return list(packed)


def back_to_back(packed, size=50):
    return [b"".join(packed[i:i + size]) for i in range(0, len(packed), size)]


def arrays(packed, size=50):
    return [array(packed[i:i + size]) for i in range(0, len(packed), size)]


def array(packed, choose=_narrowest):
    return choose(list(array_headers(len(packed)).values())) + b"".join(packed)


def mixed(packed, rng, producer):
    """Messages of one to four frames; a frame may be empty or stamped, and holds events and arrays
    of events back to back. One producer, so that its stamps never repeat a number."""
    messages, at, seq = [], 0, 1
    while at < len(packed):
        frames = []
        for _ in range(rng.randint(1, 4)):
            body = b""
            count = 0
            stamped = rng.random() < 0.3
            for _ in range(rng.choice((0, 1, 1, 2, 5))):
                part = packed[at:at + rng.choice((0, 1, 2, 20, 70))]
                as_array = rng.random() < 0.5
                body += array(part, rng.choice) if as_array else b"".join(part)
                at += len(part)
                count += len(part)
            if stamped and count:
                body = stamp(producer, 1, seq, 0, rng.choice((8, 16, 32))) + body
                seq += count
            frames.append(body)
        messages.append(frames)
    return messages
