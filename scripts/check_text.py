#!/usr/bin/env python3
"""Text rules for all files of the project: length, sleeps, paths of one machine, unfinished marks,
folder READMEs, and links in the documentation."""
import os
import re
import subprocess
import sys

CODE = (".cpp", ".hpp", ".proto", ".py", ".sh", ".cmake")
FILE_LINES_MAX = 400
LINE_CHARACTERS_MAX = 100
README_LINES_MAX = 10
FOLDERS = ("messages", "runtime", "actors", "apps", "config", "tests", "perf", "scripts")

SLEEP = re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep)\b|\b::sleep\(")
JSON_DUMP = re.compile(r"\.dump\(|->dump\(")
JSON_FOLDERS = ("apps/", "runtime/", "actors/control/")
JSON_OF_LOGS = ("apps/verbs/ticks_",)  # their symbols were checked when they were logged
SPDLOG = re.compile(r"#include <spdlog/|\bspdlog::")
SPDLOG_FILES = ("runtime/telemetry/log.cpp", "apps/host/logging.cpp", "perf/build_yardstick.cpp")
CONFLICT = re.compile(r"^(<{7}|>{7}) ")
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(home|root|work|Users)/\w")
UNFINISHED = re.compile(r"\b(T[O]DO|F[I]XME|X[X]X|H[A]CK|T[B]D|W[I]P)\b")
ALLOWED = re.compile(r"(//|#) allowed: \w")
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


def project_files():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        check=True, capture_output=True, text=True).stdout
    return sorted(path for path in listed.split("\0") if path and os.path.isfile(path))


def check_lines(path, lines):
    is_code = path.endswith(CODE)
    if is_code and len(lines) > FILE_LINES_MAX and not any(map(ALLOWED.search, lines[:5])):
        yield f"{path}:{len(lines)}: {len(lines)} lines; at most {FILE_LINES_MAX}"
    for number, line in enumerate(lines, 1):
        if ALLOWED.search(line):
            continue
        if is_code and len(line) > LINE_CHARACTERS_MAX:
            yield f"{path}:{number}: {len(line)} characters; at most {LINE_CHARACTERS_MAX}"
        if path.endswith((".cpp", ".hpp")) and SLEEP.search(line):
            yield f"{path}:{number}: sleeps; wait for a condition"
        is_json_user = path.startswith(JSON_FOLDERS) and not path.startswith(JSON_OF_LOGS)
        if is_json_user and JSON_DUMP.search(line):
            yield f"{path}:{number}: may throw on bytes that are no UTF-8; use json_text"
        if path.endswith((".cpp", ".hpp")) and path not in SPDLOG_FILES and SPDLOG.search(line):
            yield f"{path}:{number}: spdlog costs each unit a tenth; use runtime/telemetry/log.hpp"
        if CONFLICT.search(line):
            yield f"{path}:{number}: two versions of the text that were never made one"
        if MACHINE_PATH.search(line):
            yield f"{path}:{number}: a path of one machine: {line.strip()[:60]}"
        if UNFINISHED.search(line):
            yield f"{path}:{number}: an unfinished mark: {line.strip()[:60]}"


def has_test(source, quoted_name):
    one_line = re.sub(r'"\s*\n\s*"', "", source)
    return re.search(r"TEST_CASE(_FIXTURE)?\((\w+, )?\s*" + re.escape(quoted_name), one_line)


def check_links(path, lines, texts):
    """A link leads to a file or folder; one whose text is a quoted test name, to that test."""
    for number, line in enumerate(lines, 1):
        for text, target in LINK.findall(line):
            if target.startswith(("http://", "https://", "#")):
                continue
            goal = os.path.normpath(os.path.join(os.path.dirname(path), target.split("#")[0]))
            if not os.path.exists(goal):
                yield f"{path}:{number}: the link leads nowhere: {target}"
            elif text.startswith('"') and not has_test(texts.get(goal, ""), text):
                yield f"{path}:{number}: {goal} has no test {text}"


def check_folder_readmes(texts):
    for folder in FOLDERS:
        path = f"{folder}/README.md"
        if path not in texts:
            yield f"{path}:1: is missing"
        elif len(texts[path].splitlines()) > README_LINES_MAX:
            yield f"{path}:{README_LINES_MAX + 1}: more than {README_LINES_MAX} lines"


def main():
    texts = {}
    for path in project_files():
        with open(path, "rb") as file:
            content = file.read()
        if b"\0" not in content:
            texts[path] = content.decode("utf-8")
    if len(texts) < 150:
        sys.exit(f"text: only {len(texts)} files found")
    faults = list(check_folder_readmes(texts))
    for path, text in texts.items():
        lines = text.splitlines()
        faults += check_lines(path, lines)
        if path.endswith(".md"):
            faults += check_links(path, lines, texts)
    print("\n".join(faults), end="\n" if faults else "")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
