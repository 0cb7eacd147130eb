#!/usr/bin/env python3
"""Sends a CSV file in the project's own format to a socket source (source.kind = "socket").

A record's position is its line number in the file, the header being line 1. The source says after
which position to go on, and acknowledges what its host has logged. When the connection breaks, this
program connects again and goes on from there. It ends when everything is acknowledged.
"""
import argparse
import socket
import sys
import threading
import time

PING_SECONDS = 5
PIECE_BYTES = 32768


def connect(address):
    if address.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(address[len("unix:"):])
        return connection
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)))


class Replies:
    """Reads what the source says on one connection, in a thread of its own."""

    def __init__(self, connection):
        self.lines = connection.makefile("r", encoding="utf-8")
        self.acknowledged = 0
        self.closing = None
        self.ended = False
        self.changed = threading.Condition()

    def read_hello(self):
        """The position after which to go on."""
        word, _, rest = self.lines.readline().strip().partition(",")
        if word == "closing":
            raise ConnectionError(rest)
        version, _, position = rest.partition(",")
        if word != "hello" or version != "1":
            raise ConnectionError(f"no hello of version 1 but {word!r} {rest!r}")
        return int(position)

    def run(self):
        try:
            for line in self.lines:
                self.take(*line.rstrip("\n").split(",", 1))
        except (OSError, ValueError):
            pass
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def take(self, word, rest=""):
        with self.changed:
            if word == "ack":
                self.acknowledged = int(rest)
            elif word == "rejected":
                print(f"send_ticks: rejected: {rest}", file=sys.stderr)
            elif word == "closing":
                self.closing = rest
            self.changed.notify_all()


def send_records(connection, replies, arguments, resume_after):
    """Sends every record behind a position, then the end; returns the file's last position."""
    started, sent, position = time.monotonic(), 0, 0
    with open(arguments.file, encoding="utf-8", newline="") as file:
        piece, size = [f"position,{file.readline().strip()}\n"], 0
        for position, line in enumerate(file, 2):
            if position <= resume_after:
                continue
            piece.append(f"{position},{line.strip()}\n")
            size += len(line)
            sent += 1
            due = started + sent / arguments.rate if arguments.rate else 0
            if size >= PIECE_BYTES or due > time.monotonic():
                connection.sendall("".join(piece).encode())
                piece, size = [], 0
                wait_until(due, connection, replies)
        piece.append("end\n")
        connection.sendall("".join(piece).encode())
    return position


def wait_until(due, connection, replies):
    """Waits, with a ping now and then so that the source does not take silence for a fault."""
    while (rest := due - time.monotonic()) > 0 and not replies.ended:
        with replies.changed:
            timely = replies.changed.wait_for(lambda: replies.ended, min(rest, PING_SECONDS))
        if not timely and rest > PING_SECONDS:
            connection.sendall(b"ping\n")


def wait_for_acknowledgement(connection, replies, last):
    """True when everything is acknowledged, False when the connection ended before."""
    while True:
        with replies.changed:
            replies.changed.wait_for(lambda: replies.ended or replies.acknowledged >= last,
                                     PING_SECONDS)
            if replies.acknowledged >= last:
                return True
            if replies.ended:
                return False
        connection.sendall(b"ping\n")


def send_once(arguments):
    """One connection; True when everything is acknowledged."""
    with connect(arguments.address) as connection:
        replies = Replies(connection)
        resume_after = replies.read_hello()
        print(f"send_ticks: connected; going on after position {resume_after}", file=sys.stderr)
        threading.Thread(target=replies.run, daemon=True).start()
        try:
            last = send_records(connection, replies, arguments, resume_after)
            done = wait_for_acknowledgement(connection, replies, last)
        finally:
            if replies.closing:
                print(f"send_ticks: closed: {replies.closing}", file=sys.stderr)
        if done:
            print(f"send_ticks: position {last} acknowledged")
            connection.shutdown(socket.SHUT_RDWR)
        return done


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address", help="HOST:PORT or unix:PATH")
    parser.add_argument("file", help="CSV file: timestamp,symbol,kind,last,...")
    parser.add_argument("--rate", type=float, default=0, help="records a second; default: no limit")
    parser.add_argument("--retry-seconds", type=float, default=0.5, help="pause; default 0.5")
    parser.add_argument("--attempts", type=int, default=120, help="default 120")
    arguments = parser.parse_args()
    for attempt in range(arguments.attempts):
        if attempt:
            time.sleep(arguments.retry_seconds)
        try:
            if send_once(arguments):
                return
        except OSError as fault:
            print(f"send_ticks: {arguments.address}: {fault}", file=sys.stderr)
    sys.exit(f"send_ticks: gave up after {arguments.attempts} attempts")


if __name__ == "__main__":
    main()
