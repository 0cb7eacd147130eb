// Hosts that must not be in the cluster, and hosts that never come.
#include "tests/process/cluster_run.hpp"

#include <regex>

namespace tickmesh::refusals_test {

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A cluster in which one host is refused.
struct refusal {
  std::string name;
  std::vector<host_spec> first; ///< joins before the one that is refused
  host_spec refused;
  arguments extra;               ///< what sets the refused host apart
  std::vector<std::string> text; ///< what both sides must print
};

} // namespace

TEST_CASE("a host that does not fit is refused, and both sides say why") {
  const std::vector<refusal> cases{
      {"another cluster",
       {},
       {"data-0", "data"},
       {"--set", "cluster.name=other-cluster"},
       {"data-0", "cluster other-cluster", "cluster local-cluster"}},
      {"other settings",
       {},
       {"calc-0", "calc"},
       {"--set", "strategies.0.period=21"},
       {"calc-0", "other settings", "hashes ", "strategies"}},
      {"another source",
       {{"data-0", "data"}},
       {"data-1", "data"},
       {"--set", "source.sim.seed=2"},
       {"sources of hosts data-0 and data-1 differ", "fingerprints "}},
      {"other symbols",
       {{"data-0", "data"}},
       {"data-1", "data"},
       {"--set", "source.sim.symbols=49"},
       {"sources of hosts data-0 and data-1 differ", "51 and 50 symbols"}},
      {"an id that is taken",
       {{"data-0", "data"}},
       {"data-0", "data", "second"},
       {},
       {"the id data-0 has joined from 127.0.0.1:", "is alive"}},
  };
  // All at once: each control host waits for its join time-out.
  std::vector<std::unique_ptr<scratch_directory>> scratches;
  std::vector<std::unique_ptr<cluster_run>> clusters;
  for (auto& c : cases) {
    scratches.push_back(std::make_unique<scratch_directory>());
    clusters.push_back(std::make_unique<cluster_run>(
        *scratches.back(),
        endless_sim_flags() + arguments{"--set", "cluster.join_timeout_ms=4000"}));
    auto& cluster = *clusters.back();
    cluster.start(c.first);
    for (auto& spec : c.first) {
      auto& host = cluster.host(spec.process);
      bool joined =
          wait_until(patience, [&] { return contains(host.err(), "joined the cluster"); });
      REQUIRE_MESSAGE(joined, host.err());
    }
    cluster.start({c.refused}, c.extra);
  }
  for (std::size_t i = 0; i < cases.size(); ++i) {
    auto& c = cases[i];
    CAPTURE(c.name);
    auto codes = clusters[i]->wait_for_all();
    CHECK(codes.size() == c.first.size() + 2);
    for (auto& [id, code] : codes)
      CHECK_MESSAGE(code == 1, id);
    auto refused = clusters[i]->host(c.refused.process).err();
    auto control = clusters[i]->host("control").err();
    CHECK_MESSAGE(contains(refused, "the control host refused this host: "), refused);
    CHECK_MESSAGE(contains(control, "refused " + c.refused.id), control);
    for (auto& part : c.text) {
      CHECK_MESSAGE(contains(refused, part), refused);
      CHECK_MESSAGE(contains(control, part), control);
    }
    CHECK_MESSAGE(contains(control, "; refused: "),
                  control); // with the time-out's message, too
  }
  // Both values of a hash are there, and they differ.
  for (std::size_t i : {1u, 2u}) {
    auto text = clusters[i]->host("control").err();
    std::smatch found;
    REQUIRE(std::regex_search(text, found, std::regex{"([0-9a-f]{16}) and ([0-9a-f]{16})"}));
    CHECK(found[1] != found[2]);
  }
}

TEST_CASE("the join time-out names the slot without a host, at every host") {
  scratch_directory scratch;
  cluster_run cluster{scratch,
                      endless_sim_flags() + arguments{"--set", "cluster.join_timeout_ms=2000"}};
  cluster.start({{"data-0", "data"}, {"data-1", "data"}, {"calc-0", "calc"}, {"exec-0", "exec"}});
  auto codes = cluster.wait_for_all();
  REQUIRE(codes.size() == 5);
  for (auto& [id, code] : codes) {
    CHECK_MESSAGE(code == 1, id);
    auto err = cluster.host(id).err();
    CHECK_MESSAGE(contains(err, "waited 2 s for calc/1; joined: calc-0 (calc), control"), err);
  }
}

} // namespace tickmesh::refusals_test
