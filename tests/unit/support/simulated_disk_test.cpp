// The simulated disk against what the operating system does, and what a loss of power leaves of it.
#include "tests/support/simulated_disk.hpp"

#include "runtime/log/directories.hpp"
#include "runtime/log/log_file.hpp"
#include "tests/support/log_files.hpp"

#include <doctest/doctest.h>

#include <set>

namespace tickmesh::simulated_disk_test {

namespace {

using path = std::filesystem::path;

constexpr int make_flags = O_RDWR | O_CREAT;

void write_text(file_system& files, const path& file, std::string_view text,
                std::uint64_t offset = 0) {
  auto opened = log_file::open(files, file, make_flags);
  REQUIRE(opened.has_value());
  REQUIRE(opened->write(text, offset).has_value());
}

void sync_file(file_system& files, const path& file) {
  auto opened = log_file::open(files, file, O_RDWR);
  REQUIRE(opened.has_value());
  REQUIRE(opened->sync_data().has_value());
}

/// What a new life reads; nothing where there is no such file.
std::optional<std::string> text_of(simulated_disk& disk, const path& file) {
  disk_session session{disk};
  std::string out;
  auto found = read_file(session, file, out);
  REQUIRE(found.has_value());
  return *found ? std::optional{out} : std::nullopt;
}

/// What losses of power leave of a file, over many draws.
std::set<std::optional<std::string>> left_of(const path& file,
                                             const std::function<void(file_system&)>& live) {
  std::set<std::optional<std::string>> out;
  std::mt19937_64 random{1};
  for (int draw = 0; draw < 1000; ++draw) {
    simulated_disk disk;
    {
      disk_session session{disk};
      live(session);
    }
    disk.lose_power(random);
    out.insert(text_of(disk, file));
  }
  return out;
}

/// Calls and what they answer, each with `errno` where it failed, or what is there then.
std::vector<std::string> answers(file_system& files, const path& root) {
  std::vector<std::string> out;
  auto say = [&](std::int64_t answer) {
    out.push_back(answer < 0 ? std::strerror(errno) : std::to_string(answer));
  };
  auto try_open = [&](const path& file, int flags) {
    int fd = files.open(file, flags);
    say(std::min(fd, 0));
    if (fd >= 0) files.close(fd);
  };
  auto say_names = [&](const path& directory) {
    std::vector<std::string> names;
    say(files.list(directory, names));
    for (auto& name : names)
      out.push_back(name);
  };
  try_open(root / "a", O_RDONLY);
  try_open(root / "none/a", make_flags);
  say(files.mkdir(root / "none/d"));
  say(files.mkdir(root / "d"));
  say(files.mkdir(root / "d"));
  say(files.mkdir(root / "d/e"));
  say(files.rmdir(root / "d"));
  try_open(root / "a", make_flags | O_EXCL);
  try_open(root / "a", make_flags | O_EXCL);
  try_open(root / "a", O_RDONLY | O_DIRECTORY);
  try_open(root / "a/b", O_RDONLY);
  try_open(root / "d", O_RDONLY | O_DIRECTORY);
  try_open(root / "d", O_RDWR);
  try_open(root / "d", make_flags);
  say(files.mkdir(root / "a"));
  say(files.rmdir(root / "a"));
  say(files.unlink(root / "d"));
  say(files.unlink(root / "none"));
  say_names(root);
  say_names(root / "a");
  say_names(root / "none");
  say(files.rename(root / "none", root / "a"));
  say(files.rename(root / "a", root / "d"));
  say(files.rename(root / "d", root / "a"));
  say(files.rename(root / "d/e", root / "d/e"));
  int fd = files.open(root / "b", make_flags);
  std::string buffer(10, 'x');
  say(files.pwrite(fd, "12345", 5, 3));
  say(files.size(fd));
  say(files.pread(fd, buffer.data(), 10, 2));
  out.push_back(buffer);
  say(files.pread(fd, buffer.data(), 10, 8));
  say(files.ftruncate(fd, 6));
  say(files.ftruncate(fd, 9));
  say(files.pread(fd, buffer.data(), 10, 0));
  out.push_back(buffer);
  say(files.rename(root / "b", root / "a"));
  say(files.unlink(root / "a"));
  say(files.pread(fd, buffer.data(), 2, 4));
  say(files.fdatasync(fd));
  say(files.close(fd));
  fd = files.open(root / "c", O_WRONLY | O_CREAT);
  say(files.pread(fd, buffer.data(), 2, 0));
  say(files.close(fd));
  fd = files.open(root / "c", O_RDONLY);
  say(files.pwrite(fd, "1", 1, 0));
  say(files.close(fd));
  fd = files.open(root, O_RDONLY | O_DIRECTORY);
  int other = files.open(root, O_RDONLY | O_DIRECTORY);
  say(files.pread(fd, buffer.data(), 2, 0));
  say(files.lock(fd));
  say(files.lock(fd));
  say(files.lock(other));
  say(files.close(fd));
  say(files.lock(other));
  say(files.close(other));
  say(files.size(other));
  say(files.rename(root / "d", root / "f"));
  say_names(root / "f");
  say_names(root);
  return out;
}

} // namespace

TEST_CASE("a simulated disk answers as the operating system does") {
  log_directory directory;
  std::filesystem::create_directories(directory.log());
  simulated_disk disk;
  disk_session session{disk};
  REQUIRE(make_directories(session, "/log").has_value());
  CHECK(answers(session, "/log") == answers(posix_file_system(), directory.log()));
}

TEST_CASE("a process that is killed leaves the page cache, and its locks are free") {
  simulated_disk disk;
  disk_session first{disk}, second{disk};
  REQUIRE(make_directories(first, "/state").has_value());
  auto held = log_file::open(first, "/state", O_RDONLY | O_DIRECTORY);
  auto wanted = log_file::open(second, "/state", O_RDONLY | O_DIRECTORY);
  CHECK(first.lock(held->descriptor()) == 0);
  CHECK(second.lock(wanted->descriptor()) == -1);
  CHECK(errno == EWOULDBLOCK);
  write_text(first, "/state/a", "not synced");
  first.end();
  CHECK(second.lock(wanted->descriptor()) == 0);
  CHECK(first.lock(held->descriptor()) == -1);
  CHECK(errno == EIO);
  CHECK(first.unlink("/state/a") == -1);
  CHECK(first.open("/state/a", O_RDONLY) == -1);
  CHECK(text_of(disk, "/state/a") == "not synced");
}

TEST_CASE("a loss of power leaves what was synced, and of the rest all, nothing or a torn part") {
  auto left = left_of("/a", [](file_system& files) {
    write_text(files, "/a", "kept");
    sync_file(files, "/a");
    REQUIRE(sync_directory(files, "/").has_value());
    write_text(files, "/a", "new", 4);
  });
  std::set<std::optional<std::string>> expected;
  for (std::string tail : {"", "n", "ne", "new"})
    for (std::size_t zeros = 0; zeros <= tail.size(); ++zeros)
      expected.insert("kept" + tail.substr(0, tail.size() - zeros) + std::string(zeros, '\0'));
  CHECK(left == expected);
}

TEST_CASE("bytes that are changed in place are the old or the new ones") {
  using texts = std::set<std::optional<std::string>>;
  CHECK(left_of("/a", [](file_system& files) {
          write_text(files, "/a", "12345");
          sync_file(files, "/a");
          REQUIRE(sync_directory(files, "/").has_value());
          write_text(files, "/a", "ab", 1);
        }) == texts{"12345", "1ab45"});
  CHECK(left_of("/a", [](file_system& files) {
          write_text(files, "/a", "12345");
          sync_file(files, "/a");
          REQUIRE(sync_directory(files, "/").has_value());
          REQUIRE(log_file::open(files, "/a", O_RDWR)->truncate(2).has_value());
        }) == texts{"12345", "12"});
}

TEST_CASE("a name survives the loss of power for certain once its directory is synced") {
  using texts = std::set<std::optional<std::string>>;
  auto make_synced = [](file_system& files, const path& file, std::string_view text) {
    write_text(files, file, text);
    sync_file(files, file);
  };
  CHECK(left_of("/a", [&](file_system& files) { make_synced(files, "/a", "1"); }) ==
        texts{std::nullopt, "1"});
  CHECK(left_of("/a", [&](file_system& files) {
          make_synced(files, "/a", "1");
          REQUIRE(sync_directory(files, "/").has_value());
          REQUIRE(files.unlink("/a") == 0);
        }) == texts{std::nullopt, "1"});
  CHECK(left_of("/a", [&](file_system& files) {
          make_synced(files, "/a", "1");
          REQUIRE(sync_directory(files, "/").has_value());
          make_synced(files, "/b", "2");
          REQUIRE(files.rename("/b", "/a") == 0);
        }) == texts{"1", "2"});
  CHECK(left_of("/a", [&](file_system& files) {
          REQUIRE(replace_file(files, "/a", "1").has_value());
          REQUIRE(replace_file(files, "/a", "2").has_value());
        }) == texts{"2"});
  CHECK(left_of("/d/a", [&](file_system& files) {
          REQUIRE(make_directories(files, "/d").has_value());
          REQUIRE(replace_file(files, "/d/a", "1").has_value());
          REQUIRE(files.rename("/d", "/e") == 0);
        }) == texts{std::nullopt, "1"});
}

TEST_CASE("a moved name is in one place after a loss of power") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    simulated_disk disk;
    disk_session session{disk};
    write_text(session, "/a", "1");
    sync_file(session, "/a");
    REQUIRE(sync_directory(session, "/").has_value());
    REQUIRE(session.rename("/a", "/b") == 0);
    REQUIRE(session.rename("/b", "/c") == 0);
    std::mt19937_64 random{seed};
    disk.lose_power(random);
    CHECK(session.has_ended());
    disk_session next{disk};
    std::vector<std::string> names;
    REQUIRE(next.list("/", names) == 0);
    CHECK(names.size() == 1);
    CHECK(disk.used() == 1);
  }
}

