// NAME=VALUE: a field of an event's payload, and the value that it must have.
#pragma once
#include <string>

#include "domain/base/result.hpp"
#include "domain/events/event.hpp"

namespace tomnext::app {

class field_value {
 public:
  /// "side=buy". errc::invalid_argument where there is no '=', or no event has a field of that name.
  static result<field_value> parse(const std::string& text);
  /// True where the payload has the field, and its value is written so: in JSON, on the line for people, or without the quotation marks of either.
  [[nodiscard]] bool held_by(const event& e) const;

 private:
  std::string name_, value_, quoted_;
};

}  // namespace tomnext::app
