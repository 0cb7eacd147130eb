#include "perf/ticklog_references.hpp"

#include <fmt/format.h>
#include <hdf5.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace tickmesh {

namespace {

constexpr std::size_t chunk_rows = 4096;
constexpr std::size_t column_count = 18;
constexpr unsigned gzip_level = 1;

using row_values = std::array<std::int64_t, column_count>;

row_values values_of(const tick& t) {
  return {static_cast<std::int64_t>(t.symbol.value),
          static_cast<std::int64_t>(t.number.value),
          to_ns(t.event_time),
          to_ns(t.effective_time),
          static_cast<std::int64_t>(t.kind),
          static_cast<std::int64_t>(t.aggressor),
          t.source.value,
          static_cast<std::int64_t>(t.position.value),
          static_cast<std::int64_t>(t.record_id),
          t.last.value,
          t.volume.value,
          t.cumulative_volume.value,
          static_cast<std::int64_t>(t.turnover.value),
          t.open_interest.value,
          t.bid.value,
          t.bid_volume.value,
          t.ask.value,
          t.ask_volume.value};
}

[[noreturn]] void stop(const char* what) {
  fmt::print(stderr, "ticklog_benchmark: {} failed\n", what);
  std::exit(1);
}

} // namespace

void write_hdf5(const std::filesystem::path& path, std::span<const tick> rows) {
  auto file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  if (file < 0) stop("H5Fcreate");
  auto properties = H5Pcreate(H5P_DATASET_CREATE);
  hsize_t chunk = chunk_rows;
  H5Pset_chunk(properties, 1, &chunk);
  H5Pset_shuffle(properties);
  H5Pset_deflate(properties, gzip_level);
  hsize_t size = rows.size();
  auto space = H5Screate_simple(1, &size, nullptr);
  std::array<hid_t, column_count> columns{};
  for (std::size_t c = 0; c < column_count; ++c) {
    columns[c] = H5Dcreate2(file, fmt::format("column{}", c).c_str(), H5T_NATIVE_INT64, space,
                            H5P_DEFAULT, properties, H5P_DEFAULT);
    if (columns[c] < 0) stop("H5Dcreate2");
  }
  std::array<std::vector<std::int64_t>, column_count> gathered;
  for (std::size_t begin = 0; begin < rows.size(); begin += chunk_rows) {
    auto part = rows.subspan(begin, std::min(chunk_rows, rows.size() - begin));
    for (auto& column : gathered)
      column.clear();
    for (auto& t : part) {
      auto values = values_of(t);
      for (std::size_t c = 0; c < column_count; ++c)
        gathered[c].push_back(values[c]);
    }
    hsize_t offset = begin, count = part.size();
    auto memory = H5Screate_simple(1, &count, nullptr);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, &offset, nullptr, &count, nullptr);
    for (std::size_t c = 0; c < column_count; ++c)
      if (H5Dwrite(columns[c], H5T_NATIVE_INT64, memory, space, H5P_DEFAULT, gathered[c].data()) <
          0)
        stop("H5Dwrite");
    H5Sclose(memory);
  }
  for (auto column : columns)
    H5Dclose(column);
  H5Sclose(space);
  H5Pclose(properties);
  if (H5Fflush(file, H5F_SCOPE_GLOBAL) < 0 || H5Fclose(file) < 0) stop("H5Fclose");
}

void write_sqlite(const std::filesystem::path& path, std::span<const tick> rows) {
  sqlite3* database = nullptr;
  if (sqlite3_open(path.c_str(), &database) != SQLITE_OK) stop("sqlite3_open");
  auto execute = [&](const std::string& text) {
    if (sqlite3_exec(database, text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      stop(text.c_str());
  };
  execute("pragma journal_mode = wal; pragma synchronous = normal");
  std::string columns, places;
  for (std::size_t c = 0; c < column_count; ++c) {
    columns += fmt::format("{}c{} integer", c == 0 ? "" : ", ", c);
    places += c == 0 ? "?" : ", ?";
  }
  execute(fmt::format("create table ticks ({}, primary key (c0, c1)) without rowid", columns));
  sqlite3_stmt* insert = nullptr;
  auto text = fmt::format("insert into ticks values ({})", places);
  if (sqlite3_prepare_v2(database, text.c_str(), -1, &insert, nullptr) != SQLITE_OK)
    stop("sqlite3_prepare_v2");
  for (std::size_t begin = 0; begin < rows.size(); begin += chunk_rows) {
    execute("begin");
    for (auto& t : rows.subspan(begin, std::min(chunk_rows, rows.size() - begin))) {
      auto values = values_of(t);
      for (std::size_t c = 0; c < column_count; ++c)
        sqlite3_bind_int64(insert, static_cast<int>(c) + 1, values[c]);
      if (sqlite3_step(insert) != SQLITE_DONE) stop("sqlite3_step");
      sqlite3_reset(insert);
    }
    execute("commit");
  }
  sqlite3_finalize(insert);
  if (sqlite3_close(database) != SQLITE_OK) stop("sqlite3_close");
}

} // namespace tickmesh
