// The epoch on disk: it survives, never goes back, is held by one process, and faults are told.
#include "runtime/cluster/epoch_store.hpp"

#include "tests/support/checksums.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace tickmesh::epoch_store_test {

namespace {

namespace fs = std::filesystem;

class store_directory {
public:
  store_directory() {
    auto pattern = (fs::temp_directory_path() / "epoch_store_XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  store_directory(const store_directory&) = delete;
  store_directory& operator=(const store_directory&) = delete;
  ~store_directory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path operator/(const char* name) const { return path_ / name; }
  const fs::path& path() const { return path_; }

  std::string read() const {
    std::ifstream in{path_ / "epoch", std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  void write(std::string_view text) const {
    std::ofstream{path_ / "epoch", std::ios::binary} << text;
  }
  std::string fault_on_open() const {
    auto store = epoch_store::open(path_);
    return store ? "no fault" : store.error().message;
  }

private:
  fs::path path_;
};

bool contains(const std::string& text, std::string_view part) {
  CAPTURE(text);
  CAPTURE(part);
  bool found = text.find(part) != std::string::npos;
  CHECK(found);
  return found;
}

const cluster_epoch third{"c0ffee", epoch{3}};

} // namespace

TEST_CASE("an epoch is there after the store is opened again") {
  store_directory directory;
  {
    auto store = epoch_store::open(directory / "made/on/demand");
    REQUIRE(store);
    CHECK(store->current() == cluster_epoch{});
    REQUIRE(store->save({"c0ffee", epoch{2}}));
    REQUIRE(store->save(third));
    CHECK(store->current() == third);
  }
  auto store = epoch_store::open(directory / "made/on/demand");
  REQUIRE(store);
  CHECK(store->current() == third);
}

TEST_CASE("the owners of data slots are kept with the epoch") {
  store_directory directory;
  cluster_epoch owned{"c0ffee", epoch{4}, {"data-1", "data-1", "d.2"}};
  {
    auto store = epoch_store::open(directory.path());
    REQUIRE(store);
    REQUIRE(store->save(third));
    REQUIRE(store->save(owned));
  }
  auto store = epoch_store::open(directory.path());
  REQUIRE(store);
  CHECK(store->current() == owned);
}

TEST_CASE("a stored epoch never goes back") {
  store_directory directory;
  auto store = epoch_store::open(directory.path());
  REQUIRE(store);
  REQUIRE(store->save(third));
  auto older = store->save({"c0ffee", epoch{2}});
  REQUIRE_FALSE(older);
  contains(older.error().message, "epoch 2 of cluster c0ffee is not newer than the stored epoch 3");
  CHECK_FALSE(store->save({"another", epoch{3}}));
  CHECK_FALSE(store->save({"", epoch{4}}));
  CHECK_FALSE(store->save({"c0ffee", epoch{0}}));
  CHECK(store->save(third)); // what is stored already
  CHECK(store->save({"another", epoch{4}}));
}

TEST_CASE("a store is held by one object at a time") {
  store_directory directory;
  {
    auto holder = epoch_store::open(directory.path());
    REQUIRE(holder);
    contains(directory.fault_on_open(), "is locked by another process");
    epoch_store moved = std::move(*holder);
    contains(directory.fault_on_open(), "is locked by another process");
  }
  CHECK(epoch_store::open(directory.path()));
}

TEST_CASE("a truncated store is a fault at every length") {
  store_directory directory;
  {
    auto store = epoch_store::open(directory.path());
    REQUIRE(store);
    REQUIRE(store->save(third));
  }
  auto whole = directory.read();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    directory.write(whole.substr(0, size));
    auto fault = directory.fault_on_open();
    contains(fault, "truncated");
    contains(fault, (directory / "epoch").string());
  }
  contains(directory.fault_on_open(), "--recover");
}

TEST_CASE("a store with one changed byte is a fault") {
  store_directory directory;
  {
    auto store = epoch_store::open(directory.path());
    REQUIRE(store);
    REQUIRE(store->save(third));
  }
  auto whole = directory.read();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    CAPTURE(i);
    auto changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    directory.write(changed);
    CHECK_FALSE(epoch_store::open(directory.path()));
  }
  directory.write(whole);
  CHECK(epoch_store::open(directory.path()));
}

TEST_CASE("a store that could not be written as it is read is a fault") {
  store_directory directory;
  auto text_of = [](std::string_view id) {
    return with_checksum_line(fmt::format("tickmesh epoch store 1\ncluster_id {}\nepoch 3\n", id));
  };
  directory.write(text_of("c0ffee"));
  CHECK(directory.fault_on_open() == "no fault");
  directory.write(text_of("c0f fee"));
  contains(directory.fault_on_open(), "blank");
}

TEST_CASE("an epoch that can't be written is a fault and does not count") {
  store_directory directory;
  auto store = epoch_store::open(directory.path());
  REQUIRE(store);
  REQUIRE(store->save(third));
  fs::create_directory(directory / "epoch.tmp"); // in the way of the new file
  auto saved = store->save({"c0ffee", epoch{4}});
  REQUIRE_FALSE(saved);
  contains(saved.error().message, "can't be written");
  CHECK(store->current() == third);
}

TEST_CASE("a directory that can't be made is a fault") {
  store_directory directory;
  directory.write("a file, no directory");
  auto store = epoch_store::open(directory / "epoch/below");
  REQUIRE_FALSE(store);
  contains(store.error().message, "can't be made");
}

TEST_CASE("cluster ids are random") {
  auto first = make_cluster_id();
  auto second = make_cluster_id();
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->size() == 32);
  CHECK(*first != *second);
}

TEST_CASE("a cluster starts above every epoch that was ever seen") {
  std::array<cluster_epoch, 3> seen{cluster_epoch{"c0ffee", epoch{7}}, {}, third};
  CHECK(next_epoch(third, seen, "fresh") == cluster_epoch{"c0ffee", epoch{8}});
  CHECK(next_epoch({"c0ffee", epoch{9}}, seen, "fresh") == cluster_epoch{"c0ffee", epoch{10}});
  CHECK(next_epoch({}, {}, "fresh") == cluster_epoch{"fresh", epoch{1}});
  // After --recover with an empty store the hosts' cluster goes on.
  CHECK(next_epoch({}, seen, "fresh") == cluster_epoch{"c0ffee", epoch{8}});
}

TEST_CASE("hosts of another cluster or of a lost store are refused until the operator recovers") {
  cluster_epoch other{"decade", epoch{5}};
  CHECK(check_seen_epoch(third, {}, "a", false));
  CHECK(check_seen_epoch(third, {"c0ffee", epoch{9}}, "a", false));
  CHECK(check_seen_epoch({}, {}, "a", false));
  auto foreign = check_seen_epoch(third, other, "a", false);
  REQUIRE_FALSE(foreign);
  contains(foreign.error().message, "host a belongs to cluster decade");
  auto lost = check_seen_epoch({}, other, "a", false);
  REQUIRE_FALSE(lost);
  contains(lost.error().message, "store is empty");
  CHECK(check_seen_epoch(third, other, "a", true));
  CHECK(check_seen_epoch({}, other, "a", true));
}

} // namespace tickmesh::epoch_store_test
