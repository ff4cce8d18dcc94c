#include "persistence/group_cipher.hpp"

#include <zstd.h>

#include <cstring>
#include <vector>

#include "persistence/bytes.hpp"
#include "persistence/wire.hpp"

namespace tomnext::persistence {
namespace {

constexpr std::string_view purpose = "tomnext group";
constexpr unsigned char compressed_flag = 128;
constexpr std::size_t crc_bytes = 4;
constexpr int compression_level = 1;

/// Where the head that both formats have in common ends: format, epoch, first seq, count, hash. decode_group_head has been over it.
std::size_t common_head_bytes(std::string_view row) {
  const char* const end = row.data() + row.size();
  const char* p = row.data() + 1;
  for (int i = 0; i < 3; ++i) {
    std::uint64_t ignored = 0;
    p = wire::get_varint(p, end, ignored);
  }
  return static_cast<std::size_t>(p - row.data()) + sizeof(hash256);
}

void put_varint(std::string& out, std::uint64_t v) {
  char bytes[10];
  out.append(bytes, static_cast<std::size_t>(wire::put_varint(bytes, v) - bytes));
}

template <auto Free> struct freed_by {
  template <class T> void operator()(T* p) const { Free(p); }
};

/// Keys that this thread has derived to read with, the latest used last. A log has as many salts as it was opened for writing, one stretch after the other.
class derived_keys {
 public:
  result<gcm*> find(std::uint32_t id, const key_salt& salt) {
    const auto now = keys_generation();
    if (generation_ != now) entries_.clear();
    generation_ = now;
    for (auto& e : entries_)
      if (e.id == id && e.salt == salt) return &e.cipher;
    auto ring = process_keys();
    if (!ring) return ring.error().within("the group is encrypted, and there are no keys to read it");
    const auto* key = (*ring)->find(id);
    if (key == nullptr)
      return error(errc::log_key, "the group is encrypted with key " + std::to_string(id) + ", and " +
                                      ((*ring)->empty() ? "this process has no keys: " + how_keys_are_given()
                                                        : "it is not among the " + std::to_string((*ring)->size()) + " that were given: add it to them"));
    constexpr std::size_t kept = 16;
    if (entries_.size() == kept) entries_.erase(entries_.begin());
    entries_.push_back({id, salt, gcm(*key, salt, purpose)});
    return &entries_.back().cipher;
  }

