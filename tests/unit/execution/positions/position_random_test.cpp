// Positions, profit and fees after random fills, marks and days against a recomputation that keeps
// nothing but the list of what happened.
#include "actors/execution/positions/position_book.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

namespace tickmesh::position_random_test {

namespace {

constexpr auto unit = decimal_scale;
constexpr std::uint32_t symbol_count = 3;
constexpr std::uint16_t account_count = 2;
constexpr std::uint16_t strategy_count = 3;

int128 divide_down(int128 a, int128 b) {
  auto quotient = a / b;
  return quotient * b > a ? quotient - 1 : quotient;
}

/// Whose position.
struct holder {
  symbol_id symbol{};
  account_id account{};
  strategy_id strategy{};
};

/// In 1e-16 before the multiplier, but for fees.
struct recomputed {
  int128 held = 0;
  int128 today = 0;
  int128 cash = 0;
  int128 average_cost = 0;
  int128 lots_cost = 0;
  int128 fees = 0; ///< in 1e-8
  bool was_filled = false;
  order_split last_fill{};
};

/// All fills and marks in their order; every answer starts from the first one.
class history {
public:
  explicit history(std::vector<position_terms> terms) : terms_(std::move(terms)) {}

  void add(const position_fill& fill) { steps_.push_back({fill, std::nullopt, day_}); }
  void add(const market_mark& mark) {
    day_ = std::max(day_, mark.trading_day);
    steps_.push_back({std::nullopt, mark, day_});
  }

  std::size_t size() const { return steps_.size(); }

  /// After the first `count` steps.
  recomputed holding(const holder& of, std::size_t count) const {
    recomputed out;
    std::vector<lot> lots; // in the order in which they were opened
    for (std::size_t i = 0; i < count; ++i) {
      auto& fill = steps_[i].fill;
      if (!fill || fill->symbol != of.symbol || fill->account != of.account ||
          fill->strategy != of.strategy)
        continue;
      book(*fill, steps_[i].day, lots, out);
    }
    auto day = count == 0 ? 0 : steps_[count - 1].day;
    for (auto& l : lots) {
      out.lots_cost += l.side * l.at * l.volume;
      if (l.day == day && model(of.symbol) != position_model::net) out.today += l.volume;
    }
    return out;
  }

  std::int64_t mark(symbol_id symbol, account_id account, std::size_t count) const {
    std::int64_t filled_at = 0;
    std::int64_t marked_at = 0;
    for (std::size_t i = 0; i < count; ++i) {
      auto& [fill, mark, day] = steps_[i];
      if (mark && mark->symbol == symbol && mark->last != no_price) marked_at = mark->last.value;
      if (fill && fill->symbol == symbol && fill->account == account) filled_at = fill->at.value;
    }
    return marked_at != 0 ? marked_at : filled_at;
  }

  money in_money(int128 sum, symbol_id symbol) const {
    return money{divide_down(sum * terms_[symbol.value].multiplier, int128{unit} * unit)};
  }

  /// Of the account, each symbol rounded down as a whole.
  money total(account_id account, std::size_t count) const {
    money out{};
    for (std::uint32_t s = 0; s < symbol_count; ++s) {
      int128 sum = 0;
      for (std::uint16_t i = 0; i < strategy_count; ++i) {
        auto h = holding({symbol_id{s}, account, strategy_id{i}}, count);
        sum += h.cash + h.held * mark(symbol_id{s}, account, count);
        out.value -= h.fees;
      }
      out += in_money(sum, symbol_id{s});
    }
    return out;
  }

  /// The steps before the mark that began the current day.
  std::size_t steps_before_day() const {
    for (std::size_t i = 0; i < steps_.size(); ++i)
      if (steps_[i].day == day_) return i;
    return 0;
  }

  position_model model(symbol_id symbol) const { return terms_[symbol.value].model; }

private:
  struct lot {
    int128 at = 0;
    int128 volume = 0;
    int side = 0; ///< 1 or -1
    std::int32_t day = 0;
  };
  struct step {
    std::optional<position_fill> fill;
    std::optional<market_mark> mark;
    std::int32_t day = 0; ///< after the step
  };

  /// The lot that a close takes first.
  std::vector<lot>::iterator next_lot(std::vector<lot>& lots, position_model model,
                                      std::int32_t day) const {
    if (model != position_model::today_first) return lots.begin();
    auto todays = std::ranges::find(lots, day, &lot::day);
    return todays == lots.end() ? lots.begin() : todays;
  }

