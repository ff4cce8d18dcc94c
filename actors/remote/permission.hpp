// What a node with hosts may say to the journal's side: what its hosts say, each as itself, and nothing else.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "actors/remote/link.hpp"
#include "actors/runtime/directory.hpp"

namespace tomnext::remote {

/// Of one read across a link, so that an answer stays within what a message holds: whoever reads asks again behind it.
inline constexpr std::uint64_t groups_per_read_max = 32;

/// Of one connection. A certificate says which node it is; this says what that node is for.
class permission {
 public:
  /// `hosts`: ids by name of those that are placed there. `where` has an address for each of them.
  permission(std::map<std::string, std::uint32_t> hosts, std::shared_ptr<actors::directory> where);

  /// errc::bad_request where it may not say that. A host that enrols is bound to its address.
  result<void> check(const node_link& over, arrival& a);
  /// Those that have enrolled over this connection, with their newest lives.
  [[nodiscard]] const std::map<std::string, actors::actor_ptr>& enrolled() const { return enrolled_; }

 private:
  [[nodiscard]] result<void> to_journal(const node_link& over, const arrival& a);
  [[nodiscard]] result<void> to_reader(arrival& a) const;
  [[nodiscard]] result<void> owns(std::uint32_t host) const;
  [[nodiscard]] result<void> enrolment_of(const node_link& over, const arrival& a);
  [[nodiscard]] result<void> answers_of(const actors::answer_batch& b) const;
  [[nodiscard]] result<void> snapshot_of(std::uint32_t host, const actors::snapshot_ref& s) const;
  [[nodiscard]] result<void> speaks_for(const std::string& name) const;

  const method enroll_, answers_, status_, shown_, read_, snapshot_read_, snapshot_taken_, ready_, unready_;
  const std::map<std::string, std::uint32_t> names_;
  std::map<std::uint32_t, std::string> ids_;
  const std::shared_ptr<actors::directory> where_;
  std::map<std::string, actors::actor_ptr> enrolled_;
};

}  // namespace tomnext::remote
