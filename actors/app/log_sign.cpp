// tomnext log sign and keypair: the head of a log, signed, to be kept off the machine.
#include <fmt/format.h>

#include <memory>

#include "actors/app/command_log.hpp"
#include "persistence/checksum.hpp"
#include "persistence/files.hpp"
#include "persistence/signed_head.hpp"
#include "persistence/wall_time.hpp"

namespace tomnext::app {
namespace {

struct sign_arguments {
  std::string directory, key, out;
};

result<exit_code> sign(const sign_arguments& a, session& s) {
  auto head = persistence::head_to_sign(a.directory, persistence::wall_time());
  if (!head) return head.error();
  auto text = persistence::sign_head(*head, a.key);
  if (!text) return text.error();
  if (a.out.empty()) {
    s.out << *text;
    return exit_code::ok;
  }
  // A signed head is a witness: an older one is not replaced by that of a log which may have been rewritten since, and no other file by either.
  constexpr mode_t readable = 0644;
  auto written = persistence::write_new_durably(a.out, *text, readable);
  if (!written) return written.error().within("--out");
  const auto hash = persistence::to_hex(head->head.chain_hash);
  s.out << (s.json ? json_text({{"file", a.out}, {"seq", head->head.seq}, {"chain_hash", hash}}) + "\n"
                   : fmt::format("signed: event {}, {}\n  keep {} where nobody who can write the log can write it\n", head->head.seq, hash, a.out));
  return exit_code::ok;
}

action add_sign(CLI::App& app) {
  auto a = std::make_shared<sign_arguments>();
  app.add_option("DIR", a->directory, "directory of a log; its writer may be at work")->type_name("")->required();
  app.add_option("--key", a->key, "FILE with the private Ed25519 key (PEM, mode 0600)")->type_name("FILE")->required();
  app.add_option("--out", a->out, "FILE for the signed head, which must not exist yet; without it, it is printed")->type_name("FILE");
  return [a](session& s) { return sign(*a, s); };
}

action add_keypair(CLI::App& app) {
  auto file = std::make_shared<std::string>();
  app.add_option("FILE", *file, "for the private key; the public key goes to FILE.pub. Neither is overwritten")->type_name("")->required();
  return [file](session& s) -> result<exit_code> {
    TOMNEXT_TRY(persistence::make_key_pair(*file));
    s.out << (s.json ? json_text({{"private_key", *file}, {"public_key", *file + ".pub"}}) + "\n"
                     : fmt::format("private key: {} (keep it off the machine whose log it signs, where you can)\npublic key: {}.pub\n", *file, *file));
    return exit_code::ok;
  };
}

}  // namespace

command log_sign_command() {
  return {"sign", "signs the head of a log, to be kept off the machine", "tomnext log sign data/log --key head.pem --out head.json", add_sign};
}

command log_keypair_command() {
  return {"keypair", "makes an Ed25519 key pair for `log sign`, as `openssl genpkey -algorithm ed25519` does", "tomnext log keypair head.pem", add_keypair};
}

}  // namespace tomnext::app
