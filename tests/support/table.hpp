// Reference tables: text files, plain or gzip, as lines of fields.
#pragma once
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tomnext::tests {

/// The whole of a file, unpacked where it is gzip. Throws where it cannot be read to its end: a reference that is cut short must not pass.
inline std::string file_text(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error(path + " cannot be opened");
  std::string all, part(1 << 16, '\0');
  int got = 0;
  while ((got = gzread(file, part.data(), static_cast<unsigned>(part.size()))) > 0) all.append(part, 0, static_cast<std::size_t>(got));
  const int closed = gzclose(file);
  if (got < 0 || closed != Z_OK) throw std::runtime_error(path + " is damaged");
  return all;
}

/// Fields between separators; an empty text has one empty field.
inline std::vector<std::string> fields_of(std::string_view line, char separator) {
  std::vector<std::string> fields;
  for (;;) {
    const auto end = line.find(separator);
    fields.emplace_back(line.substr(0, end));
    if (end == std::string_view::npos) return fields;
    line.remove_prefix(end + 1);
  }
}

/// A table with a header line. Fields are read by the name of their column; a column that is not there throws.
struct table {
  std::map<std::string, std::size_t> columns;
  std::vector<std::vector<std::string>> rows;

  [[nodiscard]] std::size_t size() const { return rows.size(); }
  [[nodiscard]] const std::string& at(std::size_t row, const std::string& column) const { return rows.at(row).at(columns.at(column)); }
  [[nodiscard]] bool has(std::size_t row, const std::string& column) const { return !at(row, column).empty(); }
  /// Throws where the field is no number.
  [[nodiscard]] double number(std::size_t row, const std::string& column) const {
    std::string_view s = at(row, column);
    while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
    while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
    double value = 0;
    const auto read = std::from_chars(s.data(), s.data() + s.size(), value);
    if (read.ec != std::errc{} || read.ptr != s.data() + s.size()) throw std::runtime_error("'" + std::string(s) + "' in column " + column + " is no number");
    return value;
  }
};

inline table read_table(const std::string& path, char separator = ',') {
  const std::string text = file_text(path);
  table t;
  for (std::string_view rest = text; !rest.empty();) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    auto fields = fields_of(line, separator);
    if (t.columns.empty()) {
      for (std::size_t i = 0; i < fields.size(); ++i) t.columns.emplace(fields[i], i);
    } else {
      t.rows.push_back(std::move(fields));
    }
  }
  return t;
}

}  // namespace tomnext::tests
