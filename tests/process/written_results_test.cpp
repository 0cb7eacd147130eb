// What a run leaves to look at and to calculate with: arrays and a page.
#include "tests/process/cluster_run.hpp"

namespace tickmesh::written_results_test {

namespace {

/// Every array against the CSV file beside it, field by field.
constexpr const char* array_check = R"(
import csv, math, sys
import numpy
directory = sys.argv[1]
values = 0
for name in ("ticks_rejected", "factors", "signals", "orders", "fills", "positions", "pnl", "bars"):
    rows = list(csv.reader(open(f"{directory}/{name}.csv")))
    array = numpy.load(f"{directory}/{name}.npy")
    assert list(array.dtype.names) == rows[0], name
    assert array.shape == (len(rows) - 1,), name
    assert array.shape[0] > 0, name
    for column, field in enumerate(rows[0]):
        kind = array.dtype[field].kind
        for value, row in zip(array[field], rows[1:]):
            text = row[column]
            values += 1
            if kind == "U":
                assert value == text, (name, field, value, text)
            elif text == "":
                assert numpy.isnat(value) if kind == "M" else math.isnan(value), (name, field)
            elif kind == "M":
                assert value == numpy.datetime64(text[:-1], "ns"), (name, field, value, text)
            else:
                assert float(value) == float(text), (name, field, value, text)
print("good", values > 100000)
)";

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("arrays that numpy reads hold what the CSV files say, of a run and of a merge") {
  scratch_directory scratch;
  auto script = scratch.write("check.py", array_check);
  auto check = [&](const std::string& directory) {
    child_process python{scratch.path(""), "python", "/usr/bin/python3", {script, directory}};
    REQUIRE_MESSAGE(python.wait() == 0, python.err());
    CHECK(python.out() == "good True\n");
  };
  run_embedded(scratch, sim_flags(20'000, 1'000, 0) + arguments{"--npy"});
  check(scratch.path("results"));
  auto merged = run_tickmesh(scratch, {"results", "merge", scratch.path("results"), "--npy",
                                       "--out", scratch.path("merged")});
  REQUIRE_MESSAGE(merged.code == 0, merged.err);
  check(scratch.path("merged"));
  merged = run_tickmesh(
      scratch, {"results", "merge", scratch.path("results"), "--out", scratch.path("merged")});
  REQUIRE_MESSAGE(merged.code == 0, merged.err);
  for (auto& entry : std::filesystem::directory_iterator{scratch.path("merged")})
    CHECK(entry.path().extension() != ".npy"); // those of the merge before
  CHECK(contains(merged.out, "  report     " + scratch.path("merged/report.html")));
  CHECK(file_text(scratch.path("merged/report.html")) ==
        file_text(scratch.path("results/report.html")));
}

TEST_CASE("the page of a run says the summary's profit, and its plots are drawn") {
  scratch_directory scratch;
  auto run = run_embedded(scratch, sim_flags(20'000, 1'000, 0));
  auto page = file_text(scratch.path("results/report.html"));
  std::string begin = "id=\"run\">";
  auto at = page.find(begin) + begin.size();
  auto data = nlohmann::json::parse(page.substr(at, page.find("</script>", at) - at));
  auto total = std::stod(run.summary.at("pnl").at("total").get<std::string>());
  CHECK(data.at("figures").at(0).at(1) == total);
  CHECK(data.at("profit").at("total").back() == total);
  CHECK(data.at("symbols").size() == 50);
  CHECK_FALSE(contains(page, "http"));
  constexpr const char* browser = "/usr/bin/chromium";
  if (!std::filesystem::exists(browser)) {
    std::fprintf(stderr, "SKIPPED: a page of a run in a browser: there is no %s\n", browser);
    return;
  }
  child_process chromium{scratch.path(""),
                         "browser",
                         browser,
                         {"--headless=new", "--no-sandbox", "--disable-gpu",
                          "--user-data-dir=" + scratch.path("profile"),
                          "--virtual-time-budget=5000", "--dump-dom",
                          "file://" + scratch.path("results/report.html")}};
  REQUIRE(chromium.wait() == 0);
  auto shown = chromium.out();
  CHECK(contains(shown, "data-ready=\"yes\"")); // the script has come to its end
  CHECK(contains(shown, "PAPER"));
  CHECK(contains(shown, "<option value=\"49\">"));
  CHECK(contains(shown, "ORDER_VALUE_EXCEEDED"));
}

} // namespace tickmesh::written_results_test
