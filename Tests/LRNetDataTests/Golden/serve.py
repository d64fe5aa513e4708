#!/usr/bin/env python3
"""Serves a folder on 127.0.0.1 for tests of downloads, and misbehaves on request.

    serve.py FOLDER PORTFILE LOGFILE

writes the port that the system chose to PORTFILE and a line a request to LOGFILE, and ends after two
minutes. The first part of a path says how the file is served:

    good      whole, or from the byte that a Range header names
    corrupt   with one byte changed
    broken    as good, but a connection ends in the middle of what was asked for, twice a file
    cut       as broken, every time and at once: not one byte comes
    plain     whole, Range headers ignored
    endless   more bytes than any file has
    missing   404
"""
import http.server
import os
import sys
import threading

folder, port_file, log_file = sys.argv[1:4]
breaks = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        mode, _, name = self.path.lstrip("/").partition("/")
        path = os.path.join(folder, os.path.basename(name))
        asked = self.headers.get("Range", "-")
        with open(log_file, "a") as log:
            log.write(f"{mode} {name} {asked}\n")
        if mode == "missing" or not os.path.exists(path):
            self.send_error(404)
            return
        with open(path, "rb") as file:
            content = bytearray(file.read())
        if mode == "corrupt":
            content[len(content) // 2] ^= 1
        if mode == "endless":
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(4000):
                    self.wfile.write(bytes(1 << 16))
            except OSError:
                pass
            self.close_connection = True
            return
        start = 0
        if asked.startswith("bytes=") and mode != "plain":
            start = int(asked[6:].split("-")[0])
            if start >= len(content):
                self.send_response(416)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        rest = content[start:]
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        if mode == "cut":
            rest = b""
            self.close_connection = True
        if mode == "broken" and breaks.get(name, 0) < 2:
            breaks[name] = breaks.get(name, 0) + 1
            rest = rest[:len(rest) // 2]
            self.close_connection = True
        self.wfile.write(rest)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Timer(120, server.shutdown).start()
with open(port_file + ".new", "w") as file:
    file.write(str(server.server_address[1]))
os.rename(port_file + ".new", port_file)
server.serve_forever()
os._exit(0)