 private:
  struct entry {
    std::uint32_t id;
    key_salt salt;
    gcm cipher;
  };
  std::uint64_t generation_ = 0;
  std::vector<entry> entries_;
};

/// The events' bytes as they were before they were compressed, behind what `packed` has.
result<void> unpack(std::string_view plain, std::string& packed) {
  thread_local const std::unique_ptr<ZSTD_DCtx, freed_by<ZSTD_freeDCtx>> context(ZSTD_createDCtx());
  if (context == nullptr) return error(errc::log_io, "no memory to unpack a group with");
  const auto size = ZSTD_getFrameContentSize(plain.data(), plain.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > group_bytes_max) return damaged_group("its events cannot be unpacked");
  const auto before = packed.size();
  packed.resize(before + size);
  if (ZSTD_decompressDCtx(context.get(), packed.data() + before, size, plain.data(), plain.size()) != size)
    return damaged_group("its events cannot be unpacked");
  return {};
}

}  // namespace

result<encrypted_head> decode_encrypted_head(std::string_view body) {
  if (!is_encrypted(body)) return damaged_group("it is not encrypted");
  if (auto head = decode_group_head(body); !head) return head.error();
  const char* const end = body.data() + body.size();
  const char* p = body.data() + common_head_bytes(body);
  encrypted_head h;
  std::uint64_t at = 0, id = 0;
  if (p != nullptr) p = wire::get_varint(p, end, at);
  if (p != nullptr) p = wire::get_varint(p, end, id);
  if (p == nullptr || static_cast<std::size_t>(end - p) < salt_bytes + 1 + tag_bytes) return damaged_group("its head is cut short");
  if (id == 0 || id > UINT32_MAX) return damaged_group("key " + std::to_string(id) + " is none");
  h.first_at.ns = wire::unzigzag(at);
  h.key_id = static_cast<std::uint32_t>(id);
  std::memcpy(h.salt.data(), p, salt_bytes);
  p += salt_bytes;
  h.packing = static_cast<unsigned char>(*p++);
  h.plain_bytes = static_cast<std::size_t>(p - body.data());
  return h;
}

group_encryptor::group_encryptor(key_ring_ref keys, const key_salt& salt) : keys_(std::move(keys)), salt_(salt), cipher_(*keys_->newest(), salt, purpose) {}

result<group_encryptor> group_encryptor::with(key_ring_ref keys) {
  if (keys == nullptr || keys->empty()) return error(errc::log_key, "there are no keys to encrypt with: " + how_keys_are_given());
  auto salt = new_salt();
  if (!salt) return salt.error();
  return without_exceptions([&]() -> result<group_encryptor> { return group_encryptor(std::move(keys), *salt); });
}

result<void> group_encryptor::encrypt(std::string_view packed, std::string& out) {
  return without_exceptions([&] { return encrypt_packed(packed, out); });
}

result<void> group_encryptor::encrypt_packed(std::string_view packed, std::string& out) {
  thread_local const std::unique_ptr<ZSTD_CCtx, freed_by<ZSTD_freeCCtx>> context(ZSTD_createCCtx());
  auto head = decode_group_head(packed);
  if (!head) return head.error();
  auto first_at = decode_first_at(packed.substr(0, packed.size() - crc_bytes));
  if (!first_at) return first_at.error();
  // What was to be written and failed may be encrypted again, with other events: not under the same key and nonce.
  if (head->first_seq <= last_seq_) {
    auto salt = new_salt();
    if (!salt) return salt.error();
    // Both or neither: a cipher of another salt than the row says would make rows that nobody can read.
    cipher_ = gcm(*keys_->newest(), *salt, purpose);
    salt_ = *salt;
  }
  last_seq_ = head->first_seq;
  const auto head_bytes = common_head_bytes(packed);
  auto events = packed.substr(head_bytes, packed.size() - head_bytes - crc_bytes);
  auto packing = static_cast<unsigned char>(packed.front());
  if (context == nullptr) return error(errc::log_io, "no memory to compress a group with");
  compressed_.resize(ZSTD_compressBound(events.size()));
  const auto size = ZSTD_compressCCtx(context.get(), compressed_.data(), compressed_.size(), events.data(), events.size(), compression_level);
  if (ZSTD_isError(size) == 0 && size < events.size()) {
    events = std::string_view(compressed_).substr(0, size);
    packing |= compressed_flag;
  }
  out.clear();
  out += static_cast<char>(encrypted_group_format);
  out += packed.substr(1, head_bytes - 1);
  put_varint(out, wire::zigzag(first_at->ns));
  put_varint(out, key_id());
  out += bytes_of(salt_);
  out += static_cast<char>(packing);
  const auto authenticated = out.size();
  out.resize(authenticated + events.size() + tag_bytes);
  cipher_.encrypt(head->first_seq, std::string_view(out).substr(0, authenticated), events, out.data() + authenticated);
  put_number(out, crc32c(out));
  return {};
}

namespace {

result<void> decrypt(std::string_view row, std::string& packed) {
  if (row.size() < crc_bytes) return damaged_group(std::to_string(row.size()) + " bytes");
  const auto body = row.substr(0, row.size() - crc_bytes);
  const auto head = decode_encrypted_head(body);
  if (!head) return head.error();
  const auto first_seq = decode_group_head(body)->first_seq;
  thread_local derived_keys keys;
  auto cipher = keys.find(head->key_id, head->salt);
  if (!cipher) return cipher.error();
  const auto sealed = body.substr(head->plain_bytes);
  const auto head_bytes = common_head_bytes(body);
  const bool compressed = (head->packing & compressed_flag) != 0;
  const auto format = static_cast<unsigned char>(head->packing & ~compressed_flag);
  packed.assign(1, static_cast<char>(format));
  packed += body.substr(1, head_bytes - 1);
  thread_local std::string unpacked;
  unpacked.resize(compressed ? sealed.size() - tag_bytes : 0);
  if (!compressed) packed.resize(head_bytes + sealed.size() - tag_bytes);
  char* const plain = compressed ? unpacked.data() : packed.data() + head_bytes;
  if (!(*cipher)->decrypt(first_seq, body.substr(0, head->plain_bytes), sealed, plain))
    return error(errc::log_corrupt, "the group was not encrypted like this with key " + std::to_string(head->key_id) +
                                        " as it was given: it is another key than the log's, or somebody without the key wrote these bytes (their checksum "
                                        "matches, so the disk did not change them)");
  if (is_encrypted(packed)) return damaged_group("it is encrypted twice");
  if (compressed) TOMNEXT_TRY(unpack(unpacked, packed));
  if (packed.size() > group_bytes_max) return damaged_group(std::to_string(packed.size()) + " bytes");
  put_number(packed, crc32c(packed));
  return {};
}

}  // namespace

result<void> decrypt_group(std::string_view row, std::string& packed) {
  return without_exceptions([&] { return decrypt(row, packed); });
}

}  // namespace tomnext::persistence
