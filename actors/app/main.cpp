#include <csignal>
#include <iostream>

#include "actors/app/commands.hpp"
#include "actors/app/tool.hpp"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  // A file that may not grow and a reader that has gone are errors of a call, told like any other.
  std::signal(SIGXFSZ, SIG_IGN);
  return tomnext::app::run_tool({argv + 1, argv + argc}, tomnext::app::all_commands(), std::cout, std::cerr);
}
