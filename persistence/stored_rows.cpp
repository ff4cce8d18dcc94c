#include "persistence/stored_rows.hpp"

#include <cstring>

#include "persistence/checksum.hpp"
#include "persistence/group_codec.hpp"
#include "persistence/new_log.hpp"

namespace tomnext::persistence {

result<stored_row> describe_row(std::string_view bytes) {
  if (bytes.size() < 5 || bytes.size() > group_bytes_max) return error(errc::log_corrupt, "the group is damaged: " + std::to_string(bytes.size()) + " bytes");
  std::uint32_t stored = 0;
  const auto body = bytes.substr(0, bytes.size() - 4);
  std::memcpy(&stored, bytes.data() + body.size(), 4);
  if (crc32c(body) != stored) return error(errc::log_corrupt, "the group is damaged: its checksum does not match");
  auto head = decode_group_head(body);
  if (!head) return head.error();
  auto first_at = decode_first_at(body);
  if (!first_at) return first_at.error();
  return stored_row{head->first_seq, head->first_seq + head->count - 1, head->epoch, *first_at, head->previous, chain(head->previous, bytes), bytes};
}

result<log_head> make_log(const std::string& directory, row_source& rows, const keep_going& go_on, const log_completion& complete) {
  auto made = new_log::begin(directory);
  if (!made) return made.error();
  auto head = store_rows((*made)->path(), rows, go_on);
  if (!head) return head.error();
  if (head->seq == 0) return error(errc::invalid_argument, directory + ": there are no events to make a log of");
  TOMNEXT_TRY((*made)->complete(*head, go_on, complete));
  TOMNEXT_TRY((*made)->publish());
  return *head;
}

}  // namespace tomnext::persistence
