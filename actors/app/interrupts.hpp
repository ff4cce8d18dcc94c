// SIGINT and SIGTERM as a question that a long job asks now and then.
#pragma once
namespace tomnext::app {

/// While one lives, the first SIGINT or SIGTERM only sets a mark; the second ends the process as it always did. One at a time.
class interrupts {
 public:
  interrupts();
  ~interrupts();
  interrupts(const interrupts&) = delete;
  interrupts& operator=(const interrupts&) = delete;
  [[nodiscard]] bool requested() const;
};

}  // namespace tomnext::app
