#include "runtime/results/row_writer_actor.hpp"

#include "runtime/actors/actor_system.hpp"

namespace tickmesh {

caf::behavior row_writer(caf::event_based_actor* self, std::shared_ptr<row_files> files) {
  set_fault_handlers(self);
  return {
      // Appends rows.
      [self, files](const write_rows& rows) -> rows_written {
        if (files != nullptr)
          if (auto written = files->append(rows.name, rows.lines); !written)
            self->quit(make_failure(written.error().message));
        return {rows.lines.size()};
      },
      [self, files, lines = std::string{}](const make_rows& rows) mutable -> rows_written {
        if (files == nullptr) return {rows.bytes};
        lines.clear();
        rows.append(lines);
        if (auto written = files->append(rows.name, lines); !written)
          self->quit(make_failure(written.error().message));
        return {rows.bytes};
      },
      // Writes a whole file.
      [self, files](const write_document& document) {
        if (files == nullptr) return;
        if (auto written = files->write_document(document.name, document.text); !written)
          self->quit(make_failure(written.error().message));
      },
      // Nothing follows.
      [files](const close_rows&) -> rows_closed {
        if (files == nullptr) return {};
        auto closed = files->close();
        return {closed ? std::string{} : closed.error().message};
      },
  };
}

} // namespace tickmesh
