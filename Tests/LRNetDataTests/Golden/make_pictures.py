#!/usr/bin/env python3
"""Makes pictures.json: small picture files of kinds that lrnet-data itself never writes.

JPEG through libturbojpeg (ctypes), PNG by hand. Run it here without arguments; it needs nothing but
libturbojpeg.so.0. Each entry has the file in base64 and what a reader should see at some pixels.
"""
import base64
import ctypes
import json
import struct
import zlib

turbo = ctypes.CDLL("libturbojpeg.so.0")
turbo.tjInitCompress.restype = ctypes.c_void_p
turbo.tjGetErrorStr2.restype = ctypes.c_char_p
RGB, GRAY, CMYK = 0, 6, 11
S444, S422, S420, SGRAY = 0, 1, 2, 3
PROGRESSIVE = 16384


def jpeg(pixels, width, height, pixel_format, subsampling, flags=0, quality=95):
    handle = ctypes.c_void_p(turbo.tjInitCompress())
    buffer = ctypes.c_void_p()
    size = ctypes.c_ulong()
    status = turbo.tjCompress2(
        handle, bytes(pixels), width, 0, height, pixel_format, ctypes.byref(buffer),
        ctypes.byref(size), subsampling, quality, flags)
    assert status == 0, turbo.tjGetErrorStr2(handle)
    return ctypes.string_at(buffer, size.value)


def chunk(kind, content):
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def png(width, height, depth, color, rows, extra=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    lines = b"".join(b"\0" + row for row in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra
            + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b""))


pictures = {}


def add(name, content, height, width, pixels):
    pictures[name] = {
        "file": base64.b64encode(content).decode(), "height": height, "width": width,
        "pixels": pixels}


# Left half red, right half blue, 16x24.
halves = b"".join(bytes([220, 20, 30] if x < 12 else [10, 40, 200]) for _ in range(16)
                  for x in range(24))
corners = [[2, 2, 220, 20, 30], [13, 21, 10, 40, 200]]
add("progressive", jpeg(halves, 24, 16, RGB, S444, PROGRESSIVE), 16, 24, corners)
add("half chroma", jpeg(halves, 24, 16, RGB, S422), 16, 24, corners)
add("odd sides", jpeg(bytes([200, 100, 50]) * (5 * 7), 7, 5, RGB, S420), 5, 7,
    [[0, 0, 200, 100, 50], [4, 6, 200, 100, 50]])
add("gray", jpeg(bytes([77] * 96), 12, 8, GRAY, SGRAY), 8, 12, [[3, 5, 77, 77, 77]])
# Adobe's inks are inverted: light that passes cyan times light that passes black.
add("cmyk", jpeg(bytes([200, 100, 50, 128]) * 256, 16, 16, CMYK, S444), 16, 16,
    [[8, 8, 100, 50, 25]])
add("cmyk gray", jpeg(bytes([90, 90, 90, 55]) * 256, 16, 16, CMYK, S444), 16, 16,
    [[8, 8, 19, 19, 19]])
add("deep", png(2, 1, 16, 2, [struct.pack(">6H", 65535, 0, 32768, 257, 514, 771)]), 1, 2,
    [[0, 0, 255, 0, 128], [0, 1, 1, 2, 3]])
add("palette", png(3, 1, 8, 3, [bytes([1, 0, 1])],
                   chunk(b"PLTE", bytes([9, 8, 7, 250, 150, 50]))), 1, 3,
    [[0, 0, 250, 150, 50], [0, 1, 9, 8, 7]])
add("transparent", png(2, 1, 8, 6, [bytes([10, 20, 30, 255, 10, 20, 30, 0])]), 1, 2,
    [[0, 0, 10, 20, 30], [0, 1, 255, 255, 255]])
add("gray png", png(2, 2, 8, 0, [bytes([5, 6]), bytes([7, 200])]), 2, 2,
    [[0, 0, 5, 5, 5], [1, 1, 200, 200, 200]])

with open("pictures.json", "w") as file:
    json.dump(pictures, file, indent=1, sort_keys=True)
    file.write("\n")
