// An authority of a cluster, with certificates as scripts/certificates.sh makes them.
#pragma once

#include "tests/support/child_process.hpp"
#include "tests/support/source_tree.hpp"

#include <string>

namespace tickmesh {

class test_authority {
public:
  /// Below the scratch directory, under `name`.
  test_authority(const scratch_directory& scratch, const std::string& name)
      : scratch_(scratch), directory_(scratch.path(name)) {
    run({"authority", directory_});
  }

  /// The directory with the certificate of a host that is reached at this machine's loopback.
  std::string host(const std::string& name) { return host(name, "127.0.0.1"); }
  std::string host(const std::string& name, const std::string& address) {
    run({"host", directory_, name, address});
    return directory_ + "/" + name;
  }
  /// The same, and it ended years ago.
  std::string expired_host(const std::string& name) { return host_until(name, "20210101000000Z"); }
  /// The same, and it ends at `until`, YYYYMMDDHHMMSSZ.
  std::string host_until(const std::string& name, const std::string& until) {
    ::setenv("UNTIL", until.c_str(), 1);
    auto out = host(name);
    ::unsetenv("UNTIL");
    return out;
  }

  /// The file that says so.
  std::string revoke(const std::string& name) {
    run({"revoke", directory_, name});
    return directory_ + "/revoked.crl";
  }

private:
  void run(arguments words) {
    child_process script{scratch_.path(""), "certificates", source_path("scripts/certificates.sh"),
                         words};
    REQUIRE_MESSAGE(script.wait() == 0, script.err());
  }

  const scratch_directory& scratch_;
  std::string directory_;
};

} // namespace tickmesh
