// A signed head: what the log was up to some event, taken off the machine. Whoever rewrites a log and computes its chain, anchor and seal anew cannot make
// the signature anew. The chain hash covers everything before it, so one signed head witnesses the log's whole past.
//
//   JSON: {"format": "tomnext-signed-head", "version": 1, "log_id": hex, "seq": n, "epoch": n, "chain_hash": hex, "at_ns": n, "signed_at_ns": n,
//          "signature": hex}
//   The signature (Ed25519, RFC 8032) is over the lines "tomnext-signed-head 1", then each of the values in this order, each with a line feed behind it.
#pragma once
#include <optional>
#include <string>

#include "domain/base/time.hpp"
#include "persistence/event_log.hpp"

namespace tomnext::persistence {

struct signed_head {
  hash256 log_id;  ///< chain hash of the log's first group; zero where its first events were archived elsewhere
  log_head head;
  timestamp at;         ///< of the last event
  timestamp signed_at;  ///< wall time
  bool operator==(const signed_head&) const = default;
};

/// The head of a log as it is now. errc::invalid_argument for an empty log.
result<signed_head> head_to_sign(const std::string& directory, timestamp now);
/// Signs with the private key of a PEM file. errc::invalid_argument where others than its owner can read the file, or it holds no Ed25519 key.
result<std::string> sign_head(const signed_head& h, const std::string& private_key_file);
/// errc::malformed_line where the text is no signed head, errc::signature_invalid where it is not signed by the key of this PEM file.
result<signed_head> read_signed_head(std::string_view json, const std::string& public_key_file);
/// errc::signature_invalid unless the log holds exactly this head: it is this log, as long at least, and of this history. The log may have grown since.
/// That the log's own chain holds up to there is `verify_log`'s to say: only both together prove the past.
result<void> check_signed_head(const std::string& directory, const signed_head& h);

/// Makes a key pair: the private key in `file` (mode 0600, must not exist), the public key in `file`.pub. As `openssl genpkey -algorithm ed25519` does.
result<void> make_key_pair(const std::string& file);

}  // namespace tomnext::persistence
