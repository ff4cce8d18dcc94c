#include "persistence/group_cipher.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <zstd.h>

#include <cstring>
#include <set>

#include "persistence/checksum.hpp"
#include "persistence/group_outline.hpp"
#include "persistence/wire.hpp"
#include "tests/persistence/given_keys.hpp"
#include "tests/persistence/random_event.hpp"
#include "tests/support/matchers.hpp"

using namespace tomnext;
using namespace tomnext::persistence;
using tests::given_keys, tests::key_line, tests::must;

namespace {

group random_group(tests::generator& g, std::uint64_t first) {
  group made;
  made.epoch = 1 + (g() >> g() % 64);
  for_each_event_type([&]<class E>() {
    if (g() % 5 == 0) made.events.push_back(tests::random_event<E>(g, first + made.events.size()));
  });
  if (made.events.empty()) made.events.push_back(tests::random_event<quote_accepted>(g, first));
  return made;
}

std::string packed(const group& g, const hash256& previous) {
  std::string bytes;
  encode_group(g, previous, bytes);
  return bytes;
}

std::string encrypted(const std::string& row) {
  auto encryptor = must(group_encryptor::with(must(process_keys())));
  std::string out;
  must(encryptor.encrypt(row, out));
  return out;
}

std::string quotes(std::uint64_t first, std::uint64_t count) { return packed(*tests::group_of(first, count, 3), sha256({"before"})); }

std::string with_checksum(std::string body) {
  const auto crc = crc32c(body);
  body.append(reinterpret_cast<const char*>(&crc), 4);
  return body;
}

std::string hmac(std::string_view key, const std::string& text) {
  unsigned char mac[32];
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, nullptr);
  return {reinterpret_cast<const char*>(mac), sizeof mac};
}

/// What the format's description says, done by hand: HKDF as two HMACs, and OpenSSL's cipher.
std::string events_of(std::string_view row, std::string_view key, std::uint64_t first_seq, std::size_t head_bytes) {
  const auto salt = row.substr(head_bytes - 17, 16);
  const auto derived = hmac(hmac(salt, std::string(key)), std::string("tomnext group") + '\x01');
  std::string nonce(4, '\0');
  for (int shift = 56; shift >= 0; shift -= 8) nonce += static_cast<char>(first_seq >> shift & 255);
  const auto sealed = row.substr(head_bytes, row.size() - head_bytes - 4);
  std::string plain(sealed.size() - 16, '\0');
  const auto* u = reinterpret_cast<const unsigned char*>(row.data());
  auto* c = EVP_CIPHER_CTX_new();
  int size = 0;
  std::string tag(sealed.substr(plain.size()));
  const bool right = EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), nullptr, reinterpret_cast<const unsigned char*>(derived.data()),
                                        reinterpret_cast<const unsigned char*>(nonce.data())) == 1 &&
                     EVP_DecryptUpdate(c, nullptr, &size, u, static_cast<int>(head_bytes)) == 1 &&
                     EVP_DecryptUpdate(c, reinterpret_cast<unsigned char*>(plain.data()), &size, u + head_bytes, static_cast<int>(plain.size())) == 1 &&
                     EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, 16, tag.data()) == 1 &&
                     EVP_DecryptFinal_ex(c, reinterpret_cast<unsigned char*>(plain.data()), &size) == 1;
  EVP_CIPHER_CTX_free(c);
  REQUIRE(right);
  return plain;
}

}  // namespace

