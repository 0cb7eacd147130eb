// The actor that writes a host's result rows. It blocks in file I/O, so a process gives it a thread
// of its own.
#pragma once

#include "runtime/results/row_files.hpp"

#include <caf/all.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace tickmesh {

/// Lines for `NAME.csv`. Answered by rows_written.
struct write_rows {
  std::string name;
  std::string lines;
};
/// Lines for `NAME.csv` that `append` makes, in the writer's thread; not called where nothing is
/// written. Answered by rows_written with the `bytes` that are given here.
struct make_rows {
  std::string name;
  std::uint64_t bytes = 0;
  std::function<void(std::string&)> append;
};
struct rows_written {
  std::uint64_t bytes = 0;
};

/// A whole file, e.g. a slot's report. Not answered.
struct write_document {
  std::string name;
  std::string text;
};

/// Closes all files; answered by rows_closed with an empty reason, or why it failed.
struct close_rows {};
struct rows_closed {
  std::string failure;
};

/// `files` may be null: then rows are counted and dropped (results are switched off).
/// A failing disk ends the actor with the reason.
caf::behavior row_writer(caf::event_based_actor* self, std::shared_ptr<row_files> files);

} // namespace tickmesh

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::write_rows)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::make_rows)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::rows_written)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::write_document)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::close_rows)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tickmesh::rows_closed)
