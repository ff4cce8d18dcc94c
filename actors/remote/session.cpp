#include "actors/remote/session.hpp"

#include <algorithm>
#include <utility>

#include "persistence/bytes.hpp"

namespace tomnext::remote {

using persistence::byte_reader, persistence::put_number, persistence::put_text;

namespace {
constexpr std::string_view magic = "tomnext-link";
constexpr std::size_t name_bytes_max = 255;
}  // namespace

std::string encode(const greeting& g) {
  std::string out(magic);
  put_number(out, g.version);
  put_number(out, g.fingerprint);
  put_number(out, g.run);
  out += persistence::bytes_of(g.configuration);
  put_text(out, g.name);
  return out;
}

result<greeting> decode_greeting(std::string_view bytes) {
  byte_reader r{bytes};
  if (r.take(magic.size()) != magic) return error(errc::bad_request, "this is no greeting of a tomnext node");
  greeting g;
  g.version = r.number<std::uint32_t>();
  // Of another version nothing more is read: whatever follows may mean something else there.
  if (r.good && g.version != link_version) return g;
  g.fingerprint = r.number<std::uint64_t>();
  g.run = r.number<std::uint64_t>();
  g.configuration = r.hash();
  g.name = r.text();
  if (!r.complete() || g.name.empty() || g.name.size() > name_bytes_max) return error(errc::bad_request, "the greeting is damaged");
  return g;
}

result<void> may_talk(const greeting& mine, const greeting& theirs) {
  if (theirs.version != mine.version)
    return error(errc::bad_request,
                 "the peer speaks version " + std::to_string(theirs.version) + " of the link, this node version " + std::to_string(mine.version));
  if (theirs.fingerprint != mine.fingerprint)
    return error(errc::bad_request, theirs.name + " is another build: its messages or events are not those of this node");
  if (theirs.configuration != mine.configuration)
    return error(errc::bad_request, theirs.name + " has another configuration (" + persistence::to_hex(theirs.configuration).substr(0, 12) +
                                        "…), this node has " + persistence::to_hex(mine.configuration).substr(0, 12) + "…");
  return {};
}

session::session(session_limits limits, const greeting& mine, steady_time now, admit admitted, receive received)
    : limits_(limits), admitted_(std::move(admitted)), received_(std::move(received)), begun_(now), heard_(now), spoke_(now) {
  put(frame_kind::hello, encode(mine), now);
}

void session::put(frame_kind kind, std::string_view body, steady_time now) {
  put_frame(output_, kind, ++number_, consumed_, body);
  told_consumed_ = consumed_;
  spoke_ = now;
}

result<void> session::take(std::string_view bytes, steady_time now) {
  heard_ = now;
  reader_.add(bytes);
  for (;;) {
    auto f = reader_.next();
    if (!f) return f.error();
    if (!*f) break;
    TOMNEXT_TRY(handle(**f));
  }
  // Credit is given back in time, also by a side that has nothing to say.
  if (consumed_ - told_consumed_ >= limits_.credit_bytes / 4) put(frame_kind::heartbeat, {}, now);
  return {};
}

result<void> session::handle(const frame& f) {
  if (f.consumed < consumed_by_peer_ || f.consumed > sent_bytes_)
    return error(errc::bad_request, "the peer claims to have consumed " + std::to_string(f.consumed) + " bytes of " + std::to_string(sent_bytes_) + ", after " +
                                        std::to_string(consumed_by_peer_));
  consumed_by_peer_ = f.consumed;
  switch (f.kind) {
    case frame_kind::hello: {
      auto theirs = decode_greeting(f.body);
      if (!theirs) return theirs.error();
      TOMNEXT_TRY(admitted_(*theirs));
      open_ = true;
      return {};
    }
    case frame_kind::messages:
      TOMNEXT_TRY(received_(f.body));
      consumed_ += f.body.size();
      return {};
    case frame_kind::heartbeat: return {};
  }
  return {};
}

result<void> session::tick(steady_time now) {
  if (!open_) {
    if (now - begun_ >= limits_.hello_within)
      return error(errc::timed_out, "the peer has not said who it is within " + std::to_string(limits_.hello_within.count()) + " ms");
    return {};
  }
  if (now - heard_ >= limits_.silence_max) return error(errc::timed_out, "the peer has been silent for " + std::to_string(limits_.silence_max.count()) + " ms");
  if (now - spoke_ >= limits_.heartbeat_every) put(frame_kind::heartbeat, {}, now);
  return {};
}

steady_time session::wake_at() const {
  if (!open_) return begun_ + limits_.hello_within;
  return std::min(heard_ + limits_.silence_max, spoke_ + limits_.heartbeat_every);
}

std::size_t session::may_send() const { return open_ && unconsumed_bytes() < limits_.credit_bytes ? frame_bytes_max : 0; }

void session::say(std::string_view body, steady_time now) {
  sent_bytes_ += body.size();
  put(frame_kind::messages, body, now);
}

}  // namespace tomnext::remote