  void book(const position_fill& fill, std::int32_t day, std::vector<lot>& lots,
            recomputed& out) const {
    auto& terms = terms_[fill.symbol.value];
    int side = fill.direction == side::buy ? 1 : -1;
    int128 rest = fill.volume.value;
    int128 closed_today = 0;
    int128 closed = 0;
    while (rest > 0 && !lots.empty() && lots.front().side != side) {
      auto chosen = next_lot(lots, terms.model, day);
      auto taken = std::min(chosen->volume, rest);
      if (terms.model != position_model::net && chosen->day == day) closed_today += taken;
      closed += taken;
      rest -= taken;
      chosen->volume -= taken;
      if (chosen->volume == 0) lots.erase(chosen);
    }
    if (rest > 0) lots.push_back({fill.at.value, rest, side, day});
    if (closed > 0)
      out.average_cost -= out.average_cost * closed / (out.held < 0 ? -out.held : out.held);
    out.average_cost += side * rest * fill.at.value;
    out.held += side * int128{fill.volume.value};
    out.cash -= side * int128{fill.volume.value} * fill.at.value;
    auto quantity_of = [](int128 v) { return quantity{static_cast<std::int64_t>(v)}; };
    out.last_fill = {quantity_of(closed_today), quantity_of(closed - closed_today),
                     quantity_of(rest)};
    out.was_filled = true;
    out.fees += fee(terms.fees.open, terms.multiplier, fill.at.value, rest) +
                fee(terms.fees.close, terms.multiplier, fill.at.value, closed - closed_today) +
                fee(terms.fees.close_today, terms.multiplier, fill.at.value, closed_today);
  }

  /// A share of what changed hands; at a price below 0, it is no gain.
  static int128 fee(const fill_fee& f, int128 multiplier, int128 at, int128 volume) {
    auto turnover = divide_down((at < 0 ? -at : at) * volume * multiplier, int128{unit} * unit);
    return divide_down(turnover * f.ratio, unit) + divide_down(volume * f.amount, unit);
  }

