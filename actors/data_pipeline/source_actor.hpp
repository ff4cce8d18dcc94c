// Reads market files on a thread of its own and hands on judged quotes as inputs.
#pragma once
#include <memory>

#include "actors/protocols.hpp"
#include "actors/replay/quote_feed.hpp"

namespace tomnext::actors {

class quote_source_state {
 public:
  quote_source_state(source_protocol::pointer self, std::shared_ptr<const config::deployment> deployment) : self_(self), deployment_(std::move(deployment)) {}
  source_protocol::behavior_type behavior();

 private:
  result<quote_batch_ref> next(std::uint64_t after, std::uint64_t most);

  source_protocol::pointer self_;
  std::shared_ptr<const config::deployment> deployment_;
  std::unique_ptr<replay::quote_feed> feed_;
  std::uint64_t position_ = 0;  // of the last quote handed on
};

}  // namespace tomnext::actors
