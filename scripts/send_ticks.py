#!/usr/bin/env python3
"""Sends a CSV file in the project's own format to a socket source (source.kind = "socket").

A record's position is its line number in the file, the header being line 1, on the file's day: the
trading day of its first row, or else the date of that row's time, or what --day says. The source
says after which position of which day to go on, and acknowledges what its host has logged. When the
connection breaks, this program connects again and goes on from there. It ends when everything is
acknowledged.
"""
import argparse
import csv
import datetime
import io
import socket
import ssl
import sys
import threading
import time

PING_SECONDS = 5
PIECE_BYTES = 32768
# Of closing a connection: to come again would change nothing, or shut out another sender.
FINAL_REASONS = ("a newer connection of the same sender", "login", "the login", "day ")


class TlsConnection(io.RawIOBase):
    """TLS 1.3 over a socket, for one thread that sends and one that reads. The session itself is
    for one thread at a time, and neither may hold it while the other end keeps it waiting."""

    def __init__(self, connection, directory, host):
        super().__init__()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_verify_locations(f"{directory}/ca.crt")
        context.load_cert_chain(f"{directory}/tls.crt", f"{directory}/tls.key")
        self.connection, self.lock = connection, threading.Lock()
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.session = context.wrap_bio(self.incoming, self.outgoing, server_hostname=host)
        while not self.is_done(self.session.do_handshake):
            self.receive()
        self.send_sealed()

    def is_done(self, step):
        """False when the session wants to read first."""
        try:
            with self.lock:
                step()
            return True
        except ssl.SSLWantReadError:
            self.send_sealed()
            return False

    def receive(self):
        sealed = self.connection.recv(PIECE_BYTES)
        with self.lock:
            self.incoming.write(sealed)
            if not sealed:
                self.incoming.write_eof()

    def send_sealed(self):
        with self.lock:
            sealed = self.outgoing.read()
        self.connection.sendall(sealed)

    def sendall(self, plain):
        with self.lock:
            self.session.write(plain)
        self.send_sealed()

    def readable(self):
        return True

    def readinto(self, room):
        while True:
            try:
                with self.lock:
                    return self.session.read(len(room), room)
            except ssl.SSLWantReadError:
                self.receive()
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                return 0

    def makefile(self, _, encoding):
        return io.TextIOWrapper(io.BufferedReader(self), encoding=encoding)

    def shutdown(self, how):
        self.connection.shutdown(how)

    def close(self):
        self.connection.close()
        super().close()


def connect(address, certificates):
    if address.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.connect(address[len("unix:"):])
        return connection
    host, port = address.rsplit(":", 1)
    connection = socket.create_connection((host, int(port)))
    if not certificates:
        return connection
    try:
        return TlsConnection(connection, certificates, host)
    except OSError:
        connection.close()
        raise


class Refused(Exception):
    """The source will not take this file, whatever is tried again."""


def day_of_file(path):
    """yyyymmdd of the first row: its trading_day, or the UTC date of its timestamp."""
    with open(path, encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file), {})
    day = (row.get("trading_day") or "").strip()
    if day:
        return int(day)
    time_text = (row.get("timestamp") or "").strip()
    if time_text.isdigit():
        date = datetime.datetime.fromtimestamp(int(time_text) // 10**9, datetime.timezone.utc)
        return int(date.strftime("%Y%m%d"))
    date = time_text[:10].replace("-", "")
    return int(date) if date.isdigit() else 0


class Replies:
    """Reads what the source says on one connection, in a thread of its own."""

    def __init__(self, connection):
        self.lines = connection.makefile("r", encoding="utf-8")
        self.acknowledged = 0
        self.closing = None
        self.ended = False
        self.changed = threading.Condition()

    def read_hello(self):
        """The position after which to go on, and its day: 0 where the source knows of none."""
        word, _, rest = self.lines.readline().strip().partition(",")
        if word == "closing":
            raise ConnectionError(rest)
        version, *numbers = rest.split(",")
        if word != "hello" or version != "1" or not numbers:
            raise ConnectionError(f"no hello of version 1 but {word!r} {rest!r}")
        return int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else 0

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
    """Sends every record behind a position, then the end; returns the last position."""
    started, sent, blank_from = time.monotonic(), 0, 0
    with open(arguments.file, encoding="utf-8", newline="") as file:
        piece = [f"login,{arguments.name}{arguments.token}\n"] if arguments.name else []
        piece += [f"day,{arguments.day}\n"] if arguments.day else []
        piece.append(f"position,{file.readline().strip()}\n")
        size, last = 0, 0
        for position, line in enumerate(file, 2):
            if not line.strip():
                blank_from = blank_from or position
                continue
            if blank_from and position - 1 > resume_after:
                piece.append(f"gap,{max(blank_from, resume_after + 1)},{position - 1}\n")
            blank_from, last = 0, position
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
    return last


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


def raise_if_final(reason):
    if reason and reason.startswith(FINAL_REASONS):
        raise Refused(reason)


def send_once(arguments):
    """One connection; True when everything is acknowledged."""
    with connect(arguments.address, arguments.certificates) as connection:
        replies = Replies(connection)
        resume_after, day = replies.read_hello()
        if arguments.day and day > arguments.day:
            raise Refused(f"the source has records of {day}; those of {arguments.day} are closed")
        if arguments.day and day != arguments.day:
            resume_after = 0  # of another day
        print(f"send_ticks: connected; going on after position {resume_after}"
              f"{f' of {arguments.day}' if arguments.day else ''}", file=sys.stderr)
        threading.Thread(target=replies.run, daemon=True).start()
        try:
            last = send_records(connection, replies, arguments, resume_after)
            done = wait_for_acknowledgement(connection, replies, last)
        except OSError:
            with replies.changed:  # it may have been told why
                replies.changed.wait_for(lambda: replies.ended, 1)
            raise_if_final(replies.closing)
            raise
        if replies.closing and not done:
            print(f"send_ticks: closed: {replies.closing}", file=sys.stderr)
            raise_if_final(replies.closing)
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
    parser.add_argument("--day", type=int, metavar="YYYYMMDD",
                        help="whose positions these are; default: the first row's trading day or "
                             "date; 0: tell of no day")
    parser.add_argument("--name", default="", help="of this sender; with a token: send_ticks")
    parser.add_argument("--token-file", help="holds what source.socket.token_file holds")
    parser.add_argument("--certificates", metavar="DIR",
                        help="for a host with network.certificates: ca.crt, tls.crt and tls.key of "
                             "this sender, as of scripts/certificates.sh host")
    arguments = parser.parse_args()
    if arguments.day is None:
        arguments.day = day_of_file(arguments.file)
    arguments.token = ""
    if arguments.token_file:
        with open(arguments.token_file, encoding="ascii") as file:
            arguments.token = "," + file.read().strip()
        arguments.name = arguments.name or "send_ticks"
    for attempt in range(arguments.attempts):
        if attempt:
            time.sleep(arguments.retry_seconds)
        try:
            if send_once(arguments):
                return
        except Refused as reason:
            sys.exit(f"send_ticks: {arguments.address}: {reason}")
        except ssl.SSLEOFError as fault:
            print(f"send_ticks: {arguments.address}: {fault}", file=sys.stderr)
        except ssl.SSLError as fault:
            sys.exit(f"send_ticks: {arguments.address}: TLS: {fault}")
        except OSError as fault:
            print(f"send_ticks: {arguments.address}: {fault}", file=sys.stderr)
    sys.exit(f"send_ticks: gave up after {arguments.attempts} attempts")


if __name__ == "__main__":
    main()
