// What is made of a log lies elsewhere: a copy within the log would become a part of it, and the log a part of its copy.
#pragma once
#include <string>

#include "domain/base/result.hpp"

namespace tomnext::persistence {

/// errc::invalid_argument where one of the two is the other or lies in it, by whatever names or links.
result<void> must_be_apart(const std::string& directory, const std::string& target);

}  // namespace tomnext::persistence
