// A host_driver in short, for hosts that are told their times by the test; and a host's state as bytes and back.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/base/archive.hpp"
#include "tests/support/host_driver.hpp"

namespace tomnext::tests {

inline constexpr host_id guard_id{7};

template <class Host> class guard_driver {
 public:
  template <class Configuration> explicit guard_driver(const Configuration& c) : driver_(Host(guard_id, c), guard_id) {}

  /// The outputs for one input at that time.
  template <class E> std::vector<event> operator()(timestamp at, const E& e) { return driver_.input(e, at); }
  Host& host() { return driver_.host(); }
  void replace(Host host) { driver_.replace(std::move(host)); }

 private:
  host_driver<Host> driver_;
};

template <class Host> std::string saved(guard_driver<Host>& d) {
  state_writer w;
  w(d.host());
  return w.bytes();
}
/// Another life begins: a fresh host of that configuration reads the state. False where the bytes are not exactly one state.
template <class Host, class Configuration> bool restart(guard_driver<Host>& d, const Configuration& c, std::string_view bytes) {
  Host fresh(guard_id, c);
  state_reader r(bytes);
  r(fresh);
  d.replace(std::move(fresh));
  return !r.failed() && r.at_end();
}

}  // namespace tomnext::tests
