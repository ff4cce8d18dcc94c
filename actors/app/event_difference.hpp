// Two events side by side: which fields differ.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "domain/events/event.hpp"

namespace tomnext::app {

struct field_difference {
  std::string field;
  std::string left;  ///< as JSON; "-" where there is no such field
  std::string right;
};

/// The fields of the payload, and of the envelope the type, cause and ordinal, that are not the same.
std::vector<field_difference> differing_fields(const event& left, const event& right);
/// True where type and payload are the same. Envelopes may differ: another run has other seqs.
bool same_payload(const event& left, const event& right);

/// For people: one line per differing field, then both events whole. The names stand for left and right.
std::string difference_text(const std::optional<event>& left, const std::string& left_name, const std::optional<event>& right, const std::string& right_name);

}  // namespace tomnext::app
