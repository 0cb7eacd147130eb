// Typed reads, their precedence and the texts of their faults.
#include "runtime/settings/toml_reader.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tickmesh::toml_reader_test {

namespace {

enum class colour { red, green };
constexpr std::array<std::pair<std::string_view, colour>, 2> colours{
    {{"red", colour::red}, {"green", colour::green}}};

/// A file that goes with the object.
class toml_file {
public:
  explicit toml_file(std::string_view text) {
    auto pattern = (std::filesystem::temp_directory_path() / "toml_reader_XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    std::ofstream{path(), std::ios::binary} << text;
  }
  toml_file(const toml_file&) = delete;
  toml_file& operator=(const toml_file&) = delete;
  ~toml_file() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  std::string path() const { return directory_ + "/t.toml"; }
  /// `text` after the file's name.
  std::string at(std::string_view text) const { return path() + std::string{text}; }

private:
  std::string directory_;
};

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("values of every type are read from a file") {
  toml_file file{"on = true\nname = \"a b\"\ncount = 7\nratio = 0.25\nexact = 0.1\n"
                 "quoted = \"12485.00000001\"\nwait_ms = 1500\nstep_s = 0.5\n"
                 "start = \"2024-01-02T01:00:00Z\"\nday = 2024-01-02T01:00:00Z\n"
                 "list = [\"x\", \"y\"]\npaint = \"green\"\n[inner.most]\nkey = -3\n"
                 "[[things]]\nid = 1\n[[things]]\nid = 2\n"};
  toml_reader reader{file.path(), {}};
  auto root = reader.root();
  bool on = false;
  std::string name;
  std::uint16_t count = 0;
  double ratio = 0;
  std::int64_t exact = 0, quoted = 0;
  std::chrono::milliseconds wait{0}, step{0};
  timestamp start{}, day{};
  texts list;
  colour paint = colour::red;
  CHECK(root.read("on", on));
  CHECK(root.read("name", name));
  CHECK(root.read("count", count, 0, 10));
  CHECK(root.read_number("ratio", ratio, 0, 1));
  CHECK(root.read_decimal("exact", exact, 0, 100'000'000));
  CHECK(root.read_decimal("quoted", quoted, 0, INT64_MAX));
  CHECK(root.read_duration("wait_ms", wait, std::chrono::milliseconds{1}, std::chrono::hours{1}));
  CHECK(root.read_duration("step_s", step, std::chrono::milliseconds{1}, std::chrono::hours{1}));
  CHECK(root.read("start", start));
  CHECK(root.read("day", day));
  CHECK(root.read("list", list));
  CHECK(root.read_choice("paint", paint, colours));
  int key = 0;
  CHECK(root.section("inner").section("most").read("key", key, -5, 5));
  std::vector<int> ids;
  for (auto& thing : root.items("things")) {
    int id = 0;
    CHECK(thing.read("id", id, 0, 9));
    ids.push_back(id);
  }
  CHECK(on);
  CHECK(name == "a b");
  CHECK(count == 7);
  CHECK(ratio == 0.25);
  CHECK(exact == 10'000'000);
  CHECK(quoted == 1'248'500'000'001);
  CHECK(wait.count() == 1500);
  CHECK(step.count() == 500);
  CHECK(to_ns(start) == 1'704'157'200'000'000'000);
  CHECK(day == start);
  CHECK(list == texts{"x", "y"});
  CHECK(paint == colour::green);
  CHECK(key == -3);
  CHECK(ids == std::vector<int>{1, 2});
  CHECK(reader.take_faults() == texts{});
}

TEST_CASE("what is absent keeps its default and is no fault") {
  toml_reader reader{"", {}};
  auto root = reader.root();
  int count = 5;
  colour paint = colour::green;
  CHECK(root.section("a").read("count", count, 0, 3)); // a default is not checked
  CHECK(root.read_choice("paint", paint, colours));
  CHECK(root.items("things").empty());
  CHECK(count == 5);
  CHECK(paint == colour::green);
  CHECK(reader.take_faults() == texts{});
}

TEST_CASE("a flag wins over the environment and that over the file") {
  toml_file file{"[s]\na = 1\nb = 1\nc = 1\n"};
  std::vector<std::pair<std::string, std::string>> environment{
      {"TICKMESH_S__B", "2"}, {"HOME", "x"}, {"TICKMESH_S__C", "2"}, {"TICKMESH_S__LIST", "p, q"}};
  auto overrides = environment_overrides(environment);
  overrides.push_back({"s.c", "3", "--c"});
  toml_reader reader{file.path(), overrides};
  auto s = reader.root().section("s");
  int a = 0, b = 0, c = 0;
  texts list;
  s.read("a", a, 0, 9);
  s.read("b", b, 0, 9);
  s.read("c", c, 0, 9);
  s.read("list", list);
  CHECK(a == 1);
  CHECK(b == 2);
  CHECK(c == 3);
  CHECK(list == texts{"p", "q"});
  CHECK(s.is_from_file("a"));
  CHECK_FALSE(s.is_from_file("b"));
  CHECK(reader.take_faults() == texts{});
}

TEST_CASE("a key of an array of tables has a path with its index") {
  toml_file file{"[[things]]\nid = 1\n[[things]]\nid = 2\n"};
  toml_reader reader{file.path(), {{"things.1.id", "8", "TICKMESH_THINGS__1__ID"}}};
  std::vector<int> ids;
  for (auto& thing : reader.root().items("things"))
    thing.read("id", ids.emplace_back(), 0, 9);
  CHECK(ids == std::vector<int>{1, 8});
  CHECK(environment_name("things.1.id") == "TICKMESH_THINGS__1__ID");
}

TEST_CASE("all faults are told at once, by line, with value and what is allowed") {
  toml_file file{"count = 11\nname = 3\n\nexact = 0.123456789\nwait_ms = \"soon\"\n"
                 "paint = \"blue\"\non = \"yes\"\nlist = [1, 2]\nstep_s = 0.0001\n"};
  toml_reader reader{file.path(), {{"ratio", "2", "--ratio"}}};
  auto root = reader.root();
  std::chrono::milliseconds wait{7}, step{7};
  colour paint = colour::red;
  bool on = false;
  std::string name = "kept";
  int count = 4;
  double ratio = 0.5;
  std::int64_t exact = 9;
  texts list;
  CHECK_FALSE(root.read_number("ratio", ratio, 0, 1));
  CHECK_FALSE(
      root.read_duration("step_s", step, std::chrono::milliseconds{1}, std::chrono::seconds{5}));
  CHECK_FALSE(root.read("list", list));
  CHECK_FALSE(root.read("on", on));
  CHECK_FALSE(root.read_choice("paint", paint, colours));
  CHECK_FALSE(
      root.read_duration("wait_ms", wait, std::chrono::milliseconds{1}, std::chrono::seconds{5}));
  CHECK_FALSE(root.read_decimal("exact", exact, 0, 200'000'000));
  CHECK_FALSE(root.read("name", name));
  CHECK_FALSE(root.read("count", count, 0, 10));
  CHECK(reader.take_faults() ==
        texts{
            file.at(":1: count = 11: is out of range; allowed: 0 to 10"),
            file.at(":2: name = 3: is not text; allowed: text in quotes"),
            file.at(":4: exact = 0.123456789: is not a number of at most eight decimals; "
                    "allowed: 0 to 2"),
            file.at(":5: wait_ms = \"soon\": is not a number; allowed: 1 to 5000"),
            file.at(":6: paint = \"blue\": is not known; allowed: red, green"),
            file.at(":7: on = \"yes\": is not a truth value; allowed: true, false"),
            file.at(":8: list = [1, 2]: is not a list of texts; allowed: [\"one\", \"two\"]"),
            file.at(":9: step_s = 0.0001: is out of range; allowed: 0.001 to 5"),
            "--ratio: ratio = 2: is out of range; allowed: 0 to 1",
        });
  CHECK(name == "kept");
  CHECK(count == 4);
  CHECK(wait.count() == 7);
  CHECK(ratio == 0.5);
}

TEST_CASE("unknown keys and sections are faults with the nearest known name") {
  toml_file file{"[cluster]\ndata_slot = 2\n\n[clutser]\nname = \"x\"\n[[things]]\nidd = 1\n"};
  toml_reader reader{file.path(),
                     {{"cluster.dataslots", "1", "TICKMESH_CLUSTER__DATASLOTS"},
                      {"cluster", "1", "TICKMESH_CLUSTER"}}};
  auto root = reader.root();
  int unused = 0;
  root.section("cluster").read("data_slots", unused, 0, 9);
  for (auto& thing : root.items("things"))
    thing.read("id", unused, 0, 9);
  CHECK(reader.take_faults() ==
        texts{
            file.at(":2: cluster.data_slot = 2: unknown key; did you mean data_slots?"),
            file.at(":4: clutser = a table: unknown section; did you mean cluster?"),
            file.at(":7: things.0.idd = 1: unknown key; did you mean id?"),
            "TICKMESH_CLUSTER__DATASLOTS: cluster.dataslots = 1: unknown setting; did you mean "
            "TICKMESH_CLUSTER__DATA_SLOTS?",
            "TICKMESH_CLUSTER: cluster = 1: is a section; set the keys in it",
        });
}

TEST_CASE("a quoted key with a dot does not pass for a key of a section") {
  toml_file file{"\"s.a\" = 1\n"};
  toml_reader reader{file.path(), {}};
  int unused = 0;
  reader.root().section("s").read("a", unused, 0, 9);
  CHECK(unused == 0);
  CHECK(reader.take_faults().size() == 1);
}

TEST_CASE("a section that is a value, and a value that is a section, are faults") {
  toml_file file{"s = 1\nthings = 2\n[count]\n"};
  toml_reader reader{file.path(), {}};
  auto root = reader.root();
  int unused = 0;
  root.section("s");
  CHECK(root.items("things").empty());
  CHECK_FALSE(root.read("count", unused, 0, 9));
  CHECK(reader.take_faults() ==
        texts{
            file.at(":1: s = 1: is not a section; write [s]"),
            file.at(":2: things = 2: is not a list of sections; write [[things]] before each"),
            file.at(":3: count = a table: is not a whole number; allowed: 0 to 9"),
        });
}

TEST_CASE("a syntax error and a missing file are faults, and the overrides are still read") {
  toml_file file{"a = 1\nb = = 2\n"};
  toml_reader reader{file.path(), {{"a", "12", "--a"}}};
  int a = 0;
  CHECK_FALSE(reader.root().read("a", a, 0, 9));
  auto faults = reader.take_faults();
  REQUIRE(faults.size() == 2);
  CHECK(faults[0].starts_with(file.at(":2: not TOML: ")));
  CHECK(faults[1] == "--a: a = 12: is out of range; allowed: 0 to 9");

  toml_reader missing{file.at(".missing"), {}};
  CHECK(missing.take_faults() ==
        texts{file.at(".missing: the file can't be read; give an existing file")});
}

TEST_CASE("the first fault of a key stands, and a missing key points to its section") {
  toml_file file{"\n[s]\na = 12\n"};
  toml_reader reader{file.path(), {}};
  auto s = reader.root().section("s");
  int a = 0;
  s.read("a", a, 0, 9);
  s.reject("a", "is also bad");
  s.reject("b", "is missing");
  s.refuse("c", "is not built yet");
  s.refuse("a", "is not built yet");
  CHECK(reader.take_faults() == texts{file.at(":2: s.b: is missing"),
                                      file.at(":3: s.a = 12: is out of range; allowed: 0 to 9")});
}

} // namespace tickmesh::toml_reader_test
