#include "actors/app/pattern.hpp"

#include <algorithm>
#include <optional>

namespace tomnext::app {
namespace {

constexpr std::size_t nesting_max = 64;
constexpr std::string_view allowed = "; allowed are literals . [a-z] ( ) | * + ? {2,5} ^ $ \\d \\w \\s";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char other_case(char c) { return is_letter(c) ? static_cast<char>(c ^ 0x20) : c; }

template <class Wanted> pattern::symbol_class bytes_where(Wanted wanted) {
  pattern::symbol_class c;
  for (std::size_t b = 0; b < 256; ++b)
    if (wanted(static_cast<char>(b))) c.set(b);
  return c;
}
pattern::symbol_class any_byte() {
  return bytes_where([](char) { return true; });
}
pattern::symbol_class only(std::size_t symbol) { return pattern::symbol_class().set(symbol); }

/// \d and its like.
std::optional<pattern::symbol_class> named_class(char c) {
  switch (c) {
    case 'd': return bytes_where(is_digit);
    case 'w': return bytes_where([](char b) { return is_digit(b) || is_letter(b) || b == '_'; });
    case 's': return bytes_where([](char b) { return b == ' ' || (b >= '\t' && b <= '\r'); });
    case 'D':
    case 'W':
    case 'S': return any_byte() & ~*named_class(static_cast<char>(c | 0x20));
    default: return std::nullopt;
  }
}

/// What a part of the pattern says of the positions within it.
struct part {
  bool may_be_empty = true;
  pattern::positions first, last;
};

struct bounds {
  std::size_t least, most;
  bool endless;
};

}  // namespace

/// Glushkov's construction: each literal of the pattern is one position, and what may follow on what is known when the pattern has been read once.
class pattern_parser {
 public:
  pattern_parser(std::string_view text, letter_case letters, pattern& to) : text_(text), letters_(letters), to_(to) {}

  result<void> parse() {
    auto whole = alternatives();
    if (!whole) return whole.error();
    if (at_ < text_.size()) return wrong("a ')' that nothing opens");
    to_.matches_nothing_ = whole->may_be_empty;
    to_.first_ = whole->first;
    to_.last_ = whole->last;
    for (std::size_t s = 0; s < pattern::symbols; ++s) to_.begins_[s] = (to_.at_[s] & to_.first_).any();
    return {};
  }

 private:
  [[nodiscard]] bool more() const { return at_ < text_.size(); }
  [[nodiscard]] char peek() const { return text_[at_]; }
  [[nodiscard]] error wrong(const std::string& what) const {
    return {errc::invalid_argument,
            "the pattern '" + std::string(text_) + "' has, at character " + std::to_string(at_ + 1) + ", " + what + std::string(allowed)};
  }

  result<part> alternatives() {
    auto all = sequence();
    while (all && more() && peek() == '|') {
      ++at_;
      auto other = sequence();
      if (!other) return other;
      all->may_be_empty = all->may_be_empty || other->may_be_empty;
      all->first |= other->first;
      all->last |= other->last;
    }
    return all;
  }

  result<part> sequence() {
    part all;
    const auto began = at_;
    while (more() && peek() != '|' && peek() != ')') {
      auto next = repeated();
      if (!next) return next;
      all = joined(all, *next);
    }
    if (at_ == began) return wrong("nothing, where something to look for must stand");
    return all;
  }

  part joined(const part& a, const part& b) {
    connect(a.last, b.first);
    return {a.may_be_empty && b.may_be_empty, a.may_be_empty ? a.first | b.first : a.first, b.may_be_empty ? a.last | b.last : b.last};
  }
  void connect(const pattern::positions& from, const pattern::positions& to) {
    for (std::size_t p = 0; p < to_.follow_.size(); ++p)
      if (from[p]) to_.follow_[p] |= to;
  }

  /// An atom and how often it comes. Each further copy is read from the text again, so that it gets positions of its own.
  result<part> repeated() {
    const auto begin = at_;
    auto one = atom();
    if (!one) return one;
    const auto behind_atom = at_;
    auto times = repetition();
    if (!times) return times.error();
    if (more() && (peek() == '*' || peek() == '+' || peek() == '?' || peek() == '{')) return wrong("a repetition of a repetition");
    const auto end = at_;
    if (times->least == 0) one->may_be_empty = true;
    if (times->endless && times->most == 1) connect(one->last, one->first);
    part all = *one;
    for (std::size_t copy = 2; copy <= times->most; ++copy) {
      at_ = begin;
      auto further = atom();
      if (!further) return further;
      at_ = behind_atom;
      if (copy > times->least) further->may_be_empty = true;
      if (times->endless && copy == times->most) connect(further->last, further->first);
      all = joined(all, *further);
    }
    at_ = end;
    return all;
  }

  result<bounds> repetition() {
    if (!more()) return bounds{1, 1, false};
    switch (peek()) {
      case '*': ++at_; return bounds{0, 1, true};
      case '+': ++at_; return bounds{1, 1, true};
      case '?': ++at_; return bounds{0, 1, false};
      case '{': return counted();
      default: return bounds{1, 1, false};
    }
  }
  /// "{2}", "{2,}", "{2,5}".
  result<bounds> counted() {
    ++at_;
    const auto least = number();
    auto most = least;
    bool endless = false;
    if (least && more() && peek() == ',') {
      ++at_;
      endless = more() && peek() == '}';
      most = endless ? std::max<std::size_t>(*least, 1) : number();
    }
    if (!least || !most || !more() || peek() != '}') return wrong("a repetition that is none of {2}, {2,}, {2,5}");
    if (*most < *least || *most == 0) return wrong("a repetition whose bounds are the wrong way round or zero");
    ++at_;
    return bounds{*least, *most, endless};
  }
  std::optional<std::size_t> number() {
    std::size_t n = 0;
    const auto began = at_;
    for (; more() && is_digit(peek()) && at_ - began < 4; ++at_) n = n * 10 + static_cast<std::size_t>(peek() - '0');
    if (at_ == began) return std::nullopt;
    return n;
  }