TEST_CASE("a full disk takes a part of a write and then nothing, and room comes back") {
  simulated_disk disk;
  disk.set_capacity(10);
  disk_session session{disk};
  write_text(session, "/a", "1234");
  int fd = session.open("/b", make_flags);
  CHECK(session.pwrite(fd, "12345678", 8, 0) == 6);
  CHECK(session.pwrite(fd, "78", 2, 6) == -1);
  CHECK(errno == ENOSPC);
  CHECK(session.pwrite(fd, "xx", 2, 0) == 2); // needs no room
  CHECK(session.unlink("/a") == 0);
  CHECK(session.pwrite(fd, "78", 2, 6) == 2);
  CHECK(disk.used() == 8);
  CHECK(session.unlink("/b") == 0);
  CHECK(disk.used() == 8); // it is open
  session.close(fd);
  CHECK(disk.used() == 0);
}

TEST_CASE("a hook sees each call that changes something, and may end the process at it") {
  simulated_disk disk;
  std::vector<disk_call> seen;
  disk_session session{disk};
  session.on_call = [&](disk_call what, const path& file) {
    seen.push_back(what);
    CHECK(file.native().starts_with("/"));
  };
  REQUIRE(replace_file(session, "/a", "1").has_value());
  CHECK(read_file(session, "/a") == "1");
  using enum disk_call;
  CHECK(seen == std::vector{disk_call::open, pwrite, fdatasync, disk_call::rename, fsync});
  CHECK(session.calls() == 5);
  session.on_call = [&](disk_call, const path&) { session.end(); };
  CHECK(session.rename("/a", "/b") == -1);
  CHECK(errno == EIO);
  CHECK(text_of(disk, "/a") == "1");
}

TEST_CASE("of a write that the process does not survive any part may be there") {
  std::set<std::optional<std::string>> left;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    simulated_disk disk;
    disk_session session{disk, seed};
    int fd = session.open("/a", make_flags);
    session.on_call = [&](disk_call, const path&) { session.end(); };
    CHECK(session.pwrite(fd, "123", 3, 0) == -1);
    left.insert(text_of(disk, "/a"));
  }
  CHECK(left == std::set<std::optional<std::string>>{"", "1", "12", "123"});
}

} // namespace tickmesh::simulated_disk_test
