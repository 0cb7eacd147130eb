// Where an execution slot's orders go: what the sequencer needs of a venue that lives inside it.
#pragma once

#include "actors/execution/configuration/execution_settings.hpp"
#include "actors/execution/events/venue_command.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <variant>

namespace tickmesh {

/// What leaves a venue.
using venue_news = std::variant<execution_report, broker_event, broker_snapshot>;

class state_reader;
class state_writer;

class order_venue {
public:
  order_venue() = default;
  order_venue(const order_venue&) = delete;
  order_venue& operator=(const order_venue&) = delete;
  virtual ~order_venue() = default;

  /// True when the venue lives on when this process ends. Otherwise what it does is a function of
  /// the event log, and it is rebuilt with it.
  virtual bool is_external() const { return false; }

  /// Hands the command to its function below. Precondition: it goes to a broker.
  void execute(const venue_command& command, timestamp now);

  virtual void submit(const order_request& request, timestamp now) = 0;
  /// An order that the venue doesn't know is answered by a report that says so, of no number.
  virtual void request_cancel(const cancel_request& request, timestamp now) = 0;
  virtual void request_replace(const replace_request& request, timestamp now) = 0;
  virtual void query(const status_query& request, timestamp now) = 0;
  /// Is answered by broker_news::probe_answered while the venue works.
  virtual void probe(timestamp now) = 0;
  /// Is answered by a broker_snapshot.
  virtual void request_snapshot(timestamp now) = 0;
  /// Is answered by the fills of `since` and later, and then by broker_news::executions_told.
  virtual void request_executions(timestamp since, timestamp now) = 0;

  /// Precondition: everything due up to the mark's time has been taken.
  virtual void on_mark(const market_mark& mark) = 0;

  /// Other settings of the same kind of broker hold from now on. What is open stays open.
  virtual void change_settings(const broker_settings&) {}

  /// What a venue that lives in this process holds, to and from a snapshot; one outside keeps it
  /// itself. `load` comes first of all, to a venue of the same settings. Reading past what was
  /// saved, or not all of it, is seen by the caller.
  virtual void save(state_writer&) {}
  virtual void load(state_reader&) {}

  /// When the next thing happens here; nothing when idle.
  virtual std::optional<timestamp> next_time() const = 0;

  /// Lets the next thing happen; news when it is something that leaves the venue. The arrival of an
  /// order is not: its reports follow, due at the same time. Whose news it is, the caller fills in.
  /// Precondition: next_time() has a value.
  virtual std::optional<venue_news> take_next() = 0;
};

/// The venue of a broker.
std::unique_ptr<order_venue> make_venue(const broker_settings& settings);

/// The venue of a broker that is configured no more: takes everything, and says nothing.
std::unique_ptr<order_venue> make_gone_venue();

/// How a slot comes to the venue of each broker: tests and benchmarks have venues of their own.
using venue_maker = std::function<std::unique_ptr<order_venue>(const broker_settings&)>;
/// The same, where it matters whether the broker lives outside of this process.
using placed_venue_maker =
    std::function<std::unique_ptr<order_venue>(const broker_settings&, bool is_external)>;

} // namespace tickmesh
