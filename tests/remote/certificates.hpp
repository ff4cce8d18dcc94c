// An authority of a test's own, and certificates from it: made anew for each test, on elliptic curves, since those of others take a second each.
#pragma once
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace tomnext::tests {

class authority {
 public:
  explicit authority(const std::string& name) : key_(new_key()), certificate_(made(name, key_.get(), nullptr, {})) {}

  /// What a certificate is for, and until when it counts.
  struct terms {
    std::string extended_usage = "serverAuth,clientAuth";
    long valid_from_s = -60, valid_to_s = 3'600;  ///< from now
    mode_t key_mode = 0600;
    std::string dns_name = {};  ///< empty: the name
    std::string subject = {};   ///< its common name, for people; empty: the name
  };
  /// FOLDER/NAME.pem and FOLDER/NAME.key.
  void issue(const std::string& folder, const std::string& name, terms t) const {
    if (t.dns_name.empty()) t.dns_name = name;
    const auto key = new_key();
    const auto certificate = made(t.subject.empty() ? name : t.subject, key.get(), this, t);
    write(folder + "/" + name + ".pem", 0644, [&](FILE* f) { return PEM_write_X509(f, certificate.get()); });
    write(folder + "/" + name + ".key", t.key_mode, [&](FILE* f) { return PEM_write_PrivateKey(f, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }
  void issue(const std::string& folder, const std::string& name) const { issue(folder, name, terms{}); }
  void write_certificate(const std::string& path) const {
    write(path, 0644, [&](FILE* f) { return PEM_write_X509(f, certificate_.get()); });
  }

 private:
  using key_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using certificate_ptr = std::unique_ptr<X509, decltype(&X509_free)>;

  static void must(bool good) {
    if (!good) throw std::runtime_error("a certificate cannot be made");
  }
  static key_ptr new_key() {
    key_ptr k(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    must(k != nullptr);
    return k;
  }
  template <class F> static void write(const std::string& path, mode_t mode, F contents) {
    FILE* f = std::fopen(path.c_str(), "we");
    must(f != nullptr);
    const bool written = contents(f) == 1;
    must(std::fclose(f) == 0 && written && ::chmod(path.c_str(), mode) == 0);
  }
  static void extend(X509* x, X509* issuer, int what, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, x, nullptr, nullptr, 0);
    X509_EXTENSION* e = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
    must(e != nullptr && X509_add_ext(x, e, -1) == 1);
    X509_EXTENSION_free(e);
  }
  static certificate_ptr made(const std::string& name, EVP_PKEY* key, const authority* by, const terms& t) {
    static long serial = 1;
    certificate_ptr x(X509_new(), &X509_free);
    must(x != nullptr && X509_set_version(x.get(), 2) == 1);
    ASN1_INTEGER_set(X509_get_serialNumber(x.get()), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x.get()), t.valid_from_s);
    X509_gmtime_adj(X509_getm_notAfter(x.get()), t.valid_to_s);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x.get()), "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509* const issuer = by != nullptr ? by->certificate_.get() : x.get();
    must(X509_set_issuer_name(x.get(), X509_get_subject_name(issuer)) == 1 && X509_set_pubkey(x.get(), key) == 1);
    extend(x.get(), issuer, NID_basic_constraints, by != nullptr ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (by != nullptr) {
      extend(x.get(), issuer, NID_ext_key_usage, t.extended_usage);
      extend(x.get(), issuer, NID_subject_alt_name, "DNS:" + t.dns_name);
    } else {
      extend(x.get(), issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
    }
    must(X509_sign(x.get(), by != nullptr ? by->key_.get() : key, EVP_sha256()) > 0);
    return x;
  }

  key_ptr key_;
  certificate_ptr certificate_;
};

}  // namespace tomnext::tests