TEST_CASE("an encrypted group is what its description says") {
  const given_keys keys(key_line(300, 9));
  const auto* key = must(process_keys())->newest();
  const std::string_view secret(reinterpret_cast<const char*>(key->secret.data()), key->secret.size());
  for (const std::uint64_t count : {1, 50}) {
    const auto plain = quotes(1'000, count);
    const auto row = encrypted(plain);
    // format, epoch 3, first seq 1000, count, hash: as in the packed group. Then the time 1 s, key 300, salt, packing.
    CHECK(row[0] == '\x03');
    const std::size_t common = 1 + 1 + 2 + 1 + 32;
    CHECK(row.substr(1, common - 1) == plain.substr(1, common - 1));
    CHECK(row.substr(common, 7) == std::string("\x80\xa8\xd6\xb9\x07\xac\x02", 7));
    const auto head = common + 5 + 2 + 16 + 1;
    const auto packing = static_cast<unsigned char>(row[head - 1]);
    CHECK(packing == (count == 1 ? plain[0] : plain[0] | 128));
    auto events = events_of(row, secret, 1'000, head);
    if ((packing & 128) != 0) {
      std::string unpacked(1 << 20, '\0');
      unpacked.resize(ZSTD_decompress(unpacked.data(), unpacked.size(), events.data(), events.size()));
      CHECK(events.size() < unpacked.size());
      events = unpacked;
    }
    CHECK(events == plain.substr(common, plain.size() - common - 4));
    CHECK(with_checksum(row.substr(0, row.size() - 4)) == row);
    std::string back;
    must(decrypt_group(row, back));
    CHECK(back == plain);
  }
}

TEST_CASE("any group comes back from its encrypted form, and its head without a key") {
  const given_keys keys;
  auto encryptor = must(group_encryptor::with(must(process_keys())));
  tests::generator g(4);
  std::string row;
  for (int i = 0; i < 1'000; ++i) {
    const std::uint64_t first = i % 10 == 0 ? std::numeric_limits<std::uint64_t>::max() - 1'000 : 1 + g() % 1'000'000;
    const auto made = random_group(g, first);
    const auto previous = sha256({std::to_string(i)});
    const auto plain = packed(made, previous);
    must(encryptor.encrypt(plain, row));
    const auto back = must(decode_group(row));
    REQUIRE(packed(*back.events, back.previous) == plain);
    given_keys::set("");
    const auto head = must(decode_group_head(row));
    REQUIRE((head.epoch == made.epoch && head.first_seq == first && head.count == made.events.size() && head.previous == previous));
    REQUIRE(must(decode_first_at(row.substr(0, row.size() - 4))) == made.events[0].head.at);
    const auto outline = must(outline_group(row, event_type_set().set()));
    REQUIRE((outline.first_seq == first && outline.last_seq == made.events.back().head.seq && outline.key_id == 1u && !outline.has_wanted));
    REQUIRE_FALSE(must(check_as_far_as_possible(row)).events);
    given_keys::set(key_line(1, 1));
    const auto checked = must(check_as_far_as_possible(row));
    REQUIRE((checked.events != nullptr && checked.outline.key_id == 1u));
  }
}

TEST_CASE("an encrypted group is refused wherever a byte is another, with its checksum made to match or not") {
  const given_keys keys;
  for (const std::uint64_t count : {1, 40}) {
    const auto row = encrypted(quotes(5, count));
    for (std::size_t i = 0; i < row.size(); ++i)
      for (const int flip : {1, 128}) {
        auto changed = row;
        changed[i] = static_cast<char>(changed[i] ^ flip);
        const auto damaged = decode_group(changed);
        REQUIRE_FALSE(damaged);
        REQUIRE((damaged.error().code == errc::log_corrupt || i == 0));
        REQUIRE_FALSE(outline_group(changed, {}));
        if (i >= row.size() - 4) continue;
        const auto forged = decode_group(with_checksum(changed.substr(0, changed.size() - 4)));
        INFO(i);
        REQUIRE_FALSE(forged);
      }
    for (std::size_t size = 0; size < row.size(); ++size) {
      REQUIRE_FALSE(decode_group(row.substr(0, size)));
      if (size + 4 < row.size()) REQUIRE_FALSE(decode_group(with_checksum(row.substr(0, size))));
    }
    REQUIRE_FALSE(decode_group(row + '\0'));
    REQUIRE_FALSE(decode_group(with_checksum(row.substr(0, row.size() - 4) + '\0')));
  }
}

TEST_CASE("a time in clear that is not the first event's is refused, whoever wrote it") {
  const given_keys keys;
  const auto row = encrypted(quotes(5, 1));
  const auto body = row.substr(0, row.size() - 4);
  const auto head = must(decode_encrypted_head(body));
  gcm cipher(*must(process_keys())->newest(), head.salt, "tomnext group");
  std::string plain(body.size() - head.plain_bytes - tag_bytes, '\0');
  REQUIRE(cipher.decrypt(5, std::string_view(body).substr(0, head.plain_bytes), std::string_view(body).substr(head.plain_bytes), plain.data()));
  // By somebody with the key: 5 ms are zigzag 10,000,000, whose first seven bits are here made others.
  auto other = body;
  other[36] = static_cast<char>(other[36] ^ 2);
  cipher.encrypt(5, std::string_view(other).substr(0, head.plain_bytes), plain, other.data() + head.plain_bytes);
  const auto r = decode_group(with_checksum(other));
  REQUIRE_FALSE(r);
  CHECK(r.error().message == "the group is damaged: the time of its first event stands beside it in clear, and differs");
}

TEST_CASE("the key that is missing, and the one that is another, are told apart from damage") {
  std::string row;
  {
    const given_keys keys(key_line(1, 1) + key_line(2, 2));
    row = encrypted(quotes(1, 10));
  }
  const auto told = [&](errc code) {
    const auto r = decode_group(row);
    REQUIRE_FALSE(r);
    CHECK(r.error().code == code);
    return r.error().message;
  };
  CHECK(told(errc::log_key) ==
        "the group is encrypted with key 2, and this process has no keys: name the file with the keys in the environment variable TOMNEXT_LOG_KEYS (or a "
        "command that prints them in TOMNEXT_LOG_KEYS_COMMAND)");
  const given_keys older(key_line(1, 1));
  CHECK(told(errc::log_key) == "the group is encrypted with key 2, and it is not among the 1 that were given: add it to them");
  given_keys::set(key_line(2, 3));
  CHECK(told(errc::log_corrupt).starts_with("the group was not encrypted like this with key 2 as it was given: it is another key"));
  // One that was given too late is used at once, whatever was derived before.
  given_keys::set(key_line(2, 2));
  REQUIRE(decode_group(row));
  given_keys::set(key_line(2, 3));
  REQUIRE_FALSE(decode_group(row));
}

TEST_CASE("a salt and a seq are used once, by one writer and by two") {
  const given_keys keys;
  std::set<std::string> used;
  const auto salt_of = [](const std::string& row) {
    const auto h = must(decode_encrypted_head(row.substr(0, row.size() - 4)));
    return std::string(bytes_of(h.salt));
  };
  std::string row;
  for (int writer = 0; writer < 3; ++writer) {
    auto encryptor = must(group_encryptor::with(must(process_keys())));
    // The group at 11 is encrypted twice: the first was never written.
    for (const std::uint64_t first : {1, 11, 11, 21, 21, 1}) {
      must(encryptor.encrypt(quotes(first, 10), row));
      CHECK(used.insert(salt_of(row) + std::to_string(first)).second);
      REQUIRE(decode_group(row));
    }
    must(encryptor.encrypt(quotes(11, 10), row));
    const auto before = salt_of(row);
    must(encryptor.encrypt(quotes(21, 10), row));
    CHECK(salt_of(row) == before);
  }
}

TEST_CASE("more salts than are kept are read all the same, to and fro") {
  const given_keys keys;
  std::vector<std::string> rows;
  for (std::uint64_t i = 0; i < 50; ++i) rows.push_back(encrypted(quotes(1 + i, 1)));
  for (int round = 0; round < 3; ++round)
    for (std::size_t i = 0; i < rows.size(); ++i) REQUIRE(decode_group(rows[round == 1 ? rows.size() - 1 - i : i]));
}

TEST_CASE("without keys nothing is encrypted") {
  const given_keys none("");
  const auto r = group_encryptor::with(must(process_keys()));
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::log_key);
}
