// CRC-32C (Castagnoli, RFC 3720 appendix B.4) and SHA-256.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "domain/base/result.hpp"
#include "domain/base/text.hpp"

namespace tomnext::persistence {

/// `before`: the checksum of what came before, where it comes in pieces.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);
/// SHA-256 of the parts as if they were one.
hash256 sha256(std::initializer_list<std::string_view> parts);
inline std::string_view bytes_of(const hash256& h) { return {reinterpret_cast<const char*>(h.bytes.data()), h.bytes.size()}; }
/// Two lower-case hexadecimal digits a byte.
std::string to_hex(std::string_view bytes);
inline std::string to_hex(const hash256& h) { return to_hex(bytes_of(h)); }
result<hash256> parse_hash(std::string_view hex);

}  // namespace tomnext::persistence
