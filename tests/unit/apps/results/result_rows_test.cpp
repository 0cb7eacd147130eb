// Result files of several hosts become one, in an order that no host can change.
#include "actors/market/sources/sim/random_numbers.hpp"
#include "apps/results/result_rows.hpp"
#include "runtime/results/row_files.hpp"
#include "tests/support/market_files.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace tickmesh::result_rows_test {

namespace {

const row_order by_name{"rows", "name,age,number", {"name", "age"}, "number", ""};
const row_order by_identity{"rows", "name,id,number", {"name"}, "number", "id"};

/// A `rows.csv` of each host.
struct hosts {
  market_files files;
  std::vector<std::string> paths;

  explicit hosts(const std::vector<std::string>& texts) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      std::filesystem::create_directory(files.path(fmt::format("host{}", i)));
      auto name = fmt::format("host{}/rows.csv", i);
      paths.push_back(files.path(name));
      files.write(name, texts[i]);
    }
  }

  std::string merge(const row_order& order) const {
    auto count = merge_rows(order, paths, files.path("out.csv"), nullptr);
    REQUIRE_MESSAGE(count.has_value(), count.error().message);
    auto text = read_text_file(files.path("out.csv"));
    REQUIRE(text.has_value());
    CHECK(static_cast<std::uint64_t>(std::ranges::count(*text, '\n')) == *count + 1);
    return *text;
  }

  std::string fault(const row_order& order) const {
    auto count = merge_rows(order, paths, files.path("out.csv"), nullptr);
    REQUIRE_FALSE(count.has_value());
    CHECK_FALSE(std::filesystem::exists(files.path("out.csv")));
    return count.error().message;
  }
};

} // namespace

TEST_CASE("lines are split at every comma") {
  using fields = std::vector<std::string_view>;
  CHECK(split_fields("a,b") == fields{"a", "b"});
  CHECK(split_fields("") == fields{""});
  CHECK(split_fields(",") == fields{"", ""});
  CHECK(split_fields("a,,c,") == fields{"a", "", "c", ""});
}

TEST_CASE("rows of several hosts are ordered by keys as text and by number as number") {
  hosts h{{"name,age,number\nb,1,9\na,2,100\n", "name,age,number\na,2,20\na,10,3\n"}};
  CHECK(h.merge(by_name) == "name,age,number\na,10,3\na,2,20\na,2,100\nb,1,9\n");
}

TEST_CASE("files without rows add nothing, and no file is none at all") {
  hosts h{{"name,age,number\n", "name,age,number\na,1,1\n"}};
  CHECK(h.merge(by_name) == "name,age,number\na,1,1\n");
  hosts nothing{{}};
  CHECK(nothing.merge(by_name) == "name,age,number\n");
}

TEST_CASE("of rows with one identity the last one holds") {
  hosts h{{"name,id,number\nb,7,1\na,8,2\nc,7,3\n", "name,id,number\nd,9,4\n"}};
  CHECK(h.merge(by_identity) == "name,id,number\na,8,2\nc,7,3\nd,9,4\n");
}

TEST_CASE("equal rows are all kept where nothing identifies them") {
  hosts h{{"name,age,number\na,1,1\na,1,1\n", "name,age,number\na,1,1\n"}};
  CHECK(h.merge(by_name) == "name,age,number\na,1,1\na,1,1\na,1,1\n");
}

TEST_CASE("every row is shown in the final order") {
  hosts h{{"name,age,number\nb,1,2\n", "name,age,number\na,1,2\n"}};
  std::string seen;
  auto count = merge_rows(by_name, h.paths, h.files.path("out.csv"),
                          [&](auto& fields) { seen += std::string{fields.at(0)} + " "; });
  REQUIRE(count.has_value());
  CHECK(seen == "a b ");
}

TEST_CASE("how rows are spread over hosts changes no byte") {
  std::vector<std::string> rows;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    random_numbers random{seed};
    rows.clear();
    for (int i = 0; i < 300; ++i)
      rows.push_back(fmt::format("{},{},{}\n", random.below(5), random.below(3), random.below(50)));
    auto spread = [&](std::int64_t host_count) {
      std::vector<std::string> texts(static_cast<std::size_t>(host_count), "name,age,number\n");
      for (auto& row : rows)
        texts[static_cast<std::size_t>(random.below(host_count))] += row;
      return hosts{texts}.merge(by_name);
    };
    auto one = spread(1);
    CHECK(one.size() >= 300 * 6);
    CHECK((spread(4) == one));
    std::ranges::reverse(rows);
    CHECK((spread(2) == one));
  }
}

TEST_CASE("fields of any length are found, wherever they begin") {
  // Neighbours of the comma in value, and bytes with the highest bit, are none.
  for (std::size_t length = 0; length < 40; ++length)
    for (std::string fill : {"x", "-", "+", "\xac", "\x80", "\xff"}) {
      CAPTURE(length);
      std::string name;
      for (std::size_t i = 0; i < length; ++i)
        name += fill;
      auto row = name + "," + name + name + ",7\n";
      hosts h{{"name,age,number\n" + row + row}};
      CHECK(h.merge(by_name) == "name,age,number\n" + row + row);
      hosts more{{"name,age,number\n" + name + ",," + row}};
      CHECK(more.fault(by_name).find("rows.csv:2: 5 columns") != std::string::npos);
    }
}