  result<part> atom() {
    const char c = peek();
    if (c == '(') return group();
    if (c == '*' || c == '+' || c == '?' || c == '{') return wrong(std::string("a '") + c + "' with nothing before it to repeat");
    ++at_;
    if (c == '.') return position(any_byte());
    if (c == '^') return position(only(pattern::line_begin));
    if (c == '$') return position(only(pattern::line_end));
    if (c == '[') return brackets();
    if (c != '\\') return position(literal(c));
    auto escaped = escape();
    if (!escaped) return escaped.error();
    return position(*escaped);
  }

  result<part> group() {
    ++at_;
    if (more() && peek() == '?') return wrong("a '(?' form, which is not supported");
    if (++nested_ > nesting_max) return wrong("more than " + std::to_string(nesting_max) + " parentheses within each other");
    auto inner = alternatives();
    --nested_;
    if (!inner) return inner;
    if (!more()) return wrong("its end, where a ')' is missing");
    ++at_;
    return inner;
  }

  /// Behind a backslash.
  result<pattern::symbol_class> escape() {
    if (!more()) return wrong("a '\\' with nothing behind it");
    const char c = peek();
    auto named = named_class(c);
    if (!named && c == 't') named = only('\t');
    if (!named && (is_digit(c) || is_letter(c))) return wrong(std::string("'\\") + c + "', which is not supported");
    ++at_;
    return named ? *named : literal(c);
  }

  /// Behind a '['.
  result<part> brackets() {
    const bool negated = more() && peek() == '^';
    if (negated) ++at_;
    pattern::symbol_class taken;
    for (bool first = true; more() && (peek() != ']' || first); first = false) {
      auto element = bracket_element();
      if (!element) return element.error();
      taken |= *element;
    }
    if (!more()) return wrong("its end, where a ']' is missing");
    ++at_;
    return position(negated ? any_byte() & ~taken : taken);
  }
  result<pattern::symbol_class> bracket_element() {
    const char low = text_[at_++];
    if (low == '\\') return escape();
    if (static_cast<unsigned char>(low) >= 0x80) return wrong("a character beyond ASCII between brackets");
    if (low == '[' && more() && (peek() == ':' || peek() == '.' || peek() == '=')) return wrong("a named class; use \\d, \\w, \\s");
    if (at_ + 1 >= text_.size() || peek() != '-' || text_[at_ + 1] == ']') return literal(low);
    const char high = text_[at_ + 1];
    if (static_cast<unsigned char>(high) >= 0x80 || high == '\\' || high < low) return wrong("a range that does not ascend");
    at_ += 2;
    pattern::symbol_class range;
    for (char c = low;; ++c) {
      range |= literal(c);
      if (c == high) return range;
    }
  }

  [[nodiscard]] pattern::symbol_class literal(char c) const {
    auto s = only(static_cast<unsigned char>(c));
    if (letters_ == letter_case::ignored) s |= only(static_cast<unsigned char>(other_case(c)));
    return s;
  }
  result<part> position(const pattern::symbol_class& taken) {
    const auto p = to_.follow_.size();
    if (p == pattern::positions_max) return wrong("more than " + std::to_string(pattern::positions_max) + " places, repetitions counted");
    to_.follow_.emplace_back();
    for (std::size_t s = 0; s < pattern::symbols; ++s)
      if (taken[s]) to_.at_[s].set(p);
    const auto here = pattern::positions().set(p);
    return part{false, here, here};
  }

  std::string_view text_;
  letter_case letters_;
  pattern& to_;
  std::size_t at_ = 0, nested_ = 0;
};

result<pattern> pattern::compile(std::string_view text, letter_case letters) {
  if (text.empty()) return error(errc::invalid_argument, "the pattern is empty");
  if (text.size() > bytes_max)
    return error(errc::invalid_argument, "a pattern has at most " + std::to_string(bytes_max) + " bytes, this one " + std::to_string(text.size()));
  pattern made;
  made.at_.resize(symbols);
  TOMNEXT_TRY(pattern_parser(text, letters, made).parse());
  return made;
}

bool pattern::found_in(std::string_view line) const {
  if (matches_nothing_) return true;
  const auto& begin = at_[line_begin];
  const auto& end = at_[line_end];
  positions reachable;
  if (stand_at(line.empty() ? begin | end : begin, reachable)) return true;
  for (const char c : line)
    if (step(static_cast<unsigned char>(c), reachable)) return true;
  return stand_at(end, reachable);
}

bool pattern::step(std::size_t symbol, positions& reachable) const {
  // Most bytes of a line begin no match and go on with none.
  if (!begins_[symbol] && reachable.none()) return false;
  const auto here = (reachable | first_) & at_[symbol];
  reachable = behind(here);
  return (here & last_).any();
}

bool pattern::stand_at(const positions& anchors, positions& reachable) const {
  positions passed;
  for (;;) {
    const auto here = (reachable | first_) & anchors & ~passed;
    if (here.none()) return false;
    if ((here & last_).any()) return true;
    passed |= here;
    reachable |= behind(here);
  }
}

pattern::positions pattern::behind(const positions& here) const {
  positions next;
  if (here.none()) return next;
  for (std::size_t p = 0; p < follow_.size(); ++p)
    if (here[p]) next |= follow_[p];
  return next;
}

}  // namespace tomnext::app
