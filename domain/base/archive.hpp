// Archives of service states: one member `archive(a)` lists the fields; writer, reader and hasher are driven by it.
// Little-endian, fixed width, in order. Stored states carry a version beside them; a change of fields is a new version.
#pragma once
#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "domain/base/decimal.hpp"
#include "domain/base/hash.hpp"
#include "domain/base/money.hpp"
#include "domain/base/text.hpp"
#include "domain/base/time.hpp"

namespace tomnext {

namespace detail {
template <class T> struct sequence : std::false_type {};
template <class T> struct sequence<std::vector<T>> : std::true_type {};
template <class T> struct sequence<std::deque<T>> : std::true_type {};
template <class T> struct associative : std::false_type {};
template <class K, class V> struct associative<std::map<K, V>> : std::true_type {};
template <class K> struct associative<std::set<K>> : std::true_type {};
template <class T> struct optional_of : std::false_type {};
template <class T> struct optional_of<std::optional<T>> : std::true_type {};
template <class T> struct pair_of : std::false_type {};
template <class A, class B> struct pair_of<std::pair<A, B>> : std::true_type {};
template <class T> struct text_of : std::false_type {};
template <std::size_t N> struct text_of<bounded_text<N>> : std::true_type {};
template <class T> struct list_of : std::false_type {};
template <class T, std::size_t N> struct list_of<bounded_list<T, N>> : std::true_type {};
template <class T> struct array_of : std::false_type {};
template <class T, std::size_t N> struct array_of<std::array<T, N>> : std::true_type {};
template <class T> inline constexpr bool plain = std::is_arithmetic_v<T> || std::is_enum_v<T> || std::is_same_v<T, int128>;
}  // namespace detail

/// Sink: `void put(const void*, std::size_t)`. Writing visits without changing; the one const_cast lets archive() serve reading and writing.
template <class Sink> class output_archive {
 public:
  template <class... T> void operator()(const T&... fields) { (one(fields), ...); }

 private:
  template <class T> void one(const T& v) {
    if constexpr (detail::plain<T>) self().put(&v, sizeof v);
    else if constexpr (std::is_same_v<T, std::string>) text(v);
    else if constexpr (detail::text_of<T>::value) text(v.view());
    else if constexpr (detail::sequence<T>::value || detail::associative<T>::value || detail::list_of<T>::value) {
      one(static_cast<std::uint64_t>(v.size()));
      for (const auto& x : v) one(x);
    } else if constexpr (detail::array_of<T>::value) {
      for (const auto& x : v) one(x);
    } else if constexpr (detail::optional_of<T>::value) {
      one(v.has_value());
      if (v) one(*v);
    } else if constexpr (detail::pair_of<T>::value) {
      one(v.first);
      one(v.second);
    } else if constexpr (requires { v.value; }) one(v.value);
    else if constexpr (requires { v.ns; }) one(v.ns);
    else if constexpr (requires { v.days; }) one(v.days);
    else if constexpr (requires { v.code; }) one(v.code);
    else if constexpr (std::is_same_v<T, hash256>) one(v.bytes);
    else const_cast<T&>(v).archive(self());
  }
  void text(std::string_view s) {
    one(static_cast<std::uint64_t>(s.size()));
    self().put(s.data(), s.size());
  }
  Sink& self() { return static_cast<Sink&>(*this); }
};

class state_writer : public output_archive<state_writer> {
 public:
  void put(const void* data, std::size_t size) { bytes_.append(static_cast<const char*>(data), size); }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

class state_hasher : public output_archive<state_hasher> {
 public:
  void put(const void* data, std::size_t size) { hasher_.update(data, size); }
  [[nodiscard]] std::uint64_t digest() const { return hasher_.digest(); }

 private:
  hasher64 hasher_;
};

/// Reads what state_writer wrote. Never beyond the end; any failure is kept and everything after it is left as it was.
class state_reader {
 public:
  explicit state_reader(std::string_view bytes) : bytes_(bytes) {}
  template <class... T> void operator()(T&... fields) { (one(fields), ...); }
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool at_end() const { return bytes_.empty(); }

 private:
  bool get(void* to, std::size_t size) {
    if (failed_ || bytes_.size() < size) {
      failed_ = true;
      return false;
    }
    if (size == 0) return true;  // nothing has no address
    std::memcpy(to, bytes_.data(), size);
    bytes_.remove_prefix(size);
    return true;
  }
  // A count of elements of at least one byte each cannot exceed what is left: a damaged count allocates nothing.
  std::uint64_t count() {
    std::uint64_t n = 0;
    if (!get(&n, sizeof n)) return 0;
    if (n > bytes_.size()) failed_ = true;
    return failed_ ? 0 : n;
  }
  template <class T> void one(T& v) {
    if (failed_) return;
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t b = 0;
      if (get(&b, 1)) {
        v = b != 0;
        failed_ = b > 1;
      }
    } else if constexpr (detail::plain<T>) {
      get(&v, sizeof v);
    } else if constexpr (std::is_same_v<T, std::string>) {
      v.resize(count());
      get(v.data(), v.size());
    } else if constexpr (detail::text_of<T>::value) {
      const auto n = count();
      if (failed_ || !v.assign(bytes_.substr(0, n))) {
        failed_ = true;
        return;
      }
      bytes_.remove_prefix(n);
    } else if constexpr (detail::sequence<T>::value) {
      v.clear();
      for (auto n = count(); n > 0 && !failed_; --n) one(v.emplace_back());
    } else if constexpr (detail::list_of<T>::value) {
      v.clear();
      for (auto n = count(); n > 0 && !failed_; --n) {
        typename T::value_type x{};
        one(x);
        if (!v.push_back(x)) failed_ = true;
      }
    } else if constexpr (detail::associative<T>::value) {
      associative(v);
    } else if constexpr (detail::array_of<T>::value) {
      for (auto& x : v) one(x);
    } else if constexpr (detail::optional_of<T>::value) {
      bool there = false;
      one(there);
      v.reset();
      if (there) one(v.emplace());
    } else if constexpr (detail::pair_of<T>::value) {
      one(v.first);
      one(v.second);
    } else if constexpr (requires { v.value; }) one(v.value);
    else if constexpr (requires { v.ns; }) one(v.ns);
    else if constexpr (requires { v.days; }) one(v.days);
    else if constexpr (requires { v.code; }) one(v.code);
    else if constexpr (std::is_same_v<T, hash256>) one(v.bytes);
    else v.archive(*this);
  }
  template <class K, class V> void associative(std::map<K, V>& m) {
    m.clear();
    for (auto n = count(); n > 0 && !failed_; --n) {
      K key{};
      one(key);
      V value{};
      one(value);
      // state_writer writes keys in their order, each once: others are damage that would otherwise shrink the map in silence.
      if (!m.empty() && !(m.rbegin()->first < key)) failed_ = true;
      m.emplace_hint(m.end(), std::move(key), std::move(value));
    }
  }
  template <class K> void associative(std::set<K>& s) {
    s.clear();
    for (auto n = count(); n > 0 && !failed_; --n) {
      K key{};
      one(key);
      if (!s.empty() && !(*s.rbegin() < key)) failed_ = true;
      s.emplace_hint(s.end(), std::move(key));
    }
  }

  std::string_view bytes_;
  bool failed_ = false;
};

}  // namespace tomnext
