#include "productgraph/api_call.hpp"

#include <chrono>
#include <exception>

#include "productgraph/client.hpp"

namespace productgraph {
namespace {

constexpr int kOk = 200;
constexpr int kInternalServerError = 500;

}  // namespace

struct ApiCall::Call {
  Client& client;
  const Correlation correlation;
  Event event;
  const int exceptions = std::uncaught_exceptions();
  const std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  int status = 0;
};

ApiCall::ApiCall(Client& client, std::string_view method, std::string_view path) noexcept
    : ApiCall(client, method, path, CurrentCorrelation()) {}

ApiCall::ApiCall(Client& client, std::string_view method, std::string_view path,
                 const Correlation& correlation) noexcept {
  try {
    call_.reset(new Call{client, correlation,
                         std::move(Event("api.response").Set("api.method", method).Set("api.path", path))});
  } catch (...) {
    // no memory: the call is not tracked
  }
}

ApiCall::~ApiCall() {
  if (!call_) return;
  const std::chrono::duration<double, std::milli> duration =
      std::chrono::steady_clock::now() - call_->started;
  const bool is_thrown_through = std::uncaught_exceptions() > call_->exceptions;
  if (call_->status == 0) call_->status = is_thrown_through ? kInternalServerError : kOk;
  try {
    call_->event.Set("api.status_code", call_->status).Set("api.duration_ms", duration.count());
  } catch (...) {
    return;
  }
  call_->client.Track(std::move(call_->event), call_->correlation);
}

void ApiCall::SetStatus(int status) noexcept {
  if (call_) call_->status = status;
}

void ApiCall::Annotate(std::string_view key, Value value) noexcept {
  if (!call_) return;
  try {
    call_->event.Metadata(key, std::move(value));
  } catch (...) {
    // no memory: the event goes without it
  }
}

}  // namespace productgraph
