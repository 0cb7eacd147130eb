#include "tests/simulation/cluster/cluster_run.hpp"

#include "tests/simulation/cluster/cluster_checks.hpp"
#include "tests/simulation/cluster/live_checks.hpp"
#include "tests/simulation/cluster/simulated_host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <utility>

namespace tickmesh {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

/// A cluster that has not ended by then, in virtual time, never does.
constexpr seconds patience{60};
constexpr std::size_t history_max = 60;

class cluster_run {
public:
  cluster_run(const cluster_plan& plan, std::shared_ptr<const feed_source> source, bool traces)
      : plan_(plan), traces_(traces), random_(plan.seed),
        network_(plan.seed, plan_settings(plan).cluster.failover_timeout), checks_(plan) {
    network_.set_delay(nanoseconds{0}, plan.delay_max);
    if (plan.is_live)
      sender_ = std::make_unique<live_sender>(source, plan_settings(plan).source,
                                              hosts_with(plan, role::data), plan.seed);
    for (std::size_t i = 0; i < plan.hosts.size(); ++i)
      hosts_.push_back(std::make_unique<simulated_host>(network_, plan, i, source, sender_.get()));
  }

  cluster_outcome run() {
    note(describe(plan_));
    for (auto& fault : plan_.faults)
      at(fault.at, [this, &fault] { inflict(fault); });
    start_all();
    run_to_the_end();
    judge_end();
    if (plan_.runs_again && out_.violations.empty()) run_again();
    if (plan_.is_live) check_disks();
    for (auto& host : hosts_) {
      if (!host->outcome() || !view_) continue; // its last row may be half a row
      for (auto& [name, lines] : host->rows(*view_)) {
        auto& all = out_.rows[name];
        all.insert(all.end(), lines.begin(), lines.end());
      }
    }
    for (auto& [name, lines] : out_.rows)
      std::ranges::sort(lines);
    out_.virtual_time = network_.now();
    return std::move(out_);
  }

private:
  void at(nanoseconds time, std::function<void()> what) { due_.emplace(time, std::move(what)); }

  void note(const std::string& text) {
    auto line =
        fmt::format("{:>9.3f} s  {}", static_cast<double>(network_.now().count()) * 1e-9, text);
    if (traces_) fmt::print("{}\n", line);
    out_.history.push_back(std::move(line));
    if (out_.history.size() > history_max) out_.history.erase(out_.history.begin() + 1);
  }
  void violated(const std::string& what) {
    note("VIOLATION: " + what);
    out_.violations.push_back(what);
  }
  void count(const std::string& what) { ++out_.counts[what]; }

  void start_all() {
    for (std::size_t i = 0; i < hosts_.size(); ++i)
      start(i);
  }

  void start(std::size_t number) {
    auto& host = *hosts_[number];
    if (host.is_alive()) return;
    auto begun = host.start(random_() | 1);
    note(fmt::format("{} starts{}", plan_.hosts[number].id,
                     begun ? "" : ", and can't: " + begun.error().message));
    if (begun) return;
    if (full_.contains(number)) return count("could not start on a full disk");
    violated("a host can't start: " + begun.error().message);
  }

  void run_to_the_end() {
    auto limit = network_.now() + patience;
    while (!has_ended() && network_.now() < limit) {
      while (!due_.empty() && due_.begin()->first <= network_.now()) {
        auto next = due_.extract(due_.begin());
        next.mapped()();
      }
      auto until = due_.empty() ? limit : std::min<nanoseconds>(limit, due_.begin()->first);
      network_.run_until([this] { return look(); }, until - network_.now());
    }
  }

  /// Everybody comes back, with what the disks hold, and nothing happens any more.
  void run_again() {
    due_.clear();
    out_.fault.clear();
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      if (hosts_[i]->is_alive()) hosts_[i]->kill(last_breath::reset);
      hosts_[i]->disk().set_capacity(UINT64_MAX);
    }
    full_.clear();
    note("all hosts are started again");
    checks_.start_again();
    epoch_ = 0;
    start_all();
    run_to_the_end();
    note_slots();
    for (std::size_t i = 0; i < hosts_.size(); ++i)
      if (hosts_[i]->is_alive())
        violated(fmt::format("{} has not ended in its next run", plan_.hosts[i].id));
    auto& control = hosts_[0]->outcome();
    if (control && control->exit_code != 0 && out_.is_comparable)
      violated("the next run has ended: " + control->reason);
    out_.is_whole = out_.is_comparable;
    count(plan_.is_live ? "runs again, live" : "runs again");
  }

  /// How far those are that have not ended.
  void note_slots() {
    for (auto& host : hosts_)
      for (auto& line : host->describe_slots())
        note(line);
    if (sender_ != nullptr && !has_ended()) note(sender_->describe());
  }

