// The projection `event_index`: where events of a type are, and what belongs to a workflow, without a scan of the log.
//
//   't' type u16 chunk u64   a bit for each of the chunk's 1024 seqs, lowest first: 128 bytes
//   'c' correlation u64 seq u64   type u16: an event that another one began; the first of a workflow is named by the correlation itself
// Numbers in keys are big-endian, so that rows lie in the order of their seqs.
#include <array>
#include <bit>
#include <charconv>

#include "persistence/bytes.hpp"
#include "persistence/projection.hpp"

namespace tomnext::persistence {
namespace {

constexpr std::uint64_t chunk_events = 1024;
constexpr std::size_t chunk_bytes = chunk_events / 8;

std::string type_prefix(std::uint16_t type) { return ordered_key('t', type); }
std::string chunk_key(std::uint16_t type, std::uint64_t chunk) { return ordered_key('t', type, chunk); }
std::string workflow_prefix(std::uint64_t correlation) { return ordered_key('c', correlation); }
std::string workflow_key(std::uint64_t correlation, std::uint64_t seq) { return ordered_key('c', correlation, seq); }

error damaged_row() { return {errc::log_corrupt, "event_index: a row is not of its size; reset the projection"}; }

std::string as_json(std::uint64_t seq, std::uint16_t type) {
  return "{\"seq\":" + std::to_string(seq) + ",\"type\":\"" + std::string(event_name(type)) + "\"}";
}

/// Tells the seqs of a chunk from `from_seq` on. False where no more are wanted.
bool tell_chunk(std::uint16_t type, std::uint64_t chunk, std::string_view bits, std::uint64_t from_seq, const projection_answer& each) {
  for (std::size_t byte = 0; byte < bits.size(); ++byte)
    for (auto left = static_cast<unsigned char>(bits[byte]); left != 0; left = static_cast<unsigned char>(left & (left - 1))) {
      const auto seq = chunk * chunk_events + byte * 8 + static_cast<unsigned>(std::countr_zero(left));
      if (seq >= from_seq && !each(as_json(seq, type))) return false;
    }
  return true;
}

class index final : public projection {
 public:
  [[nodiscard]] std::string_view name() const override { return "event_index"; }
  [[nodiscard]] std::uint32_t version() const override { return 1; }
  [[nodiscard]] std::string_view description() const override { return "the seqs of every event type, and of every workflow"; }
  [[nodiscard]] std::string_view keys() const override { return "an event type (order_filled), or correlation:SEQ; none: the number of events of each type"; }

  result<void> apply(const event& e, projection_rows& rows) const override {
    const header& h = e.head;
    const auto key = chunk_key(h.type, h.seq / chunk_events);
    auto stored = rows.get(key);
    if (!stored) return stored.error();
    auto bits = stored->value_or(std::string(chunk_bytes, '\0'));
    if (bits.size() != chunk_bytes) return damaged_row();
    const auto bit = h.seq % chunk_events;
    bits[bit / 8] = static_cast<char>(bits[bit / 8] | 1 << bit % 8);
    rows.put(key, bits);
    if (h.correlation != h.seq) {
      std::string type;
      put_ordered(type, h.type);
      rows.put(workflow_key(h.correlation, h.seq), type);
    }
    return {};
  }

  result<void> answer(const projection_question& q, const projection_reader& rows, const projection_answer& each) const override {
    constexpr std::string_view workflow = "correlation:";
    if (q.key.empty()) return count_types(rows, each);
    if (q.key.starts_with(workflow)) {
      std::uint64_t correlation = 0;
      const auto* first = q.key.data() + workflow.size();
      const auto* last = q.key.data() + q.key.size();
      const auto read = std::from_chars(first, last, correlation);
      if (read.ec != std::errc{} || read.ptr != last) return error(errc::invalid_argument, "'" + q.key + "' names no workflow; one is written correlation:SEQ");
      return tell_workflow(correlation, q.from_seq, rows, each);
    }
    const auto type = event_number(q.key);
    if (type == 0) return error(errc::invalid_argument, "event_index has no key '" + q.key + "'; it takes " + std::string(keys()));
    return tell_type(type, q.from_seq, rows, each);
  }

 private:
  static result<void> tell_type(std::uint16_t type, std::uint64_t from_seq, const projection_reader& rows, const projection_answer& each) {
    bool whole = true;
    TOMNEXT_TRY(rows.walk(type_prefix(type), chunk_key(type, from_seq / chunk_events), [&](std::string_view key, std::string_view bits) {
      whole = key.size() == 11 && bits.size() == chunk_bytes;
      return whole && tell_chunk(type, ordered_at<std::uint64_t>(key, 3), bits, from_seq, each);
    }));
    return whole ? result<void>{} : damaged_row();
  }
  static result<void> tell_workflow(std::uint64_t correlation, std::uint64_t from_seq, const projection_reader& rows, const projection_answer& each) {
    bool whole = true;
    TOMNEXT_TRY(rows.walk(workflow_prefix(correlation), workflow_key(correlation, from_seq), [&](std::string_view key, std::string_view type) {
      whole = key.size() == 17 && type.size() == 2;
      return whole && each(as_json(ordered_at<std::uint64_t>(key, 9), ordered_at<std::uint16_t>(type, 0)));
    }));
    return whole ? result<void>{} : damaged_row();
  }
  static result<void> count_types(const projection_reader& rows, const projection_answer& each) {
    std::array<std::uint64_t, event_numbers> counts{};
    bool whole = true;
    TOMNEXT_TRY(rows.walk("t", {}, [&](std::string_view key, std::string_view bits) {
      const auto type = ordered_at<std::uint16_t>(key, 1);
      whole = key.size() == 11 && type < event_numbers;
      if (!whole) return false;
      for (const char c : bits) counts[type] += static_cast<unsigned>(std::popcount(static_cast<unsigned char>(c)));
      return true;
    }));
    if (!whole) return damaged_row();
    for (std::uint16_t type = 0; type < event_numbers; ++type)
      if (counts[type] != 0 && !each("{\"type\":\"" + std::string(event_name(type)) + "\",\"events\":" + std::to_string(counts[type]) + "}")) return {};
    return {};
  }
};

}  // namespace

std::shared_ptr<const projection> event_index() { return std::make_shared<index>(); }

const projection_list& projections() {
  static const projection_list all{event_index(), order_blotter()};
  return all;
}

}  // namespace tomnext::persistence
