#include "persistence/market_files/line_reader.hpp"

#include <zip.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>

#include "persistence/market_files/quote_reader.hpp"

namespace tomnext::persistence {
namespace {

constexpr std::size_t buffer_bytes = 256 << 10;
static_assert(buffer_bytes > 2 * line_bytes_max);

class gzip_source final : public byte_source {
 public:
  gzip_source(gzFile file, std::string path) : file_(file), path_(std::move(path)) {}
  gzip_source(const gzip_source&) = delete;
  gzip_source& operator=(const gzip_source&) = delete;
  ~gzip_source() override { ::gzclose(file_); }

  result<std::size_t> read(char* to, std::size_t size) override {
    const int n = ::gzread(file_, to, static_cast<unsigned>(size));
    int code = Z_OK;
    const char* text = ::gzerror(file_, &code);
    // A file cut short gives what there was, and only then Z_BUF_ERROR.
    if (code == Z_BUF_ERROR) return error(errc::file_truncated, path_ + ": the gzip data ends early: the file is incomplete; copy it again");
    if (code == Z_DATA_ERROR) return error(errc::file_truncated, path_ + ": the gzip data is damaged (" + text + "); copy the file again");
    if (n < 0) return error(errc::file_unreadable, path_ + ": " + (code == Z_ERRNO ? std::strerror(errno) : text));
    return static_cast<std::size_t>(n);
  }

 private:
  gzFile file_;
  std::string path_;
};

std::string zip_text(int code) {
  zip_error_t e;
  ::zip_error_init_with_code(&e, code);
  std::string text = ::zip_error_strerror(&e);
  ::zip_error_fini(&e);
  return text;
}

class zip_source final : public byte_source {
 public:
  zip_source(zip_t* archive, zip_file_t* file, std::string path) : archive_(archive), file_(file), path_(std::move(path)) {}
  zip_source(const zip_source&) = delete;
  zip_source& operator=(const zip_source&) = delete;
  ~zip_source() override {
    ::zip_fclose(file_);
    ::zip_discard(archive_);
  }

  result<std::size_t> read(char* to, std::size_t size) override {
    const auto n = ::zip_fread(file_, to, size);
    if (n < 0) return error(errc::file_truncated, path_ + ": the zip data is damaged (" + ::zip_file_strerror(file_) + "); copy the file again");
    return static_cast<std::size_t>(n);
  }

 private:
  zip_t* archive_;
  zip_file_t* file_;
  std::string path_;
};

bool ends_with(const std::string& s, std::string_view end) { return s.size() >= end.size() && s.compare(s.size() - end.size(), end.size(), end) == 0; }

}  // namespace

result<std::unique_ptr<byte_source>> open_plain_or_gzip(const std::string& path) {
  errno = 0;
  gzFile f = ::gzopen(path.c_str(), "rb");
  if (f == nullptr) return error(errc::file_unreadable, path + ": " + std::strerror(errno != 0 ? errno : ENOMEM));
  auto source = std::make_unique<gzip_source>(f, path);
  ::gzbuffer(f, static_cast<unsigned>(buffer_bytes));
  if (ends_with(path, ".gz") && ::gzdirect(f) != 0) return error(errc::file_truncated, path + ": is no gzip file, whatever its name says");
  return std::unique_ptr<byte_source>(std::move(source));
}

result<std::unique_ptr<byte_source>> open_zip(const std::string& path) {
  int code = 0;
  zip_t* archive = ::zip_open(path.c_str(), ZIP_RDONLY, &code);
  if (archive == nullptr) {
    const bool damaged = code == ZIP_ER_NOZIP || code == ZIP_ER_INCONS || code == ZIP_ER_EOF;
    return error(damaged ? errc::file_truncated : errc::file_unreadable,
                 path + ": " + zip_text(code) + (damaged ? ": the file is incomplete or no zip; copy it again" : ""));
  }
  auto refuse = [&](errc c, const std::string& why) {
    ::zip_discard(archive);
    return error(c, path + ": " + why);
  };
  const auto entries = ::zip_get_num_entries(archive, 0);
  if (entries != 1) return refuse(errc::unsupported_format, "holds " + std::to_string(entries) + " files; one CSV is expected");
  zip_stat_t about;
  if (::zip_stat_index(archive, 0, 0, &about) != 0) return refuse(errc::file_truncated, ::zip_strerror(archive));
  if ((about.valid & ZIP_STAT_SIZE) != 0 && about.size > file_bytes_max) return refuse(errc::unsupported_format, "is larger than 8 GiB decompressed");
  zip_file_t* file = ::zip_fopen_index(archive, 0, 0);
  if (file == nullptr) return refuse(errc::file_truncated, ::zip_strerror(archive));
  return std::unique_ptr<byte_source>(std::make_unique<zip_source>(archive, file, path));
}

line_reader::line_reader(std::unique_ptr<byte_source> bytes, std::string path)
    : bytes_(std::move(bytes)), path_(std::move(path)), buffer_(buffer_bytes, '\0') {}

result<void> line_reader::refill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  auto n = bytes_->read(buffer_.data() + end_, buffer_.size() - end_);
  if (!n) return n.error();
  at_end_ = *n == 0;
  end_ += *n;
  total_ += *n;
  if (total_ > file_bytes_max) return error(errc::unsupported_format, path_ + ": is larger than 8 GiB decompressed; split it");
  return {};
}

result<bool> line_reader::next(std::string_view& line) {
  for (;;) {
    const char* from = buffer_.data() + begin_;
    const std::size_t held = end_ - begin_;
    const auto* newline = held == 0 ? nullptr : static_cast<const char*>(std::memchr(from, '\n', held));
    if (newline == nullptr && !at_end_ && held <= line_bytes_max) {
      TOMNEXT_TRY(refill());
      continue;
    }
    if (newline == nullptr && held == 0) return false;
    ++line_;
    const std::size_t length = newline != nullptr ? static_cast<std::size_t>(newline - from) : held;
    if (length > line_bytes_max) return error(errc::malformed_line, place() + ": the line is longer than " + std::to_string(line_bytes_max) + " bytes");
    begin_ += length + (newline != nullptr ? 1 : 0);
    line = std::string_view(from, length > 0 && from[length - 1] == '\r' ? length - 1 : length);
    return true;
  }
}

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (char c : text.substr(0, 40)) out += c >= 0x20 && c < 0x7f ? c : '?';
  return out + (text.size() > 40 ? "…'" : "'");
}

}  // namespace tomnext::persistence
