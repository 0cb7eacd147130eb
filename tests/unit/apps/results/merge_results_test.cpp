// The parts of a run's hosts: put together, counted, and refused where they do not fit.
#include "actors/control/wire/slot_document.hpp"
#include "apps/results/merge_results.hpp"
#include "apps/results/result_rows.hpp"
#include "runtime/results/row_files.hpp"
#include "tests/support/market_files.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

namespace tickmesh::merge_results_test {
using json = nlohmann::ordered_json;

namespace {

/// What one host leaves; a test changes it before it is written.
struct host_part {
  std::string cluster_id = "c1";
  std::string id;
  std::uint64_t epoch = 4;
  json cluster; ///< of the control host
  std::map<slot_name, slot_report> slots;
  std::map<std::string, std::vector<std::string>> rows; ///< by file
};

constexpr slot_name data0{role::data, 0}, data1{role::data, 1}, calc0{role::calc, 0},
    exec0{role::exec, 0};
constexpr std::int64_t began = 1'700'000'000'000'000'000;

std::string row_of(std::string_view file, int number) {
  std::map<std::string_view, std::size_t> key{{"timestamp", 0}};
  for (auto& order : result_files()) {
    if (order.file != file) continue;
    std::vector<std::string> fields(split_fields(order.columns).size(), "0");
    fields[0] = fmt::format("2024-01-02T00:00:{:02}.000000000Z", number);
    auto columns = split_fields(order.columns);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i] == order.identity) fields[i] = fmt::format("id{}", number);
      if (columns[i] == "realised") fields[i] = "-1.5";
      if (columns[i] == "unrealised") fields[i] = "4.25";
      if (columns[i] == "fees") fields[i] = "0.5";
      if (columns[i] == "strategy") fields[i] = fmt::format("s{}", number);
      if (columns[i] == "account") fields[i] = "main";
    }
    return fmt::format("{}", fmt::join(fields, ","));
  }
  return {};
}

