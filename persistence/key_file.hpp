// The file with the keys of logs: read as a secret, and given one key more (log_keys.hpp has add_key).
#pragma once
#include <string>

#include "persistence/key_command.hpp"

namespace tomnext::persistence {

/// The text of a regular file of this user's that nobody else may read or write. errc::log_key.
result<void> read_secret_file(const std::string& path, secret_text& text);

}  // namespace tomnext::persistence
