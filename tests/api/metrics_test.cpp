// The metrics text against a strict reader of the exposition format, version 0.0.4.
#include "actors/api/metrics.hpp"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>
#include <set>

#include "tests/support/catch.hpp"

using namespace tomnext;
using namespace tomnext::api;
using actors::actor_figures;

namespace {

struct sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value{};
};

struct scrape {
  std::map<std::string, std::string> help;
  std::map<std::string, std::string> type;
  std::vector<sample> samples;
  [[nodiscard]] std::optional<double> value(const std::string& name, const std::map<std::string, std::string>& labels) const {
    for (const auto& s : samples)
      if (s.name == name && s.labels == labels) return s.value;
    return std::nullopt;
  }
};

/// Reads the format and nothing else: throws nothing, returns what is wrong as text.
class strict_reader {
 public:
  explicit strict_reader(std::string_view text) : text_(text) {}

  std::string read(scrape& to) {
    std::string family;
    std::set<std::pair<std::string, std::map<std::string, std::string>>> seen;
    while (!text_.empty()) {
      const auto end = text_.find('\n');
      if (end == std::string_view::npos) return "the last line has no line feed";
      line_ = text_.substr(0, end);
      text_.remove_prefix(end + 1);
      if (take("# HELP ")) {
        family = name(":");
        if (family.empty() || !take(" ")) return "malformed HELP";
        const auto help = unescaped('\0');
        if (!help || !to.help.emplace(family, *help).second) return "malformed or second HELP of " + family;
      } else if (take("# TYPE ")) {
        const auto typed = name(":");
        if (typed != family || !take(" ")) return "TYPE does not follow its HELP";
        static const std::set<std::string_view> types{"gauge", "counter", "summary"};
        if (!types.contains(line_) || !to.type.emplace(typed, line_).second) return "malformed or second TYPE of " + typed;
      } else {
        sample s;
        s.name = name(":");
        if (s.name.empty() || s.name != family || !to.type.contains(s.name)) return "a sample outside its family: " + s.name;
        if (take("{") && !labels(s)) return "malformed labels of " + s.name;
        if (!take(" ") || !number(s.value)) return "malformed value of " + s.name;
        if (!seen.emplace(s.name, s.labels).second) return "a sample twice: " + s.name;
        to.samples.push_back(std::move(s));
      }
    }
    return "";
  }

 private:
  bool take(std::string_view prefix) {
    if (!line_.starts_with(prefix)) return false;
    line_.remove_prefix(prefix.size());
    return true;
  }
  std::string name(std::string_view extra) {
    std::size_t n = 0;
    const auto fits = [&](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || extra.find(c) != std::string_view::npos || (n > 0 && c >= '0' && c <= '9');
    };
    while (n < line_.size() && fits(line_[n])) ++n;
    std::string taken(line_.substr(0, n));
    line_.remove_prefix(n);
    return taken;
  }
  /// Up to the closing character; '\0': to the end of the line.
  std::optional<std::string> unescaped(char closing) {
    std::string out;
    while (!line_.empty()) {
      const char c = line_.front();
      line_.remove_prefix(1);
      if (c == closing) return out;
      if (c != '\\') {
        out += c;
        continue;
      }
      if (line_.empty()) return std::nullopt;
      const char escaped = line_.front();
      line_.remove_prefix(1);
      if (escaped == 'n') out += '\n';
      else if (escaped == '\\' || (escaped == '"' && closing == '"')) out += escaped;
      else return std::nullopt;
    }
    return closing == '\0' ? std::optional(out) : std::nullopt;
  }
  bool labels(sample& s) {
    do {
      const auto label = name("");
      if (label.empty() || !take("=\"")) return false;
      const auto value = unescaped('"');
      if (!value || !s.labels.emplace(label, *value).second) return false;
    } while (take(","));
    return take("}");
  }
  bool number(double& value) {
    if (line_ == "NaN") {
      value = std::numeric_limits<double>::quiet_NaN();
      return true;
    }
    if (line_ == "+Inf") {
      value = std::numeric_limits<double>::infinity();
      return true;
    }
    if (line_ == "-Inf") {
      value = -std::numeric_limits<double>::infinity();
      return true;
    }
    if (line_.empty() || line_.find_first_not_of("0123456789.e+-") != std::string_view::npos) return false;
    const std::string digits(line_);
    char* end = nullptr;
    value = std::strtod(digits.c_str(), &end);
    return end == digits.c_str() + digits.size();
  }

  std::string_view text_;
  std::string_view line_;
};

scrape read(const std::string& text) {
  scrape s;
  const auto wrong = strict_reader(text).read(s);
  INFO(text);
  CHECK(wrong == "");
  return s;
}

}  // namespace

