#include "watchdog.hpp"

#include <utility>

namespace productgraph::sidecar {

Watchdog::Watchdog(const boost::asio::any_io_executor& executor, std::function<void()> on_expire)
    : timer_(executor), on_expire_(std::move(on_expire)) {}

void Watchdog::Arm(Clock::time_point deadline) {
  expired_ = false;
  armed_ = true;
  deadline_ = deadline;
  if (!waiting_ || deadline < timer_.expiry()) Wait();
}

void Watchdog::Disarm() {
  armed_ = false;
}

void Watchdog::Stop() {
  stopped_ = true;
  timer_.cancel();
}

void Watchdog::Wait() {
  waiting_ = true;
  timer_.expires_at(deadline_);  // cancels an earlier wait
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    auto self = weak.lock();
    if (self && !self->stopped_ && error != boost::asio::error::operation_aborted) self->OnTimer();
  });
}

void Watchdog::OnTimer() {
  waiting_ = false;
  if (!armed_) return;
  if (Clock::now() < deadline_) {
    Wait();
    return;
  }
  armed_ = false;
  expired_ = true;
  on_expire_();
}

}  // namespace productgraph::sidecar
