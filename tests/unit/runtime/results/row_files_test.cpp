// Rows reach the disk in order, and what can't be written is told with its path.
#include "runtime/results/row_files.hpp"

#include "tests/support/simulated_disk.hpp"

#include <doctest/doctest.h>

namespace tickmesh::row_files_test {

TEST_CASE("rows of any size follow each other behind the header") {
  simulated_disk disk;
  disk_session session{disk};
  auto files = row_files::create("/out/parts", {{"fills", "a,b"}, {"orders", "c"}}, session);
  REQUIRE(files.has_value());
  std::string expected = "a,b\n";
  for (std::size_t bytes : {1, 5000, 10, 4000, 90, 4096, 4097}) {
    std::string row = std::string(bytes, 'x') + "\n";
    REQUIRE((*files)->append("fills", row).has_value());
    expected += row;
  }
  REQUIRE((*files)->write_document("report.json", "{}").has_value());
  REQUIRE((*files)->close().has_value());
  CHECK(read_text_file("/out/parts/fills.csv", session) == expected);
  CHECK(read_text_file("/out/parts/report.json", session) == "{}");
  std::vector<std::string> names;
  REQUIRE(session.list("/out/parts", names) == 0);
  CHECK(names == std::vector<std::string>{"fills.csv", "report.json"}); // of orders there are none
}

TEST_CASE("each owner of rows has a file of its own, with the header of their kind") {
  simulated_disk disk;
  disk_session session{disk};
  auto files = row_files::create("/out", {{"fills", "a,b"}}, session);
  REQUIRE(files.has_value());
  for (auto* owner : {"exec-0.5", "exec-0.7"})
    REQUIRE((*files)->append(rows_name("fills", owner), std::string{owner} + "\n").has_value());
  REQUIRE((*files)->close().has_value());
  CHECK(read_text_file("/out/fills.exec-0.5.csv", session) == "a,b\nexec-0.5\n");
  CHECK(read_text_file("/out/fills.exec-0.7.csv", session) == "a,b\nexec-0.7\n");
}

TEST_CASE("files that are left open are handed to the kernel") {
  simulated_disk disk;
  disk_session session{disk};
  {
    auto files = row_files::create("/out", {{"fills", "a,b"}}, session);
    REQUIRE(files.has_value());
    REQUIRE((*files)->append("fills", "1,2\n").has_value());
  }
  CHECK(read_text_file("/out/fills.csv", session) == "a,b\n1,2\n");
}

TEST_CASE("a full disk is a fault that names the file, and a document is as it was") {
  simulated_disk disk;
  disk_session session{disk};
  auto files = row_files::create("/out", {{"fills", "a"}}, session);
  REQUIRE(files.has_value());
  REQUIRE((*files)->write_document("report.json", "{}").has_value());
  disk.set_capacity(disk.used() + 10);
  auto written = (*files)->write_document("report.json", std::string(5000, 'x'));
  REQUIRE_FALSE(written.has_value());
  CHECK(written.error().message == "cannot write /out/report.json: No space left on device");
  CHECK(read_text_file("/out/report.json", session) == "{}");
  CHECK((*files)->append("fills", std::string(100, 'x')).has_value()); // the buffer takes it
  auto closed = (*files)->close();
  REQUIRE_FALSE(closed.has_value());
  CHECK(closed.error().message == "cannot write /out/fills.csv: No space left on device");
}

TEST_CASE("what can't be read is a fault that names it") {
  simulated_disk disk;
  disk_session session{disk};
  REQUIRE(session.mkdir("/out") == 0);
  auto missing = read_text_file("/none", session), directory = read_text_file("/out", session);
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().message == "cannot read /none: No such file or directory");
  REQUIRE_FALSE(directory.has_value());
  CHECK(directory.error().message == "cannot read /out: Is a directory");
}

} // namespace tickmesh::row_files_test
