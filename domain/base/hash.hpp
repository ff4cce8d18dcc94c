// XXH64, from its public specification (Y. Collet, "xxHash fast digest algorithm", 64-bit variant), streaming. Not for secrets.
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace tomnext {

class hasher64 {
 public:
  explicit hasher64(std::uint64_t seed = 0) : seed_(seed), lanes_{seed + prime1 + prime2, seed + prime2, seed, seed - prime1} {}

  void update(const void* data, std::size_t size) {
    if (size == 0) return;  // an empty view may have no address at all
    const auto* p = static_cast<const unsigned char*>(data);
    total_ += size;
    if (held_ + size < stripe) {
      std::memcpy(buffer_.data() + held_, p, size);
      held_ += size;
      return;
    }
    if (held_ > 0) {
      const std::size_t take = stripe - held_;
      std::memcpy(buffer_.data() + held_, p, take);
      consume(buffer_.data());
      p += take;
      size -= take;
      held_ = 0;
    }
    for (; size >= stripe; p += stripe, size -= stripe) consume(p);
    std::memcpy(buffer_.data(), p, size);
    held_ = size;
  }
  void update(std::string_view s) { update(s.data(), s.size()); }

  [[nodiscard]] std::uint64_t digest() const {
    std::uint64_t h = 0;
    if (total_ >= stripe) {
      h = std::rotl(lanes_[0], 1) + std::rotl(lanes_[1], 7) + std::rotl(lanes_[2], 12) + std::rotl(lanes_[3], 18);
      for (auto lane : lanes_) h = (h ^ round(0, lane)) * prime1 + prime4;
    } else {
      h = seed_ + prime5;
    }
    h += total_;
    const unsigned char* p = buffer_.data();
    std::size_t left = held_;
    for (; left >= 8; p += 8, left -= 8) h = std::rotl(h ^ round(0, read<std::uint64_t>(p)), 27) * prime1 + prime4;
    for (; left >= 4; p += 4, left -= 4) h = std::rotl(h ^ read<std::uint32_t>(p) * prime1, 23) * prime2 + prime3;
    for (; left > 0; ++p, --left) h = std::rotl(h ^ *p * prime5, 11) * prime1;
    h = (h ^ (h >> 33)) * prime2;
    h = (h ^ (h >> 29)) * prime3;
    return h ^ (h >> 32);
  }

 private:
  static constexpr std::size_t stripe = 32;
  static constexpr std::uint64_t prime1 = 0x9E3779B185EBCA87u, prime2 = 0xC2B2AE3D27D4EB4Fu, prime3 = 0x165667B19E3779F9u, prime4 = 0x85EBCA77C2B2AE63u,
                                 prime5 = 0x27D4EB2F165667C5u;
  template <class T> static std::uint64_t read(const unsigned char* p) {
    T v;
    std::memcpy(&v, p, sizeof v);
    return v;
  }
  static std::uint64_t round(std::uint64_t lane, std::uint64_t input) { return std::rotl(lane + input * prime2, 31) * prime1; }
  void consume(const unsigned char* p) {
    for (auto& lane : lanes_) {
      lane = round(lane, read<std::uint64_t>(p));
      p += 8;
    }
  }

  std::uint64_t seed_;
  std::array<std::uint64_t, 4> lanes_;
  std::array<unsigned char, stripe> buffer_{};
  std::size_t held_ = 0;
  std::uint64_t total_ = 0;
};

inline std::uint64_t hash64(std::string_view s) {
  hasher64 h;
  h.update(s);
  return h.digest();
}

}  // namespace tomnext
