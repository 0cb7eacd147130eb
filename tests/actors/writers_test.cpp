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

/// A row writer on files below `rows`.
struct written_rows : actor_system_fixture {
  explicit written_rows(const std::map<std::string, std::string>& headers) {
    auto files = row_files::create(directory.path("rows"), headers);
    REQUIRE(files.has_value());
    writer = spawn(row_writer, std::shared_ptr<row_files>{std::move(*files)});
  }

  void send(std::vector<caf::message> questions) {
    spawn(answer_recorder, writer, seen, std::move(questions));
    run();
  }
  std::string text(const std::string& file) const {
    return read_text_file(directory.path("rows/" + file)).value();
  }

  market_files directory;
  std::shared_ptr<answers> seen = std::make_shared<answers>();
  caf::actor writer;
};

} // namespace

TEST_CASE("a row writer appends in order, writes documents, and says when all is closed") {
  written_rows rows{{{"a", "x,y"}, {"b", "z"}}};
  rows.send({caf::make_message(write_rows{"a", "1,2\n"}), caf::make_message(write_rows{"b", "9\n"}),
             caf::make_message(write_rows{"a", "3,4\n5,6\n"}),
             caf::make_message(write_document{"slot.json", "{}\n"}),
             caf::make_message(close_rows{})});
  CHECK(rows.seen->bytes == 14);
  REQUIRE(rows.seen->closed.size() == 1);
  CHECK(rows.seen->closed[0].empty());
  CHECK(rows.text("a.csv") == "x,y\n1,2\n3,4\n5,6\n");
  CHECK(rows.text("b.csv") == "z\n9\n");
  CHECK(rows.text("slot.json") == "{}\n");
}

TEST_CASE("a row writer makes rows itself where it is asked to") {
  written_rows rows{{{"a", "x,y"}}};
  auto make = [](const char* text) {
    return caf::make_message(make_rows{"a", 100, [text](std::string& out) { out += text; }});
  };
  rows.send({make("1,2\n"), make(""), make("5,6\n"), caf::make_message(close_rows{})});
  CHECK(rows.seen->bytes == 300);
  REQUIRE(rows.seen->closed.size() == 1);
  CHECK(rows.text("a.csv") == "x,y\n1,2\n5,6\n");
}

TEST_CASE("a row writer whose file can't be written ends with the path") {
  written_rows rows{{{"a", "x"}}};
  std::filesystem::remove_all(rows.directory.path("rows"));
  rows.send({caf::make_message(write_document{"slot.json", "{}"})});
  REQUIRE(rows.seen->ends.size() == 1);
  CHECK(rows.seen->ends[0].find("rows/slot.json") != std::string::npos);
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
