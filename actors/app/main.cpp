#include <iostream>

#include "actors/app/commands.hpp"
#include "actors/app/tool.hpp"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  return tomnext::app::run_tool({argv + 1, argv + argc}, tomnext::app::all_commands(), std::cout, std::cerr);
}
