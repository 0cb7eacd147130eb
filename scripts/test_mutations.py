#!/usr/bin/env python3
"""Tests of mutations.py and mutate.py: what is changed, what is left alone, and that the tests
which are to notice are there. Run by check.sh."""
import fnmatch
import pathlib
import unittest

import mutate
import mutations

TOP = pathlib.Path(__file__).resolve().parent.parent


def after(text, mutation=None):
    """The changed lines, by what was done."""
    return [(m.mutation, "\n".join(m.after)) for m in mutations.find_mutants(text)
            if mutation in (None, m.mutation)]


class Mutations(unittest.TestCase):
    def test_bounds_move_by_one(self):
        self.assertIn(("< to <=", "  if (a <= b) f();"), after("  if (a < b) f();"))
        self.assertIn((">= to >", "x = a > b;"), after("x = a >= b;"))
        self.assertEqual([("+ 1 dropped", "x = n;"), ("1 to 2", "x = n + 2;")],
                         after("x = n + 1;"))

    def test_conditions_are_negated(self):
        negated = "condition negated"
        self.assertEqual([(negated, "  if (!(is_open)) return;")], after("  if (is_open) return;"))
        self.assertEqual([(negated, "  if (is_open) return;")], after("  if (!is_open) return;"))
        self.assertIn((negated, "if (auto x = f(); !(x.a(1))) g();"),
                      after("if (auto x = f(); x.a(1)) g();"))
        self.assertEqual([], after("if (auto* x = f(a)) g();", negated))
        self.assertIn((negated, "return !(a) ? b : c;"), after("return a ? b : c;"))

    def test_and_or_min_max_and_constants_turn_into_each_other(self):
        self.assertIn(("&& to ||", "  return a ||"), after("  return a &&\n    b;"))
        self.assertIn(("min to max", "x = std::max(a, b);"), after("x = std::min(a, b);"))
        self.assertIn(("true to false", "x = false;"), after("x = true;"))
        self.assertIn(("1'000 to 1001", "x = 1001;"), after("x = 1'000;"))
        self.assertIn(("+= to -=", "x -= y;"), after("x += y;"))

    def test_statements_are_dropped_whole(self):
        dropped = "statement dropped"
        text = "void f() {\n  count();\n  auto x = 1;\n  call(a,\n       b);\n  return;\n}"
        self.assertEqual([(dropped, "  {}")] * 2, after(text, dropped))
        call = mutations.find_mutants(text)[-1]
        self.assertEqual("void f() {\n  count();\n  auto x = 1;\n  {}\n  return;\n}",
                         mutations.apply_mutant(text, call))
        for kept in ("  int x = 1;", "  std::vector<int> x(3);", "  result<void> done;",
                     "  return f();", "  break;", "  const auto& x = y;", "  };"):
            self.assertEqual([], after("{\n" + kept, dropped), kept)
        self.assertEqual([], after("  call(a,\n    b + c);", dropped)[1:])
        self.assertEqual([(dropped, "    {}")], after("  if (a)\n    ++count;", dropped))

    def test_functions_without_a_result_return_early(self):
        early = "early return"
        self.assertEqual([(early, "void a::f(int x) { return;")],
                         after("void a::f(int x) {\n  g();\n}", early))
        self.assertEqual([(early, "       int y) { return;")],
                         after("void f(int x,\n       int y) {\n  g();\n}", early))
        self.assertEqual([], after("void f();\nint g() {\n  return 1;\n}", early))

    def test_text_comments_proofs_and_templates_are_left_alone(self):
        for text in ("// a < b && c", "  assert(a < b);", "#include <a/b.hpp>",
                     "  static_assert(a == 1);", "  spdlog::warn(\"{}\", a + b);",
                     "using x = std::vector<int>;", "  case 3:"):
            self.assertEqual([], after(text), text)
        self.assertEqual([], after("f(\"a < b && 1 + 1\", 'x'); // 1 < 2"))
        self.assertEqual([], after("std::map<int, std::vector<long>> x;"))

    def test_a_mutant_is_of_the_text_that_it_was_made_of(self):
        mutant = mutations.find_mutants("x = a < b;")[0]
        with self.assertRaises(ValueError):
            mutations.apply_mutant("x = a < c;", mutant)

    def test_every_entry_of_the_table_of_tests_names_sources_and_tests_that_are_there(self):
        sources = [str(path.relative_to(TOP)) for path in TOP.glob("*/**/*.cpp")]
        for prefix, programs in mutate.COVERING.items():
            self.assertTrue(any(path.startswith(prefix) for path in sources), prefix)
            for program, patterns in programs:
                rung = program.removesuffix("_tests")
                tests = [str(path) for path in (TOP / "tests" / rung).glob("**/*_test.cpp")]
                for pattern in patterns.split(",") if rung != "broker_sim" else []:
                    self.assertTrue(fnmatch.filter(tests, pattern), f"{prefix}: {pattern}")


if __name__ == "__main__":
    unittest.main()
