// What a slot meets in a test that runs it alone: an agent that records, a writer that keeps rows
// in memory, peers that send and take frames.
#pragma once

#include "actors/execution/slot/journal_keeper_actor.hpp"
#include "actors/market/slot/log_keeper_actor.hpp"
#include "messages/caf_types.hpp"
#include "runtime/cluster/slot_protocol.hpp"
#include "runtime/results/row_writer_actor.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace tickmesh {

/// What a slot has told its host agent.
struct slot_events {
  std::size_t ready = 0;
  std::vector<slot_report> finished;
  std::vector<std::string> failures;
  std::vector<slot_counters> counters;
};

/// Stands for the host agent.
inline caf::behavior agent_recorder(caf::event_based_actor*, std::shared_ptr<slot_events> events) {
  return {
      [events](const slot_ready&) { ++events->ready; },
      [events](const slot_finished& finished) { events->finished.push_back(finished.report); },
      [events](const slot_failed& failed) { events->failures.push_back(failed.reason); },
      [events](const slot_counters& counters) { events->counters.push_back(counters); },
  };
}

/// `factors` of `factors.calc-0.5`, see rows_name.
inline std::string kind_of(const std::string& name) {
  return name.substr(0, name.find('.'));
}

/// What writers have been given, by kind of rows and by document.
struct written_files {
  std::map<std::string, std::string> rows;
  std::map<std::string, std::string> documents;
  std::size_t closed = 0;

  std::vector<std::string> sorted_rows(const std::string& name) const {
    std::vector<std::string> out;
    if (auto found = rows.find(name); found != rows.end()) {
      std::istringstream text{found->second};
      for (std::string line; std::getline(text, line);)
        out.push_back(line);
    }
    std::sort(out.begin(), out.end());
    return out;
  }
};

/// Stands for the row_writer.
inline caf::behavior memory_writer(caf::event_based_actor*, std::shared_ptr<written_files> files) {
  return {
      [files](const write_rows& rows) -> rows_written {
        files->rows[kind_of(rows.name)] += rows.lines;
        return {rows.lines.size()};
      },
      [files](const make_rows& rows) -> rows_written {
        rows.append(files->rows[kind_of(rows.name)]);
        return {rows.bytes};
      },
      [files](const write_document& document) { files->documents[document.name] = document.text; },
      [files](const close_rows&) -> rows_closed {
        ++files->closed;
        return {};
      },
  };
}

/// What a slot has sent to one of its peers.
struct received_frames {
  std::vector<link_frame> frames;
  caf::actor sender;

  std::uint64_t items() const {
    std::uint64_t out = 0;
    for (auto& frame : frames)
      out += frame.items;
    return out;
  }
};

/// Tells a link_sink to acknowledge what it has, and from now on each frame as it comes.
struct acknowledge_all {};
/// Tells a link_sink to acknowledge up to this frame.
struct acknowledge_through {
  std::uint64_t number = 0;
};

struct link_sink_state {
  bool acknowledges = false;
  const char* name = "link_sink";
};

/// Stands for the slot downstream `own`.
inline caf::behavior link_sink(caf::stateful_actor<link_sink_state>* self, slot_name own,
                               std::shared_ptr<received_frames> received, bool acknowledges) {
  self->state.acknowledges = acknowledges;
  auto acknowledge = [self, own, received](std::uint64_t number) {
    self->send(received->sender,
               link_ack{static_cast<std::uint8_t>(own.of), own.index, received->frames.back().epoch,
                        received->frames.back().hello, number});
  };
  return {
      [own, received](const link_hello& hello) -> link_resume {
        auto number = received->frames.empty() ? 0 : received->frames.back().number;
        return {static_cast<std::uint8_t>(own.of),
                own.index,
                hello.epoch,
                hello.number,
                number,
                number,
                0};
      },
      [self, received, acknowledge](const link_frame& frame) {
        received->frames.push_back(frame);
        received->sender = caf::actor_cast<caf::actor>(self->current_sender());
        if (self->state.acknowledges) acknowledge(frame.number);
      },
      [self, received, acknowledge](acknowledge_all) {
        self->state.acknowledges = true;
        if (!received->frames.empty()) acknowledge(received->frames.back().number);
      },
      [acknowledge](const acknowledge_through& through) { acknowledge(through.number); },
  };
}

/// Tells a link_feeder to send these frames, one per message that it handles.
struct send_frames {
  caf::actor to;
  std::vector<link_frame> frames;
};
struct send_next_frame {};

/// Tells a link_greeter to say this.
struct say_hello {
  caf::actor to;
  link_hello hello;
};

/// What a slot has answered to a feeder or a greeter.
using received_acks = std::vector<link_ack>;
using received_resumes = std::vector<link_resume>;

struct link_feeder_state {
  send_frames work;
  std::size_t sent = 0;
  const char* name = "link_feeder";
};

/// Stands for a slot upstream. Says hello where it is told to, and records the answers.
inline caf::behavior link_feeder(caf::stateful_actor<link_feeder_state>* self,
                                 std::shared_ptr<received_acks> acks,
                                 std::shared_ptr<received_resumes> resumes) {
  return {
      [self](const say_hello& to) { self->send(to.to, to.hello); },
      [resumes](const link_resume& resume) { resumes->push_back(resume); },
      [self](const send_frames& work) {
        self->state.work = work;
        self->state.sent = 0;
        self->send(self, send_next_frame{});
      },
      [self](send_next_frame) {
        auto& state = self->state;
        if (state.sent == state.work.frames.size()) return;
        self->send(state.work.to, state.work.frames[state.sent++]);
        self->send(self, send_next_frame{});
      },
      [acks](const link_ack& ack) { acks->push_back(ack); },
  };
}

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::acknowledge_all)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::acknowledge_through)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::send_frames)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::send_next_frame)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::say_hello)
