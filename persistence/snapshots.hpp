// Snapshots of hosts (design law 6): a state, and which part of which history it covers. Never needed for correctness: whatever is wrong with one, an
// older one or the whole log serves. Those of an encrypted log are encrypted as they are here (file_cipher.hpp); their files' names have the hosts in clear.
//
//   "tomnext-snap" · format u32 = 1 · host: length u32, bytes · service version u32 · state version u32 · configuration hash u64 · covered u64 · mark u64 ·
//   at: seq u64, epoch u64, chain hash 32 bytes · state: length u64, bytes · SHA-256 of all before it. Little-endian.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "persistence/event_log.hpp"

namespace tomnext::persistence {

/// Whose state it is. Any other service version, state version or configuration folds differently, so its states are of no use.
struct snapshot_key {
  std::string host;
  std::uint32_t service_version{};
  std::uint32_t state_version{};
  std::uint64_t configuration_hash{};
  bool operator==(const snapshot_key&) const = default;
};

struct snapshot {
  snapshot_key key;
  std::uint64_t covered{};  ///< inputs up to this seq are in the state: the tail begins at covered + 1
  std::uint64_t mark{};     ///< seq of the durable host_progressed; own outputs up to it are in the state
  log_head at;              ///< a durable head at or after the mark
  std::string state;
  bool operator==(const snapshot&) const = default;
};

/// A snapshot without its state, for figures.
struct snapshot_entry {
  snapshot_key key;
  std::uint64_t covered{};
  std::uint64_t file_bytes{};
};

/// Snapshots kept per host unless somebody says otherwise: the newest, and one to fall back on.
inline constexpr std::size_t snapshots_kept = 2;
inline constexpr std::size_t snapshot_state_bytes_max = std::size_t{256} << 20;
inline constexpr std::size_t host_name_bytes_max = 255;

/// What becomes of a damaged snapshot on the way to a good one.
enum class damaged_snapshot : std::uint8_t { quarantined, passed_over };

class snapshot_store {
 public:
  /// Snapshots lie in the subfolder `snapshots` of the log's directory. One host's snapshots are put by one thread at a time.
  /// `kept` per host, at least 1.
  explicit snapshot_store(std::string log_directory, std::size_t kept = snapshots_kept);
  /// Durable when it returns; older ones beyond those kept go. errc::invalid_argument unless covered <= mark <= at.seq, a host is named, and the state fits.
  result<void> put(const snapshot& s) const;
  /// The latest put that is whole, of this key, with mark <= head, and of this log's history. A damaged one is renamed to *.quarantined (where nothing may be
  /// changed: passed over) and the one before it used; one of another key or history is passed over, and so is one whose key is not here.
  result<std::optional<snapshot>> newest(const snapshot_key& key, const event_log& log, damaged_snapshot damaged = damaged_snapshot::quarantined) const;
  /// Checks every file that is not quarantined. errc::snapshot_invalid names the first that is damaged. How many could not be read for want of a key, so that
  /// their checksums alone were compared.
  [[nodiscard]] result<std::uint64_t> verify() const;
  /// Checks one file, whole or damaged; of a newer build is well too, and one whose key is not here that has its checksum: then it is false.
  static result<bool> verify_file(const std::string& path);
  /// What lies there, by host, then by what it covers. A damaged one is not among them, nor one whose key is not here: they are `verify`'s to name.
  [[nodiscard]] result<std::vector<snapshot_entry>> list() const;

 private:
  std::string log_;
  std::string folder_;
  std::size_t kept_;
};

}  // namespace tomnext::persistence
