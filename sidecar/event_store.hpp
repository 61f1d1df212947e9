#pragma once

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <string>

#include "byte_budget.hpp"
#include "ingest_request.hpp"

namespace productgraph::sidecar {

// Where sessions take events to. Of one thread.
class EventStore {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  virtual ~EventStore() = default;

  // Whether it is worth reading a body.
  virtual bool Healthy() const = 0;
  // share is what the request's body takes of the budget, and is given back with it.
  virtual boost::asio::awaitable<IngestResult> Ingest(IngestRequest request, BudgetShare share,
                                                      TimePoint deadline) = 0;
  // Asks the database. Empty when it takes events, else a reason fit for strangers.
  virtual boost::asio::awaitable<std::string> AskReady(TimePoint deadline) = 0;
};

}  // namespace productgraph::sidecar
