// What the build is measured against: a unit that includes the same libraries as most others and
// uses a little of each. It is pinned and never changes.
#include <caf/all.hpp>
#include <fmt/format.h>
#include <google/protobuf/descriptor.pb.h>
#include <spdlog/spdlog.h>

#include <string>

std::string describe(const google::protobuf::FileDescriptorProto& file) {
  return fmt::format("{} in {}: {} messages", file.name(), file.package(),
                     file.message_type_size());
}

caf::behavior counter(caf::stateful_actor<int>* self) {
  return {
      [self](int more) { self->state += more; },
      [self](const std::string& name) {
        spdlog::info("{}: {}", name, self->state);
        return self->state;
      },
  };
}
