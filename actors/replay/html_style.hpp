// The look of a report: light and dark, on a phone and on paper.
#pragma once
#include <string_view>

namespace tomnext::replay::html {

std::string_view style_sheet();

}  // namespace tomnext::replay::html