  std::vector<position_terms> terms_;
  std::vector<step> steps_;
  std::int32_t day_ = 0;
};

void check_rows(const position_book& book, const history& expected) {
  auto rows = book.rows();
  auto row = rows.begin();
  auto all = expected.size();
  profit_totals accounts[account_count];
  profit_totals strategies[account_count][strategy_count];
  for (std::uint32_t s = 0; s < symbol_count; ++s)
    for (std::uint16_t a = 0; a < account_count; ++a)
      for (std::uint16_t i = 0; i < strategy_count; ++i) {
        holder of{symbol_id{s}, account_id{a}, strategy_id{i}};
        auto h = expected.holding(of, all);
        if (!h.was_filled) continue;
        REQUIRE(row != rows.end());
        REQUIRE((row->symbol == of.symbol && row->account == of.account &&
                 row->strategy == of.strategy));
        CHECK(row->held.value == h.held);
        CHECK(row->days_apart == (expected.model(of.symbol) != position_model::net));
        CHECK(row->today.value == h.today);
        CHECK(row->yesterday().value == (h.held < 0 ? -h.held : h.held) - h.today);
        CHECK(row->average_cost.value == (h.held == 0 ? no_price.value : h.average_cost / h.held));
        CHECK(row->fifo_cost.value == (h.held == 0 ? no_price.value : h.lots_cost / h.held));
        CHECK(row->fees.value == h.fees);
        CHECK(row->realised == expected.in_money(h.cash + h.average_cost, of.symbol));
        CHECK(row->realised_fifo == expected.in_money(h.cash + h.lots_cost, of.symbol));
        // What was earned is what is there: cash and value, less fees.
        auto mark = expected.mark(of.symbol, of.account, all);
        CHECK(row->mark.value == mark);
        auto wealth = expected.in_money(h.cash + h.held * mark, of.symbol) - row->fees;
        CHECK(row->net_realised() + row->unrealised == wealth);
        CHECK(row->realised_fifo + row->unrealised_fifo() - row->fees == wealth);
        if (h.held == 0) CHECK(row->realised == row->realised_fifo);
        for (auto* sums : {&accounts[a], &strategies[a][i]}) {
          sums->realised += row->realised;
          sums->unrealised += row->unrealised;
          sums->realised_fifo += row->realised_fifo;
          sums->fees += row->fees;
        }
        ++row;
      }
  CHECK(row == rows.end());
  for (std::uint16_t a = 0; a < account_count; ++a) {
    account_id account{a};
    profit_totals sum;
    for (std::uint16_t i = 0; i < strategy_count; ++i) {
      auto of_strategy = book.strategy_totals(account, strategy_id{i});
      CHECK(of_strategy == strategies[a][i]);
      sum.realised += of_strategy.realised;
      sum.unrealised += of_strategy.unrealised;
      sum.realised_fifo += of_strategy.realised_fifo;
      sum.fees += of_strategy.fees;
    }
    CHECK(book.account_totals(account) == sum);
    CHECK(sum == accounts[a]);
    auto total = expected.total(account, all);
    CHECK(book.total_pnl(account) == total);
    CHECK(book.fees(account) == sum.fees);
    CHECK(book.realised_pnl(account) + book.unrealised_pnl(account) - book.fees(account) == total);
    CHECK(book.day_pnl(account) == total - expected.total(account, expected.steps_before_day()));
    CHECK(sum.total() <= total); // each row is rounded down by itself
    CHECK((total - sum.total()).value <= static_cast<int128>(rows.size()));
  }
}

using generator = std::mt19937_64;

std::vector<position_terms> random_terms(generator& random) {
  constexpr std::int64_t multipliers[] = {unit, 10 * unit, 300 * unit, unit / 7, 1'234'567'891, 1};
  auto fee = [&]() -> fill_fee {
    return {random() % 3 == 0 ? 0 : static_cast<std::int64_t>(random() % 100'000),
            random() % 2 == 0 ? 0 : static_cast<std::int64_t>(random() % (5 * unit))};
  };
  std::vector<position_terms> out;
  for (std::uint32_t s = 0; s < symbol_count; ++s)
    out.push_back({.multiplier = multipliers[random() % std::size(multipliers)],
                   .fees = {fee(), fee(), fee()},
                   .model = static_cast<position_model>(random() % 3)});
  return out;
}

/// On a narrow grid, so that lots of equal price meet, or any, of which some are below 0.
price random_price(generator& random) {
  if (random() % 3 != 0) return price{static_cast<std::int64_t>(4'000 + random() % 4) * unit};
  return price{static_cast<std::int64_t>(random() % (10'000 * unit)) - 3'000 * unit};
}

quantity random_volume(generator& random) {
  if (random() % 8 == 0) return quantity{static_cast<std::int64_t>(random() % 3 + 1)};
  if (random() % 3 != 0) return quantity{static_cast<std::int64_t>(random() % 6 + 1) * unit};
  return quantity{static_cast<std::int64_t>(random() % (10 * unit) + 1)};
}

} // namespace

TEST_CASE("positions, profit and fees equal a recomputation from all fills to the last 1e-8") {
  std::uint64_t closes_of_today = 0;
  std::uint64_t closes_of_yesterday = 0;
  std::uint64_t reversals = 0;
  for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
    CAPTURE(seed);
    generator random{seed};
    auto terms = random_terms(random);
    position_book book{terms, account_count};
    history expected{terms};
    std::int32_t day = 20240102;
    auto steps = 20 + random() % 60;
    for (std::uint64_t step = 0; step < steps; ++step) {
      CAPTURE(step);
      symbol_id symbol{static_cast<std::uint32_t>(random() % symbol_count)};
      auto kind = random() % 10;
      if (kind < 4) {
        if (kind == 0) ++day;
        bool straggles = random() % 8 == 0;
        market_mark mark{.symbol = symbol,
                         .trading_day = straggles ? day - 1 : day,
                         .last = random() % 8 == 0 ? no_price : random_price(random)};
        book.apply_mark(mark);
        expected.add(mark);
      } else {
        position_fill fill{.symbol = symbol,
                           .strategy = strategy_id{static_cast<std::uint16_t>(random() % 3)},
                           .direction = random() % 2 == 0 ? side::buy : side::sell,
                           .at = random_price(random),
                           .volume = random_volume(random),
                           .account = account_id{static_cast<std::uint16_t>(random() % 2)}};
        auto parts = book.split(symbol, fill.strategy, fill.direction, fill.volume, fill.account);
        book.apply_fill(fill);
        expected.add(fill);
        auto h = expected.holding({symbol, fill.account, fill.strategy}, expected.size());
        CHECK(parts == h.last_fill);
        closes_of_today += parts.close_today.value > 0 ? 1 : 0;
        closes_of_yesterday += parts.close_yesterday.value > 0 ? 1 : 0;
        reversals += parts.close().value > 0 && parts.open.value > 0 ? 1 : 0;
      }
      if (random() % 16 == 0) check_rows(book, expected);
    }
    check_rows(book, expected);
  }
  CHECK(closes_of_today > 1'000);
  CHECK(closes_of_yesterday > 1'000);
  CHECK(reversals > 1'000);
}

} // namespace tickmesh::position_random_test
