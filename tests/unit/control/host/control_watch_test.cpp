// How a host judges its control host.
#include "actors/control/host/control_watch.hpp"

#include <doctest/doctest.h>

namespace tickmesh::control_watch_test {
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST_CASE("a host tries to join for as long as it may, and says what went wrong last") {
  join_attempts attempts;
  attempts.begin(milliseconds{3000}, seconds{10});
  attempts.failed("refused");
  attempts.failed("no host answers there");
  endpoint target{"192.0.2.1", 8848};
  CHECK_FALSE(attempts.give_up(target, seconds{13}));
  CHECK(attempts.give_up(target, seconds{13} + nanoseconds{1}) ==
        "cannot reach the control host at 192.0.2.1:8848 within 3000 ms: no host answers there; "
        "start it first, or correct --join");
}

TEST_CASE("a control host that is silent for too long is given up, heard or not before") {
  control_watch watch;
  CHECK_FALSE(watch.is_on());
  CHECK(watch.host().empty());
  CHECK(watch.timeout() == milliseconds{5000});
  watch.heard(seconds{1}); // before it is on: nothing to judge
  watch.begin("control", milliseconds{4000}, seconds{10});
  CHECK(watch.is_on());
  CHECK(watch.host() == "control");
  CHECK(watch.timeout() == milliseconds{4000});
  CHECK_FALSE(watch.judge(seconds{11}));
  watch.heard(seconds{12});
  for (int second = 13; second <= 16; ++second)
    CHECK_FALSE(watch.judge(seconds{second})); // just the time-out
  CHECK(watch.judge(seconds{17}) == "control host control has been silent for 5000 ms");
}

TEST_CASE("a host's own pause is not the control host's silence") {
  control_watch watch;
  watch.begin("control", milliseconds{4000}, seconds{10});
  CHECK_FALSE(watch.judge(seconds{60})); // it stood still: half the time-out counts
  CHECK_FALSE(watch.judge(seconds{62}));
  CHECK(watch.judge(seconds{63}));
}

TEST_CASE("a broken connection is put down to whoever was held up") {
  control_watch watch;
  CHECK(watch.describe_loss(seconds{1}) == "lost the connection to control host ");
  watch.begin("control", milliseconds{4000}, seconds{10});
  CHECK(watch.describe_loss(seconds{11}) == "lost the connection to control host control");
  CHECK(watch.describe_loss(seconds{12}) == "lost the connection to control host control, which "
                                            "had been silent for 2000 ms");
  watch.heard(seconds{13});
  CHECK(watch.describe_loss(seconds{22}).starts_with("this host itself was held up for 9"));
  CHECK(watch.describe_loss(seconds{22})
            .ends_with("and lost the connection to control host control"));
}

} // namespace tickmesh::control_watch_test
