// Small durable files: whole or absent, whatever happens in between.
#pragma once
#include <string>
#include <string_view>

#include "domain/base/result.hpp"

namespace tomnext::persistence {

/// Writes to a temporary name, syncs, renames, syncs the folder.
result<void> write_durably(const std::string& path, std::string_view bytes);
/// Reads a file of at most `limit` bytes.
result<std::string> read_file(const std::string& path, std::size_t limit);
result<void> make_folder(const std::string& path);
result<void> sync_folder(const std::string& path);

}  // namespace tomnext::persistence
