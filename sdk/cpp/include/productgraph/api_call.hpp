// Times the handling of a request.
#pragma once

#include <memory>
#include <string_view>

#include "productgraph/correlation.hpp"
#include "productgraph/value.hpp"
#include "productgraph/export.hpp"

namespace productgraph {

class Client;

// Tracks an api.response with method, path, status and duration when it goes out of scope. Without a status
// it is 200, or 500 when an exception passes. `path` should be the route ("/orders/{id}"), so that calls can
// be counted by it. The client must outlive it.
class PRODUCTGRAPH_API ApiCall {
 public:
  ApiCall(Client& client, std::string_view method, std::string_view path) noexcept;
  ApiCall(Client& client, std::string_view method, std::string_view path,
          const Correlation& correlation) noexcept;
  ~ApiCall();
  ApiCall(const ApiCall&) = delete;
  ApiCall& operator=(const ApiCall&) = delete;

  void SetStatus(int status) noexcept;
  // Adds to the event's metadata.
  void Annotate(std::string_view key, Value value) noexcept;

 private:
  struct Call;
  std::unique_ptr<Call> call_;  // null when there was no memory for it
};

}  // namespace productgraph