  /// What is left of a live market, and what its sender was told.
  void check_disks() {
    for (auto& [name, number] : sender_->counts())
      out_.counts[name] += number;
    if (!view_ || !out_.violations.empty()) return;
    live_log_check logs{*sender_};
    for (auto slot : view_->slots_of(role::data)) {
      auto& owner = host_named(view_->find(slot)->host_id);
      disk_session reader{owner.disk()};
      logs.add(reader, owner.state_of("ticks") / fmt::format("data-{}", slot.index),
               owner.outcome() && owner.outcome()->exit_code == 0);
    }
    logs.finish(may_lack_accepted(), out_.is_whole);
    for (auto& what : logs.faults())
      violated(what);
    auto& trader = host_named(view_->find({role::exec, 0})->host_id);
    auto rows = trader.rows(*view_);
    bool has_rows = trader.outcome() && trader.outcome()->exit_code == 0;
    disk_session reader{trader.disk()};
    for (auto& what : check_journal(reader, trader.state_of("journal") / "exec-0", view_->symbols,
                                    trader.strategies(), has_rows ? &rows["positions"] : nullptr))
      violated(what);
  }

  simulated_host& host_named(const std::string& id) {
    return **std::ranges::find(hosts_, id, [](auto& host) { return host->id(); });
  }

  last_breath draw_breath() {
    constexpr std::array all{last_breath::finished, last_breath::finished, last_breath::reset,
                             last_breath::silent};
    return all[random_() % all.size()];
  }

  void lose(const planned_fault& fault) {
    auto& host = *hosts_[fault.host];
    checks_.lost(fault.host, cluster(), network_.now());
    if (fault.kind == fault_kind::power_loss) {
      host.lose_power(random_);
      has_lost_power_ = true;
    } else if (host.is_alive()) {
      host.kill(draw_breath());
    }
    if (fault.comes_back)
      at(network_.now() + fault.duration, [this, number = fault.host] { start(number); });
  }

  const cluster_state* cluster() const { return hosts_[0]->cluster(); }

  static bool is_between_hosts(fault_kind kind) {
    return kind == fault_kind::cut || kind == fault_kind::partition ||
           kind == fault_kind::one_way || kind == fault_kind::lost_handles ||
           kind == fault_kind::split;
  }

  void inflict(const planned_fault& fault) {
    auto& host = *hosts_[fault.host];
    auto& other = *hosts_[fault.other];
    if (!host.is_alive()) return;
    if (is_between_hosts(fault.kind) && (!other.is_alive() || fault.host == fault.other)) return;
    note(describe(plan_, fault));
    count(describe_kind(fault.kind));
    auto& node = host.node();
    auto end = network_.now() + fault.duration;
    checks_.disturbed(std::max(end, network_.now()));
    switch (fault.kind) {
    case fault_kind::cut: return network_.cut(node, other.node());
    case fault_kind::partition:
    case fault_kind::split:
    case fault_kind::one_way:
      network_.hold_one_way(node, other.node());
      if (fault.kind != fault_kind::one_way) network_.hold_one_way(other.node(), node);
      return at(end, [this, a = &node, b = &other.node()] { network_.release(*a, *b); });
    case fault_kind::lost_handles: return network_.forget_actors(node, other.node());
    case fault_kind::cut_off:
      if (!hosts_[0]->is_alive() || fault.host == 0) return;
      checks_.lost(fault.host, cluster(), network_.now());
      network_.hold(node, hosts_[0]->node());
      return at(end, [this, a = &node, b = &hosts_[0]->node()] { network_.release(*a, *b); });
    case fault_kind::long_pause:
      if (!node.is_paused) checks_.lost(fault.host, cluster(), network_.now());
      [[fallthrough]];
    case fault_kind::pause:
      if (node.is_paused) return;
      network_.pause(node);
      return at(end, [this, &host, n = &node] {
        if (host.is_alive() && &host.node() == n) network_.resume(*n);
      });
    case fault_kind::crash:
    case fault_kind::power_loss: return lose(fault);
    case fault_kind::crash_at_call:
      doomed_[fault.host] = &fault;
      return host.kill_at_call(fault.call);
    case fault_kind::clock_jump: return host.jump_clock(fault.duration);
    case fault_kind::stop_signal: return caf::anon_send(host.agent(), stop_signal{"SIGTERM"});
    case fault_kind::full_disk:
      full_.insert(fault.host);
      return host.disk().set_capacity(host.disk().used());
    case fault_kind::slow_disk:
      host.slow_disk(true);
      return at(end, [&host] { host.slow_disk(false); });
    case fault_kind::sender_cut: return sender_->cut(fault.host, network_.now());
    }
  }

