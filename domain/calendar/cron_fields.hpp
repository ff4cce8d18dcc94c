// The text of a cron expression, field by field.
#pragma once
#include "domain/calendar/cron.hpp"

namespace tomnext::calendar {

struct cron_reading {
  cron::fields values;
  bool periodic = false;  ///< hour or minute has `*` or a step
};

/// Every field within its range; whether any date matches all of them is not looked at.
result<cron_reading> read_cron(std::string_view text);

}  // namespace tomnext::calendar