TEST_CASE("one part that is in order is the result, under two names") {
  hosts h{{"name,age,number\na,1,2\na,1,10\na,2,1\nb,0,0\n"}};
  auto& part = h.paths[0];
  for (int again = 0; again < 2; ++again) {
    CAPTURE(again);
    CHECK(h.merge(by_name) == *read_text_file(part));
    CHECK(std::filesystem::equivalent(part, h.files.path("out.csv")));
    CHECK_FALSE(std::filesystem::exists(h.files.path("out.csv.part")));
  }
  hosts unsorted{{"name,age,number\na,1,10\na,1,2\n"}};
  CHECK(unsorted.merge(by_name) == "name,age,number\na,1,2\na,1,10\n");
  CHECK(*read_text_file(unsorted.paths[0]) == "name,age,number\na,1,10\na,1,2\n");
}

TEST_CASE("parts that are in order and larger than what is read at once are merged") {
  std::vector<std::string> texts(3, "name,age,number\n");
  std::string all = texts[0];
  std::uint64_t number = 1'000'000'000;
  for (std::uint64_t seed = 1; all.size() < 5'000'000; ++seed) {
    auto row = fmt::format("{:08},{},{}\n", seed / 3, std::string(seed / 3 % 97, 'x'), ++number);
    all += row;
    texts[seed * 7 / 3 % 3] += row;
  }
  hosts h{texts};
  auto merged = h.merge(by_name);
  CHECK((merged == all));
  hosts one{{merged}};
  CHECK((one.merge(by_name) == merged));
  std::swap(texts[0], texts[2]);
  CHECK((hosts{texts}.merge(by_name) == merged));
}

TEST_CASE("malformed files are faults that name file and line") {
  auto fault = [](const std::string& text) { return hosts{{text}}.fault(by_name); };
  CHECK(fault("name,age\n").find("rows.csv:1: the columns are not those of this version") !=
        std::string::npos);
  CHECK(fault("name,age,number\na,1,1\nb,2\n").find("rows.csv:3: 2 columns; there should be 3") !=
        std::string::npos);
  CHECK(fault("name,age,number\na,1,1,1\n").find("rows.csv:2: 4 columns") != std::string::npos);
  CHECK(fault("name,age,number\na,1,1\nb,2,2").find("rows.csv:3: the last line is cut off") !=
        std::string::npos);
  CHECK(fault("name,age,number").find("rows.csv:1: the last line is cut off") != std::string::npos);
}

TEST_CASE("a file that is empty to the byte is a fault, for its header is missing") {
  CHECK(hosts{{""}}.fault(by_name).find("rows.csv") != std::string::npos);
}

TEST_CASE("a number that is none is a fault") {
  for (std::string number : {"", "x", "1x", "-1", "99999999999999999999"}) {
    CAPTURE(number);
    auto message = hosts{{"name,age,number\na,1," + number + "\n"}}.fault(by_name);
    CHECK(message.find("rows.csv:2") != std::string::npos);
  }
}

TEST_CASE("a path that cannot be written is a fault") {
  hosts h{{"name,age,number\na,1,1\n"}};
  auto count = merge_rows(by_name, h.paths, h.files.path("none/out.csv"), nullptr);
  REQUIRE_FALSE(count.has_value());
  CHECK(count.error().message.find("none/out.csv") != std::string::npos);
}

TEST_CASE("a disk that is full when a file is closed is named, and what was there stays") {
  hosts h{{"name,age,number\na,1,1\n", "name,age,number\nb,1,1\n"}};
  auto before = h.merge(by_name);
  // What is written beside the result goes to a device without room.
  auto beside = h.files.path("out.csv.part");
  std::filesystem::create_symlink("/dev/full", beside);
  h.files.write("host1/rows.csv", "name,age,number\nc,1,1\n");
  auto count = merge_rows(by_name, h.paths, h.files.path("out.csv"), nullptr);
  REQUIRE_FALSE(count.has_value());
  CHECK(count.error().message.find("out.csv: No space left on device") != std::string::npos);
  CHECK(*read_text_file(h.files.path("out.csv")) == before);
  CHECK_FALSE(std::filesystem::exists(std::filesystem::symlink_status(beside)));
}

TEST_CASE("a merge tells of all rows but the last thousands, in order or not") {
  for (bool is_sorted : {true, false})
    for (std::size_t parts : {1U, 2U}) {
      CAPTURE(is_sorted);
      CAPTURE(parts);
      std::string text{"name,age,number\n"};
      for (int i = 0; i < 20'000; ++i)
        text += fmt::format("{:06},1,1\n", is_sorted ? i : 20'000 - i);
      hosts h{std::vector(parts, text)};
      std::uint64_t told = 0;
      auto count = merge_rows(by_name, h.paths, h.files.path("out.csv"), nullptr,
                              [&](std::uint64_t more) { told += more; });
      REQUIRE(count.has_value());
      CHECK(*count == 20'000 * parts);
      CHECK(told + 16'384 > *count);
      CHECK(told <= *count * 2); // what is not in order is read again
    }
}

TEST_CASE("every result file's order names columns that it has") {
  std::set<std::string_view> names;
  for (auto& order : result_files()) {
    CAPTURE(order.file);
    names.insert(order.file);
    auto columns = split_fields(order.columns);
    auto has = [&](std::string_view name) {
      return std::ranges::find(columns, name) != columns.end();
    };
    CHECK(order.types.size() == columns.size());
    CHECK(order.keys.size() >= 2);
    for (auto key : order.keys)
      CHECK(has(key));
    CHECK((order.number_key.empty() || has(order.number_key)));
    CHECK((order.identity.empty() || has(order.identity)));
    CHECK(order.keys.front() == "timestamp");
  }
  CHECK(names == std::set<std::string_view>{"ticks_rejected", "factors", "signals", "orders",
                                            "fills", "positions", "pnl", "bars"});
}

} // namespace tickmesh::result_rows_test
