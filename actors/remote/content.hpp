// What messages carry, as bytes and back: one place for every type that goes across. The groups of events in them are encoded as in the log.
#pragma once
#include <string>
#include <string_view>

#include "actors/protocols.hpp"
#include "actors/remote/session.hpp"

namespace tomnext::remote {

/// What the two ends of a connection share so that references can travel: actors by number, and a group that goes to several hosts once.
class passport {
 public:
  virtual ~passport() = default;
  /// The number that the other side knows an actor by; made now where it has none. 0: nobody.
  virtual std::uint64_t number_of(const actors::actor_ptr& who) = 0;
  /// Who a number of the other side stands for; null where it stands for nobody.
  virtual actors::actor_ptr actor_of(std::uint64_t number) = 0;
  [[nodiscard]] virtual steady_time now() const = 0;
  actors::group_ref last_written, last_read;
};

/// In one message. Bounds what a few bytes can make this side allocate.
inline constexpr std::size_t events_in_message_max = 524'288;

struct content_writer {
  std::string& out;
  passport& with;
  std::uint64_t groups = 0;  ///< that were written
};
/// Reads forward. After a failure everything is empty, and `wrong` says what was the first.
struct content_reader {
  std::string_view left;
  passport& with;
  std::string wrong = {};
  std::size_t events_left = events_in_message_max;
  [[nodiscard]] bool good() const { return wrong.empty(); }
  bool fail(std::string why) {
    if (wrong.empty()) wrong = std::move(why);
    left = {};
    return false;
  }
};

void put(content_writer& w, bool v);
void put(content_writer& w, std::uint32_t v);
void put(content_writer& w, std::uint64_t v);
void put(content_writer& w, std::int64_t v);
void put(content_writer& w, const std::string& v);
void put(content_writer& w, const error& v);
void put(content_writer& w, const event& v);
void put(content_writer& w, const actors::actor_ptr& v);
void put(content_writer& w, const actors::group_ref& v);
void put(content_writer& w, const actors::groups_ref& v);
void put(content_writer& w, const actors::answers_ref& v);
void put(content_writer& w, const actors::enrolment_ref& v);
void put(content_writer& w, const actors::inputs_ref& v);
void put(content_writer& w, const actors::timers_ref& v);
void put(content_writer& w, const actors::snapshot_ref& v);
void put(content_writer& w, const actors::durable_ref& v);
void put(content_writer& w, const actors::wish_ref& v);
void put(content_writer& w, const actors::quote_batch_ref& v);
void put(content_writer& w, const actors::call_ref& v);

// False where the bytes are no such thing; the reader says why.
bool get(content_reader& r, bool& v);
bool get(content_reader& r, std::uint32_t& v);
bool get(content_reader& r, std::uint64_t& v);
bool get(content_reader& r, std::int64_t& v);
bool get(content_reader& r, std::string& v);
bool get(content_reader& r, error& v);
bool get(content_reader& r, event& v);
bool get(content_reader& r, actors::actor_ptr& v);
bool get(content_reader& r, actors::group_ref& v);
bool get(content_reader& r, actors::groups_ref& v);
bool get(content_reader& r, actors::answers_ref& v);
bool get(content_reader& r, actors::enrolment_ref& v);
bool get(content_reader& r, actors::inputs_ref& v);
bool get(content_reader& r, actors::timers_ref& v);
bool get(content_reader& r, actors::snapshot_ref& v);
bool get(content_reader& r, actors::durable_ref& v);
bool get(content_reader& r, actors::wish_ref& v);
bool get(content_reader& r, actors::quote_batch_ref& v);
bool get(content_reader& r, actors::call_ref& v);

/// Of every event that this build knows: its number, name and newest version.
[[nodiscard]] std::string events_outline();

}  // namespace tomnext::remote
