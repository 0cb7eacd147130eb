// `tickmesh results merge` of parts that are missing, mixed or damaged.
#include "tests/process/cluster_run.hpp"

#include <functional>

namespace tickmesh::merge_input_test {
namespace fs = std::filesystem;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// What two runs of a cluster left: `older` and `newer`.
const scratch_directory& two_runs() {
  static const scratch_directory scratch;
  static const bool made = [] {
    for (auto* name : {"older", "newer"}) {
      cluster_run cluster{scratch, sim_flags(20'000, 2'000, 0)};
      cluster.start(five_workers);
      cluster.wait_for_success();
      fs::rename(cluster.results(), scratch.path(name));
    }
    return true;
  }();
  REQUIRE(made);
  return scratch;
}

struct damage {
  std::string name;
  std::function<void(const std::string& parts)> inflict;
  std::vector<std::string> text; ///< parts of the message
};

std::function<void(const std::string&)> replace_text(const std::string& file,
                                                     const std::string& text) {
  return [=](const std::string& parts) { std::ofstream{parts + "/" + file} << text; };
}

void cut_half(const std::string& path) {
  auto size = fs::file_size(path);
  REQUIRE(size > 100);
  fs::resize_file(path, size / 2);
}

/// Cuts a file to half of its length.
std::function<void(const std::string&)> cut(const std::string& file) {
  return [=](const std::string& parts) { cut_half(parts + "/" + file); };
}

std::function<void(const std::string&)> remove_part(const std::string& file) {
  return [=](const std::string& parts) { REQUIRE(fs::remove_all(parts + "/" + file) > 0); };
}

/// Removes the last line of a file.
void drop_last_row(const std::string& path) {
  auto text = file_text(path);
  text.pop_back();
  text.erase(text.rfind('\n') + 1);
  std::ofstream{path} << text;
}

} // namespace

TEST_CASE("parts that are whole merge; the same parts damaged are refused with a clear message") {
  auto& runs = two_runs();
  auto older = runs.path("older");
  auto merged = run_tickmesh(runs, {"results", "merge", older});
  REQUIRE_MESSAGE(merged.code == 0, merged.err);
  CHECK(read_results(older).count("/ticks/in") == 20'000);

  const std::vector<damage> cases{
      {"no part of a worker",
       remove_part("calc-1"),
       {"the part of calc/1 on host calc-1 is missing"}},
      {"no part of the control host", remove_part("control"), {"control host's part"}},
      {"no slot document",
       remove_part("exec-0/slot-exec-0.json"),
       {"the part of exec/0 on host exec-0 is missing"}},
      {"a part of another run",
       [&](const std::string& parts) {
         fs::remove_all(parts + "/exec-0");
         fs::copy(runs.path("newer/parts/exec-0"), parts + "/exec-0", fs::copy_options::recursive);
       },
       {"exec-0", "different runs", "(epochs "}},
      {"a host twice",
       [](const std::string& parts) {
         fs::copy(parts + "/calc-0", parts + "/copy", fs::copy_options::recursive);
       },
       {"a second part of host calc-0"}},
      {"rows cut off",
       [](const std::string& parts) { cut_half(rows_file(parts + "/calc-0", "factors")); },
       {"calc-0/factors.calc-0.", "cut off"}},
      {"the last row lost",
       [](const std::string& parts) { drop_last_row(rows_file(parts + "/calc-1", "signals")); },
       {"signals.csv holds", "the slots counted"}},
      {"a file of rows lost",
       [](const std::string& parts) { fs::remove(rows_file(parts + "/exec-0", "fills")); },
       {"fills.csv holds 0 rows"}},
      {"other columns",
       [](const std::string& parts) {
         std::ofstream{rows_file(parts + "/data-0", "ticks_rejected")} << "a,b\n1,2\n";
       },
       {"data-0/ticks_rejected.data-0.", "columns"}},
      {"a row too short",
       [](const std::string& parts) {
         std::ofstream{rows_file(parts + "/exec-0", "orders"), std::ios::app} << "1,2,3\n";
       },
       {"exec-0/orders.exec-0.", "3 columns"}},
      {"half a document", cut("data-1/process.json"), {"data-1/process.json", "JSON"}},
      {"half a slot", cut("calc-0/slot-calc-0.json"), {"calc-0/slot-calc-0.json", "JSON"}},
      {"half a cluster", cut("control/cluster.json"), {"control/cluster.json", "JSON"}},
      {"an empty document", replace_text("data-1/process.json", "{}"), {"data-1/process.json"}},
      {"a list for a document", replace_text("data-1/process.json", "[]"), {"data-1/process.json"}},
      {"an empty slot", replace_text("calc-0/slot-calc-0.json", "{}"), {"calc-0/slot-calc-0.json"}},
      {"a slot that is none",
       replace_text("calc-0/slot-calc-0.json",
                    R"({"slot": "calc", "counts": {}, "delays": {}, "moments": {}})"),
       {"calc-0/slot-calc-0.json"}},
      {"an empty cluster", replace_text("control/cluster.json", "{}"), {"control/cluster.json"}},
  };
  for (auto& c : cases) {
    CAPTURE(c.name);
    scratch_directory scratch;
    auto results = scratch.path("results");
    fs::create_directory(results);
    fs::copy(older + "/parts", results + "/parts", fs::copy_options::recursive);
    c.inflict(results + "/parts");
    auto run = run_tickmesh(scratch, {"results", "merge", results});
    CHECK(run.code == 1);
    CHECK(run.out.empty());
    CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
    for (auto& part : c.text)
      CHECK_MESSAGE(contains(run.err, part), run.err);
  }
}

TEST_CASE("directories that hold no results are refused by name") {
  scratch_directory scratch;
  auto file = scratch.write("file", "");
  fs::create_directory(scratch.path("empty"));
  for (auto& path : {file, scratch.path("empty"), scratch.path("missing")}) {
    auto run = run_tickmesh(scratch, {"results", "merge", path});
    CHECK(run.code == 2);
    CHECK_MESSAGE(contains(run.err, path + ": holds no results"), run.err);
  }
  auto out = file + "/below";
  auto run = run_tickmesh(scratch, {"results", "merge", two_runs().path("newer"), "--out", out});
  CHECK(run.code == 1);
  CHECK_MESSAGE(contains(run.err, "cannot create " + out), run.err);
}

} // namespace tickmesh::merge_input_test
