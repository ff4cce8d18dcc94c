// What tests ask of texts.
#pragma once
#include <string>

namespace tomnext::tests {

inline bool has_text(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace tomnext::tests
