// The yardsticks of ticklog_benchmark: the same rows written with HDF5 and SQLite.
#pragma once

#include "messages/tick.hpp"

#include <filesystem>
#include <span>

namespace tickmesh {

/// All columns of the ticks in chunks of 4,096 rows with gzip level 1 and shuffle, flushed. Ends
/// the program with a message on a fault.
void write_hdf5(const std::filesystem::path& path, std::span<const tick> rows);

/// One row a tick, in a write-ahead log without an fsync at each commit, transactions of 4,096.
/// Ends the program with a message on a fault.
void write_sqlite(const std::filesystem::path& path, std::span<const tick> rows);

} // namespace tickmesh
