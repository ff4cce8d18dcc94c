// Threads say who they are: to `top -H`, a debugger, a core dump.
#pragma once
#include <pthread.h>

#include <cstddef>

namespace tomnext {

/// Names the calling thread. With its end, 16 bytes at most, which is what Linux keeps.
template <std::size_t N> void name_this_thread(const char (&name)[N]) {
  static_assert(N <= 16, "Linux would refuse a longer name");
  pthread_setname_np(pthread_self(), name);
}

}  // namespace tomnext
