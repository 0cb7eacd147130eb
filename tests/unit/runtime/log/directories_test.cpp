// Directories are made for good, and go as a whole.
#include "runtime/log/directories.hpp"

#include "runtime/log/log_file.hpp"
#include "tests/support/log_files.hpp"
#include "tests/support/simulated_disk.hpp"

#include <doctest/doctest.h>

namespace tickmesh::directories_test {

TEST_CASE("directories are made as far as they are missing, and removed with all that is in them") {
  log_directory directory;
  auto& files = posix_file_system();
  auto made = directory.log() / "a/b";
  REQUIRE(make_directories(files, made).has_value());
  REQUIRE(make_directories(files, made / "").has_value());
  CHECK(exists(files, made));
  REQUIRE(replace_file(files, made / "file", "text").has_value());
  CHECK(exists(files, made / "file"));
  CHECK_FALSE(exists(files, made / "none"));
  CHECK_FALSE(exists(files, made / "file/below"));
  for (auto& path : {made / "file", made / "file/below"}) {
    auto refused = make_directories(files, path);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message.starts_with(path.string() + ": the directory can't be made"));
  }
  REQUIRE(remove_tree(files, directory.log()).has_value());
  CHECK_FALSE(exists(files, directory.log()));
  CHECK(remove_tree(files, directory.log()).has_value());
}

TEST_CASE("a directory that a killed process has made survives the loss of power") {
  for (std::uint64_t last_call = 1, seed = 0; seed < 100; ++seed, last_call = 1 + seed % 6) {
    simulated_disk disk;
    disk_session first{disk}, second{disk};
    first.on_call = [&](disk_call, const std::filesystem::path&) {
      if (first.calls() == last_call) first.end();
    };
    CHECK_FALSE(make_directories(first, "var/host/log").has_value());
    REQUIRE(make_directories(second, "var/host/log").has_value());
    std::mt19937_64 random{seed};
    disk.lose_power(random);
    disk_session third{disk};
    CHECK(exists(third, "var/host/log"));
  }
}

TEST_CASE("a directory is dropped at once, whenever the process or the power ends") {
  auto run = [&](std::uint64_t last_call, std::optional<std::uint64_t> power_seed) {
    simulated_disk disk;
    {
      disk_session filling{disk};
      REQUIRE(make_directories(filling, "/log/day").has_value());
      REQUIRE(replace_file(filling, "/log/day/a", "1").has_value());
      REQUIRE(replace_file(filling, "/log/b", "2").has_value());
    }
    disk_session session{disk};
    session.on_call = [&](disk_call, const std::filesystem::path&) {
      if (session.calls() == last_call) session.end();
    };
    bool is_dropped = drop_directory(session, "/log").has_value();
    std::mt19937_64 random{power_seed.value_or(0)};
    if (power_seed) disk.lose_power(random);
    disk_session next{disk};
    bool is_there = exists(next, "/log");
    CHECK((!is_there || !is_dropped));
    CHECK(exists(next, "/log/day/a") == is_there);
    CHECK(exists(next, "/log/b") == is_there);
    REQUIRE(remove_dropped(next, "/log").has_value());
    std::vector<std::string> names;
    REQUIRE(next.list("/", names) == 0);
    CHECK(names.size() == (is_there ? 1 : 0));
    return is_dropped;
  };
  for (std::uint64_t last_call = 1; !run(last_call, std::nullopt); ++last_call)
    for (std::uint64_t seed = 0; seed < 20; ++seed)
      run(last_call, seed);
}

} // namespace tickmesh::directories_test
