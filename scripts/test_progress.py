#!/usr/bin/env python3
"""Tests of progress.py."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import progress

SCRIPT = pathlib.Path(progress.__file__)


class Progress(unittest.TestCase):
    def test_only_lines_of_ninja_tell_how_far_it_is(self):
        self.assertEqual(progress.parse("[12/75] Building CXX object a.o"), (12, 75))
        self.assertIsNone(progress.parse("a.cpp:[12/75] error"))

    def test_time_left_follows_from_what_is_done(self):
        self.assertEqual(progress.describe("building", 30, 90, 120),
                         "building: 30 of 90 after 2 min, about 4 min left")
        self.assertEqual(progress.describe("building", 1, 90, 2), "building: 1 of 90 after 5 s")
        self.assertEqual(progress.describe("building", 9, 9, 61), "building: 9 of 9 after 1 min")

    def test_the_log_has_all_that_came_in_and_a_pipe_gets_whole_lines(self):
        said = b"[1/2] one\nsome error\n[2/2] two"
        with tempfile.TemporaryDirectory() as scratch:
            log = os.path.join(scratch, "log")
            done = subprocess.run([sys.executable, SCRIPT, "building", log], input=said,
                                  capture_output=True, check=True)
            self.assertEqual(pathlib.Path(log).read_bytes(), said)
        self.assertNotIn(b"\r", done.stdout)
        self.assertTrue(done.stdout == b"" or done.stdout.endswith(b"\n"))


if __name__ == "__main__":
    unittest.main()
