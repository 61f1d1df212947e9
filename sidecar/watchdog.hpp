#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <memory>

namespace productgraph::sidecar {

using Clock = std::chrono::steady_clock;

// One deadline for whatever a coroutine is waiting for: when it passes, on_expire runs once (it cancels the
// socket). Beast's own timeout closes the socket, which would leave no way to answer 408. Moving the deadline
// later costs no timer operation. Belongs to one thread.
class Watchdog : public std::enable_shared_from_this<Watchdog> {
 public:
  Watchdog(const boost::asio::any_io_executor& executor, std::function<void()> on_expire);

  void Arm(Clock::time_point deadline);
  void Disarm();
  // Nothing runs after this; on_expire may point to what is about to be destroyed.
  void Stop();
  bool Expired() const { return expired_; }

 private:
  void Wait();
  void OnTimer();

  boost::asio::steady_timer timer_;
  std::function<void()> on_expire_;
  Clock::time_point deadline_ = Clock::time_point::max();
  bool armed_ = false;
  bool waiting_ = false;
  bool expired_ = false;
  bool stopped_ = false;
};

}  // namespace productgraph::sidecar
