// The actors in front of files: row_writer and epoch_keeper, on real files.
#include "runtime/cluster/epoch_keeper_actor.hpp"
#include "runtime/results/row_writer_actor.hpp"

#include "tests/support/actor_system_fixture.hpp"
#include "tests/support/market_files.hpp"

namespace tickmesh::writers_test {

namespace {

/// What an actor in front of files has answered.
struct answers {
  std::uint64_t bytes = 0;
  std::vector<std::string> closed;
  std::vector<epoch_saved> saved;
  std::vector<std::string> ends;
};

caf::behavior answer_recorder(caf::event_based_actor* self, caf::actor subject,
                              std::shared_ptr<answers> seen, std::vector<caf::message> questions) {
  self->set_down_handler(
      [seen](const caf::down_msg& down) { seen->ends.push_back(describe(down.reason)); });
  self->monitor(subject);
  for (auto& question : questions)
    self->send(subject, question);
  return {
      [seen](const rows_written& written) { seen->bytes += written.bytes; },
      [seen](const rows_closed& closed) { seen->closed.push_back(closed.failure); },
      [seen](const epoch_saved& saved) { seen->saved.push_back(saved); },
  };
}

} // namespace

TEST_CASE("a row writer appends in order, writes documents, and says when all is closed") {
  market_files directory;
  actor_system_fixture fixture;
  auto seen = std::make_shared<answers>();
  auto files = row_files::create(directory.path("rows"), {{"a", "x,y"}, {"b", "z"}});
  REQUIRE(files.has_value());
  auto writer = fixture.spawn(row_writer, std::shared_ptr<row_files>{std::move(*files)});
  fixture.spawn(answer_recorder, writer, seen,
                std::vector<caf::message>{caf::make_message(write_rows{"a", "1,2\n"}),
                                          caf::make_message(write_rows{"b", "9\n"}),
                                          caf::make_message(write_rows{"a", "3,4\n5,6\n"}),
                                          caf::make_message(write_document{"slot.json", "{}\n"}),
                                          caf::make_message(close_rows{})});
  fixture.run();
  CHECK(seen->bytes == 14);
  REQUIRE(seen->closed.size() == 1);
  CHECK(seen->closed[0].empty());
  CHECK(read_text_file(directory.path("rows/a.csv")).value() == "x,y\n1,2\n3,4\n5,6\n");
  CHECK(read_text_file(directory.path("rows/b.csv")).value() == "z\n9\n");
  CHECK(read_text_file(directory.path("rows/slot.json")).value() == "{}\n");
}

TEST_CASE("a row writer makes rows itself where it is asked to") {
  market_files directory;
  actor_system_fixture fixture;
  auto seen = std::make_shared<answers>();
  auto files = row_files::create(directory.path("rows"), {{"a", "x,y"}});
  REQUIRE(files.has_value());
  auto writer = fixture.spawn(row_writer, std::shared_ptr<row_files>{std::move(*files)});
  auto make = [](const char* text) {
    return caf::make_message(make_rows{"a", 100, [text](std::string& out) { out += text; }});
  };
  fixture.spawn(answer_recorder, writer, seen,
                std::vector<caf::message>{make("1,2\n"), make(""), make("5,6\n"),
                                          caf::make_message(close_rows{})});
  fixture.run();
  CHECK(seen->bytes == 300);
  REQUIRE(seen->closed.size() == 1);
  CHECK(read_text_file(directory.path("rows/a.csv")).value() == "x,y\n1,2\n5,6\n");
}

TEST_CASE("a row writer whose file can't be written ends with the path") {
  market_files directory;
  actor_system_fixture fixture;
  auto seen = std::make_shared<answers>();
  auto files = row_files::create(directory.path("rows"), {{"a", "x"}});
  REQUIRE(files.has_value());
  auto writer = fixture.spawn(row_writer, std::shared_ptr<row_files>{std::move(*files)});
  std::filesystem::remove_all(directory.path("rows"));
  fixture.spawn(answer_recorder, writer, seen,
                std::vector<caf::message>{caf::make_message(write_document{"slot.json", "{}"})});
  fixture.run();
  REQUIRE(seen->ends.size() == 1);
  CHECK(seen->ends[0].find("rows/slot.json") != std::string::npos);
}

TEST_CASE("an epoch keeper answers when the epoch is on disk, and refuses one that goes back") {
  market_files directory;
  {
    actor_system_fixture fixture;
    auto seen = std::make_shared<answers>();
    auto store = epoch_store::open(directory.path("epochs"));
    REQUIRE(store.has_value());
    auto keeper = fixture.spawn(epoch_keeper, std::make_shared<epoch_store>(std::move(*store)));
    fixture.spawn(answer_recorder, keeper, seen,
                  std::vector<caf::message>{caf::make_message(save_epoch{{"c1", epoch{4}}}),
                                            caf::make_message(save_epoch{{"c1", epoch{3}}})});
    fixture.run();
    REQUIRE(seen->saved.size() == 2);
    CHECK(seen->saved[0].failure.empty());
    CHECK(!seen->saved[1].failure.empty());
    CHECK(seen->ends.empty());
  }
  auto again = epoch_store::open(directory.path("epochs"));
  REQUIRE(again.has_value());
  CHECK(again->current() == cluster_epoch{"c1", epoch{4}});
}

} // namespace tickmesh::writers_test
