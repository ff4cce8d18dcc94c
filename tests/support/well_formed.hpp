// A strict reader of a page that is written as XML: what a browser would forgive, it does not.
#pragma once
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tomnext::tests {

struct page_reading {
  std::optional<std::string> wrong;     ///< the first thing that is not well-formed, and where
  std::string text;                     ///< of all elements but style, entities resolved
  std::vector<std::string> elements;    ///< names in the order of their beginnings
  std::set<std::string> ids;            ///< each once
  std::vector<std::string> references;  ///< values of href and src
};

/// Elements closed in order, attributes quoted and each once, ids unique, no bare < or &, only the five entities of XML by name.
class page_reader {
 public:
  explicit page_reader(std::string_view page) : page_(page) {}
  page_reading read() {
    constexpr std::string_view doctype = "<!DOCTYPE html>";
    if (page_.substr(0, doctype.size()) != doctype) return fail("no doctype");
    at_ = doctype.size();
    while (at_ < page_.size() && !out_.wrong) {
      if (page_[at_] == '<') tag();
      else character();
    }
    if (!out_.wrong && !open_.empty()) fail("<" + open_.back() + "> is not closed");
    return std::move(out_);
  }

 private:
  page_reading fail(const std::string& what) {
    if (!out_.wrong) out_.wrong = what + " at byte " + std::to_string(at_) + ": " + std::string(page_.substr(at_ > 60 ? at_ - 60 : 0, 120));
    return out_;
  }
  static bool name_character(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == ':'; }
  std::string name() {
    const auto from = at_;
    while (at_ < page_.size() && name_character(page_[at_])) ++at_;
    return std::string(page_.substr(from, at_ - from));
  }
  void blanks() {
    while (at_ < page_.size() && (page_[at_] == ' ' || page_[at_] == '\n')) ++at_;
  }
  void character() {
    const bool styles = !open_.empty() && open_.back() == "style";
    if (open_.empty() && page_[at_] != '\n') return (void)fail("text outside of the page");
    if (page_[at_] == '&') {
      if (auto c = entity()) out_.text += *c;
      return;
    }
    if (static_cast<unsigned char>(page_[at_]) < 0x20 && page_[at_] != '\n' && page_[at_] != '\t') return (void)fail("a control character");
    if (!styles) out_.text += page_[at_];
    ++at_;
  }
  std::optional<std::string> entity() {
    for (const auto& [written, meant] : {std::pair{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}})
      if (page_.substr(at_, std::string_view(written).size()) == written) {
        at_ += std::string_view(written).size();
        return meant;
      }
    fail("a bare &");
    return std::nullopt;
  }
  void tag() {
    ++at_;
    if (page_.substr(at_, 1) == "/") {
      ++at_;
      const auto closed = name();
      if (open_.empty() || open_.back() != closed) return (void)fail("</" + closed + "> closes what is not open");
      open_.pop_back();
      if (page_.substr(at_, 1) != ">") return (void)fail("a closing tag with more in it");
      ++at_;
      return;
    }
    const auto opened = name();
    if (opened.empty()) return (void)fail("a bare <");
    out_.elements.push_back(opened);
    out_.text += ' ';
    std::set<std::string> seen;
    for (;;) {
      const auto before = at_;
      blanks();
      if (at_ >= page_.size()) return (void)fail("the page ends in a tag");
      if (page_[at_] == '>') {
        ++at_;
        open_.push_back(opened);
        return;
      }
      if (page_.substr(at_, 2) == "/>") {
        at_ += 2;
        return;
      }
      if (at_ == before) return (void)fail("no blank before an attribute");
      if (!attribute(seen)) return;
    }
  }
  bool attribute(std::set<std::string>& seen) {
    const auto called = name();
    if (called.empty() || page_.substr(at_, 2) != "=\"") return fail("an attribute without a quoted value"), false;
    if (!seen.insert(called).second) return fail("attribute " + called + " twice"), false;
    at_ += 2;
    std::string value;
    while (at_ < page_.size() && page_[at_] != '"') {
      if (page_[at_] == '<') return fail("a bare < in an attribute"), false;
      if (page_[at_] == '&') {
        const auto c = entity();
        if (!c) return false;
        value += *c;
      } else {
        value += page_[at_++];
      }
    }
    ++at_;
    if (called.substr(0, 2) == "on" || called == "style") return fail("attribute " + called), false;
    if (called == "id" && !out_.ids.insert(value).second) return fail("id " + value + " twice"), false;
    if (called == "href" || called == "src" || called == "data") out_.references.push_back(value);
    return true;
  }

  std::string_view page_;
  std::size_t at_ = 0;
  std::vector<std::string> open_;
  page_reading out_;
};

inline page_reading read_page(std::string_view page) { return page_reader(page).read(); }

}  // namespace tomnext::tests