TEST_CASE("the strict reader refuses what the format forbids") {
  for (const std::string bad : {"a 1\n", "# HELP a h\n# TYPE a gauge\na 1", "# HELP a h\n# TYPE a gauge\na{b=\"c} 1\n",
                                "# HELP a h\n# TYPE a gauge\na 1\na 2\n", "# HELP a h\n# TYPE b gauge\nb 1\n", "# HELP a h\n# TYPE a gauge\na{1b=\"c\"} 1\n",
                                "# HELP a h\n# TYPE a gauge\na x\n", "# HELP a \\q\n# TYPE a gauge\na 1\n", "# HELP a h\n# TYPE a gauge\n# HELP a h\n"}) {
    scrape s;
    CHECK(strict_reader(bad).read(s) != "");
  }
}

TEST_CASE("families stay together, with one HELP and one TYPE, in whatever order samples come") {
  metrics_text m;
  m.gauge("b", "second \\ help\nin two lines \"quoted\"", {{"x", "1"}}, 1);
  m.counter("a_total", "first", {}, 2);
  m.gauge("b", "ignored", {{"x", "2"}}, 3);
  m.counter("a_total", "first", {}, 4);
  const auto s = read(m.text());
  CHECK(s.help.at("b") == "second \\ help\nin two lines \"quoted\"");
  CHECK(s.type.at("a_total") == "counter");
  CHECK(s.value("b", {{"x", "1"}}) == 1.0);
  CHECK(s.value("b", {{"x", "2"}}) == 3.0);
  CHECK(s.value("a_total", {}) == 4.0);
  CHECK(s.samples.size() == 3);
  CHECK(metrics_text().text().empty());
}

TEST_CASE("label values survive whatever they hold; names and bytes that cannot be are replaced") {
  metrics_text m;
  const std::string hostile = "a\"b\\c\nd{e}=f,# HELP \\n é\r\t";
  m.gauge("g", "h", {{"hostile", hostile}, {"broken", "x\xff\xc3(y"}, {"", "empty"}, {"1st", "digit"}, {"a-b", "1"}, {"a.b", "2"}}, 1);
  m.gauge("9 lives\n", "h", {}, 1);
  m.gauge("", "h", {}, 1);
  const auto s = read(m.text());
  REQUIRE(s.samples.size() == 3);
  CHECK(s.samples[0].labels ==
        std::map<std::string, std::string>{
            {"hostile", hostile}, {"broken", "x\xEF\xBF\xBD\xEF\xBF\xBD(y"}, {"_", "empty"}, {"_1st", "digit"}, {"a_b", "1"}, {"a_b_", "2"}});
  CHECK(s.samples[1].name == "_9_lives_");
  CHECK(s.samples[2].name == "_");
}

TEST_CASE("values are written so that they read back as the same number") {
  metrics_text m;
  const std::vector<double> values{
      0, -0.0, 1, 0.1, 1e300, 5e-324, -123456789.125, 9007199254740993.0, std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()};
  for (std::size_t i = 0; i < values.size(); ++i) m.gauge("g", "h", {{"i", std::to_string(i)}}, values[i]);
  m.gauge("n", "h", {}, std::numeric_limits<double>::quiet_NaN());
  const auto s = read(m.text());
  for (std::size_t i = 0; i < values.size(); ++i) CHECK(s.value("g", {{"i", std::to_string(i)}}) == values[i]);
  CHECK(std::isnan(s.value("n", {}).value()));
}

TEST_CASE("actors show with all their figures, and two of one name do not hide one another") {
  actor_figures a{7, "risk_management/book", "host", "risk_management", "running", 3, 12, 1000, 2, 1, "boom", 15.5, 250.0, 60.25};
  actor_figures twin = a;
  twin.id = 8;
  twin.processed = 5;
  const auto s = read(actor_metrics({a, twin}));
  const std::map<std::string, std::string> who{{"actor", "risk_management/book"}, {"kind", "host"}};
  const auto with = [&](const char* label, const char* value) {
    auto l = who;
    l.emplace(label, value);
    return l;
  };
  CHECK(s.value("tomnext_actor_queue_depth", who) == 3.0);
  CHECK(s.value("tomnext_actor_queue_depth_max", who) == 12.0);
  CHECK(s.value("tomnext_actor_processed_total", who) == 1000.0);
  CHECK(s.value("tomnext_actor_errors_total", who) == 2.0);
  CHECK(s.value("tomnext_actor_restarts_total", who) == 1.0);
  CHECK(s.value("tomnext_actor_up_seconds", who) == 60.25);
  CHECK(s.value("tomnext_actor_state", with("state", "running")) == 1.0);
  CHECK(s.value("tomnext_actor_service_seconds", with("quantile", "0.5")) == 15.5 / 1e6);
  CHECK(s.value("tomnext_actor_service_seconds", with("quantile", "0.99")) == 250.0 / 1e6);
  CHECK(s.type.at("tomnext_actor_service_seconds") == "summary");
  CHECK(s.type.at("tomnext_actor_restarts_total") == "counter");
  CHECK(s.value("tomnext_actor_processed_total", {{"actor", "risk_management/book#8"}, {"kind", "host"}}) == 5.0);
  CHECK(actor_metrics({}).empty());
}
