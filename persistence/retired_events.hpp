// Events as earlier versions had them: what their upcasters read (upcasters.hpp). A struct that is here stays: some log has its bytes.
// None is retired yet: every event type is of version 1.
#pragma once
#include "domain/events/event.hpp"