  /// At each step of time. True when something is to be done.
  bool look() {
    bool is_news = !due_.empty() && due_.begin()->first <= network_.now();
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      auto& host = *hosts_[i];
      if (host.is_doomed()) {
        auto* fault = std::exchange(doomed_[i], nullptr);
        note(plan_.hosts[i].id + " is killed at a call");
        if (fault != nullptr) lose(*fault);
        is_news = true;
      } else if (host.end_when_done()) {
        take_end(i);
        is_news = true;
      } else if (sender_ != nullptr && host.is_alive() && !host.node().is_paused) {
        sender_->work(i, network_.now());
      }
    }
    listen_to_sender();
    look_at_view();
    for (auto& host : hosts_)
      host->wake_waiting();
    return is_news || has_ended();
  }

  void take_end(std::size_t number) {
    auto& outcome = *hosts_[number]->outcome();
    if (auto& last = hosts_[number]->last_view(); number == 0 && last) view_ = last;
    note(fmt::format("{} ends: {} {}", plan_.hosts[number].id, outcome.exit_code, outcome.reason));
    // As an operator, or a service manager, has it: the one before may still count as alive.
    if (outcome.reason.find("and is alive") != std::string::npos)
      at(network_.now() + milliseconds{500}, [this, number] { start(number); });
  }

  /// What the kernel has is accepted, unless each record is synced.
  bool may_lack_accepted() const {
    return has_lost_power_ && plan_.durability != log_durability::always;
  }

  /// Whether it was asked for what all had acknowledged.
  void listen_to_sender() {
    if (sender_ == nullptr) return;
    auto complaint = sender_->take_complaint();
    if (!complaint) return;
    note(*complaint);
    if (!may_lack_accepted()) return violated(*complaint);
    count("gaps of a live market, behind a loss of power");
    out_.is_comparable = out_.is_whole = false;
  }

  void look_at_view() {
    auto* now = cluster();
    if (now == nullptr || !now->view()) return;
    if (auto number = now->view()->number.value; number != std::exchange(epoch_, number)) {
      note(describe(*now));
      count("views");
      view_ = now->view();
    }
    std::vector<const simulated_host*> all;
    for (auto& host : hosts_)
      all.push_back(host.get());
    if (auto what = checks_.look(*now, all, network_.now())) violated(*what);
  }

  bool has_ended() const {
    return std::ranges::none_of(hosts_, [](auto& host) { return host->is_alive(); });
  }

  void judge_end() {
    for (std::size_t i = 0; i < hosts_.size(); ++i)
      if (hosts_[i]->is_alive())
        violated(fmt::format(
            "{} has not ended{}", plan_.hosts[i].id,
            cluster() != nullptr ? fmt::format(" ({})", to_string(cluster()->phase())) : ""));
    note_slots();
    auto& control = hosts_[0]->outcome();
    if (!control) return count("ended without its control host");
    if (control->exit_code == 0) {
      if (plan_.severity == plan_severity::nuisance)
        for (auto& host : hosts_)
          if (host->outcome() && host->outcome()->exit_code != 0)
            violated(fmt::format("{} has not ended well: {}", host->id(), host->outcome()->reason));
      out_.is_whole = plan_.severity != plan_severity::disaster && !plan_.runs_again &&
                      !checks_.may_lack_rows();
      return count("ended well");
    }
    out_.fault = control->reason;
    count("ended with a fault");
    if (checks_.must_survive()) violated("the cluster has ended: " + control->reason);
  }

  const cluster_plan& plan_;
  bool traces_;
  std::mt19937_64 random_;
  simulated_network network_;
  cluster_checks checks_;
  std::unique_ptr<live_sender> sender_;                ///< of a live market
  std::vector<std::unique_ptr<simulated_host>> hosts_; ///< end before the network
  std::multimap<nanoseconds, std::function<void()>> due_;
  std::map<std::size_t, const planned_fault*> doomed_;
  std::set<std::size_t> full_; ///< hosts whose disk is
  std::uint64_t epoch_ = 0;
  std::optional<cluster_view> view_; ///< the last one
  bool has_lost_power_ = false;      ///< some host
  cluster_outcome out_;
};

} // namespace

cluster_outcome run_plan(const cluster_plan& plan, bool traces) {
  return cluster_run{plan, market_source(plan.market), traces}.run();
}

cluster_outcome check_plan(const cluster_plan& plan, bool traces) {
  auto& expected = market_rows(plan.market, plan.is_live);
  auto out = run_plan(plan, traces);
  if (!out.is_comparable) return out;
  for (auto& what : compare_rows(out.rows, expected, out.is_whole))
    out.violations.push_back(what);
  return out;
}

} // namespace tickmesh