/// Two hosts, four slots: 10 ticks of which 3 are rejected, 4 factors, 2 signals, 2 orders, a fill.
std::vector<host_part> good_parts() {
  host_part a, b;
  a.id = "a";
  b.id = "b";
  json slots = json::array();
  for (auto [slot, host] :
       {std::pair{"data/0", "a"}, {"data/1", "b"}, {"calc/0", "b"}, {"exec/0", "a"}})
    slots.push_back({{"slot", slot}, {"host_id", host}});
  a.cluster = {{"trading", "PAPER"},
               {"epoch", 4},
               {"reason", "the source ended"},
               {"hosts", {"a", "b"}},
               {"slots", slots}};
  a.slots[data0].counts = {{"ticks_in", 6}, {"ticks_accepted", 4}, {"rejected/LATE", 2}};
  a.slots[data0].moments = {{started_moment, began}, {finished_moment, began + 400'000'000}};
  b.slots[data1].counts = {
      {"ticks_in", 4}, {"ticks_accepted", 3}, {"rejected/LATE", 0}, {"rejected/DUPLICATE", 1}};
  b.slots[data1].moments = {{started_moment, began + 5}};
  b.slots[calc0].counts = {{"factors", 4}, {"signals", 2}};
  b.slots[calc0].delays["calc"].add(1'000, 3);
  a.slots[exec0].counts = {{"orders/APPROVED", 1}, {"orders/DAILY_LOSS_LIMIT", 1},
                           {"status/FILLED", 1},   {"entered/NEW", 1},
                           {"fills", 1},           {"events", 9},
                           {"order_anomalies", 0}};
  a.slots[exec0].moments = {{finished_moment, began + 500'000'000}};
  a.rows["ticks_rejected"] = {row_of("ticks_rejected", 3), row_of("ticks_rejected", 1)};
  b.rows["ticks_rejected"] = {row_of("ticks_rejected", 2)};
  for (int i = 4; i > 0; --i)
    b.rows["factors"].push_back(row_of("factors", i));
  b.rows["signals"] = {row_of("signals", 1), row_of("signals", 2)};
  a.rows["orders"] = {row_of("orders", 1), row_of("orders", 2)};
  a.rows["fills"] = {row_of("fills", 1)};
  a.rows["positions"] = {row_of("positions", 1), row_of("positions", 2)};
  return {a, b};
}

struct written_parts {
  market_files files;
  std::vector<std::string> directories; ///< as given to run --results

  explicit written_parts(const std::vector<host_part>& parts) {
    for (auto& part : parts) {
      directories.push_back(files.path(part.id));
      auto below = part.id + "/parts/" + part.id + "/";
      std::filesystem::create_directories(files.path(below));
      json process{{"host_id", part.id},      {"cluster_id", part.cluster_id},
                   {"epoch", part.epoch},     {"build_id", "b"},
                   {"machine", "m"},          {"account", "main"},
                   {"currency", "CNY"},       {"started_ns", began},
                   {"stopped_ns", began + 1}, {"cpu_seconds", 0.25},
                   {"resident_mib", 10},      {"clock_offset_ns", 0}};
      files.write(below + "process.json", process.dump());
      if (!part.cluster.is_null()) files.write(below + "cluster.json", part.cluster.dump());
      for (auto& [slot, report] : part.slots) {
        auto named = report;
        named.rows = fmt::format("{}-{}.1", to_string(slot.of), slot.index);
        files.write(below + slot_document_name(slot), slot_document(slot, named));
        for (auto& order : result_files())
          if (writer_of(order.file) == slot.of) write_rows_of(part, order, below, named.rows);
      }
    }
  }

  static role writer_of(std::string_view kind) {
    if (kind == "ticks_rejected") return role::data;
    return kind == "factors" || kind == "signals" ? role::calc : role::exec;
  }

  void write_rows_of(const host_part& part, const row_order& order, const std::string& below,
                     const std::string& owner) {
    auto rows = part.rows.find(std::string{order.file});
    if (rows == part.rows.end()) return;
    std::string text{order.columns};
    for (auto& row : rows->second)
      text += "\n" + row;
    files.write(fmt::format("{}{}.csv", below, rows_name(order.file, owner)), text + "\n");
  }

  result<merged_results> merge() const { return merge_results(directories, files.path("out")); }

  std::string read(const std::string& name) const {
    auto text = read_text_file(files.path("out/" + name));
    REQUIRE_MESSAGE(text.has_value(), text.error().message);
    return *text;
  }
};

std::string fault_of(const std::vector<host_part>& parts) {
  auto merged = written_parts{parts}.merge();
  REQUIRE_FALSE(merged.has_value());
  return merged.error().message;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("parts of all hosts become one set of files and counts") {
  written_parts parts{good_parts()};
  auto merged = parts.merge();
  REQUIRE_MESSAGE(merged.has_value(), merged.error().message);
  auto& s = merged->summary;
  CHECK(s["ticks"]["in"] == 10);
  CHECK(s["ticks"]["accepted"] == 7);
  CHECK(s["ticks"]["rejected"] == 3);
  CHECK(s["ticks"]["rejected_by_reason"]["LATE"] == 2);
  CHECK(s["ticks"]["rejected_by_reason"]["DUPLICATE"] == 1);
  CHECK(s["factors"] == 4);
  CHECK(s["signals"] == 2);
  CHECK(s["orders"]["by_verdict"]["DAILY_LOSS_LIMIT"] == 1);
  CHECK(s["orders"]["by_status"]["FILLED"] == 1);
  CHECK(s["fills"] == 1);
  CHECK(s["pnl"]["realised"] == "-3");
  CHECK(s["pnl"]["unrealised"] == "8.5");
  CHECK(s["pnl"]["fees"] == "1");
  CHECK(s["pnl"]["total"] == "4.5");
  REQUIRE(s["pnl"]["by_strategy"].size() == 2);
  CHECK(s["pnl"]["by_strategy"][1] == json{{"account", "main"},
                                           {"strategy", "s2"},
                                           {"realised", "-1.5"},
                                           {"unrealised", "4.25"},
                                           {"fees", "0.5"},
                                           {"total", "2.25"}});
  CHECK(s["positions"].size() == 2);
  CHECK(s["rows"]["ticks_rejected"] == 3);
  auto& run = merged->run;
  CHECK(run["seconds"].get<double>() == doctest::Approx(0.5));
  CHECK(run["ticks_per_second"].get<double>() == doctest::Approx(20));
  CHECK(run["cpu_seconds"].get<double>() == doctest::Approx(0.5));
  CHECK(run["delays"]["calc"]["count"] == 3);
  CHECK(json::parse(parts.read("summary.json")) == s);
  CHECK(json::parse(parts.read("run.json")) == run);
  auto rejected = parts.read("ticks_rejected.csv");
  CHECK(rejected.find(":01.0") < rejected.find(":02.0"));
  CHECK(rejected.find(":02.0") < rejected.find(":03.0"));
}

TEST_CASE("what a former owner of a slot has left counts no more") {
  auto parts = good_parts();
  parts[0].slots[calc0].counts = {{"factors", 9}, {"signals", 7}};
  parts[0].rows["factors"] = {row_of("factors", 8)};
  auto merged = written_parts{parts}.merge();
  REQUIRE_MESSAGE(merged.has_value(), merged.error().message);
  CHECK(merged->summary["factors"] == 4);
  CHECK(merged->summary["rows"]["factors"] == 4);
}

TEST_CASE("rows of an earlier ownership on the same host count no more") {
  written_parts parts{good_parts()};
  parts.files.write("b/parts/b/factors.calc-0.9.csv", "cut off in the mid");
  auto merged = parts.merge();
  REQUIRE_MESSAGE(merged.has_value(), merged.error().message);
  CHECK(merged->summary["rows"]["factors"] == 4);
}

TEST_CASE("a host that stopped before it knew the view fits the run") {
  auto parts = good_parts();
  host_part control;
  control.id = "c";
  control.cluster_id = "";
  control.epoch = 0;
  parts.insert(parts.begin() + 1, control);
  auto merged = written_parts{parts}.merge();
  REQUIRE_MESSAGE(merged.has_value(), merged.error().message);
  CHECK(merged->summary["ticks"]["in"] == 10);
  CHECK(merged->run["processes"].size() == 3);
}

TEST_CASE("the order in which directories are named changes no byte of the results") {
  written_parts parts{good_parts()};
  REQUIRE(parts.merge().has_value());
  auto read_all = [&] {
    std::string out;
    for (auto& order : result_files())
      out += parts.read(std::string{order.file} + ".csv");
    return out + parts.read("summary.json") + parts.read("run.json");
  };
  auto first = read_all();
  CHECK(first.size() >= 1'000);
  std::ranges::reverse(parts.directories);
  REQUIRE(parts.merge().has_value());
  CHECK((read_all() == first));
}

TEST_CASE("rows that are not as many as were counted are a fault that says both") {
  for (std::string file : {"ticks_rejected", "factors", "signals", "orders", "fills"}) {
    CAPTURE(file);
    for (bool more : {true, false}) {
      auto parts = good_parts();
      for (auto& part : parts) {
        auto rows = part.rows.find(file);
        if (rows == part.rows.end()) continue;
        if (more)
          rows->second.push_back(row_of(file, 50));
        else
          rows->second.pop_back();
        break;
      }
      CHECK(contains(fault_of(parts), file + ".csv holds "));
    }
  }
}

TEST_CASE("rejected ticks of days that were dropped have no rows, and are told") {
  auto parts = good_parts();
  for (auto& part : parts)
    if (auto rows = part.rows.find("ticks_rejected"); rows != part.rows.end()) {
      rows->second.pop_back();
      break;
    }
  parts[0].slots[data0].counts["rejected_rows_dropped"] = 1;
  CHECK(written_parts{parts}.merge().has_value());
  parts[0].slots[data0].counts["rejected_rows_dropped"] = 2;
  CHECK(contains(fault_of(parts), "ticks_rejected.csv holds 2 rows, but the slots counted 1"));
}

TEST_CASE("ticks that are neither accepted nor rejected are a fault") {
  auto parts = good_parts();
  ++parts[0].slots[data0].counts["ticks_in"];
  CHECK(contains(fault_of(parts), "ticks in are not the sum"));
}

TEST_CASE("parts of different runs are not mixed") {
  auto parts = good_parts();
  parts[1].epoch = 5;
  auto message = fault_of(parts);
  CHECK(contains(message, "different runs"));
  CHECK(contains(message, "epochs 4 and 5"));
}

TEST_CASE("a slot whose part is missing is named with its host") {
  auto parts = good_parts();
  parts[1].slots.erase(calc0);
  CHECK(contains(fault_of(parts), "the part of calc/0 on host b is missing"));
  parts = good_parts();
  parts.pop_back();
  CHECK(contains(fault_of(parts), "on host b is missing"));
}

TEST_CASE("a cluster that never started has no results, and its reason is told") {
  auto parts = good_parts();
  parts[0].cluster["slots"] = json::array();
  parts[0].cluster["reason"] = "waited 2 s for exec/0";
  for (auto& part : parts) {
    part.slots.clear();
    part.rows.clear();
  }
  auto message = fault_of(parts);
  CHECK(contains(message, "never started"));
  CHECK(contains(message, "waited 2 s for exec/0"));
  CHECK(contains(message, "a, b"));
}

TEST_CASE("without the control host's part nothing is merged") {
  auto parts = good_parts();
  parts[0].cluster = nullptr;
  CHECK(contains(fault_of(parts), "cluster.json"));
}

TEST_CASE("a host's part given twice and a directory without parts are faults") {
  written_parts parts{good_parts()};
  parts.directories.push_back(parts.directories.front());
  auto twice = parts.merge();
  REQUIRE_FALSE(twice.has_value());
  CHECK(contains(twice.error().message, "a second part of host a"));
  parts.directories = {parts.files.path("nowhere")};
  auto nowhere = parts.merge();
  REQUIRE_FALSE(nowhere.has_value());
  CHECK(contains(nowhere.error().message, "nowhere: holds no results"));
}

TEST_CASE("documents that are cut off or lack a key are faults that name their file") {
  const std::vector<std::string> names{"process.json", "cluster.json", "slot-data-0.json",
                                       "slot-exec-0.json"};
  for (auto& name : names) {
    for (std::string text : {"", "{", "[]", "{}", "null", "{\"slot\": 3}", "{\"slot\": \"x\"}",
                             "{\"slot\": \"data/0\", \"counts\": {\"a\": \"b\"}}"}) {
      CAPTURE(name);
      CAPTURE(text);
      written_parts parts{good_parts()};
      parts.files.write("a/parts/a/" + name, text);
      result<merged_results> merged;
      CHECK_NOTHROW(merged = parts.merge());
      CHECK_FALSE(merged.has_value());
      if (!merged.has_value()) CHECK(contains(merged.error().message, name));
    }
  }
}

} // namespace tickmesh::merge_results_test
