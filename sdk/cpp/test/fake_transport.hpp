// A server for tests of the delivery: plays back answers and notes what it was sent.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "transport.hpp"

namespace productgraph {

struct FakeServer {
  // The answer to request `number` (from 0) with this body, which may be gzip. Called on the delivery's
  // thread.
  std::function<Answer(int number, const std::string& body)> answer = [](int, const std::string&) {
    return Answer{202, "", {}, ""};
  };

  void Note(std::string body) {
    const std::lock_guard lock(mutex);
    bodies.push_back(std::move(body));
    changed.notify_all();
  }
  void AwaitRequests(std::size_t count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return bodies.size() >= count; });
  }
  std::vector<std::string> Bodies() {
    const std::lock_guard lock(mutex);
    return bodies;
  }
  void AwaitAbort() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return is_aborted; });
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> bodies;
  bool is_aborted = false;
};

// The server must outlive it.
class FakeTransport : public Transport {
 public:
  explicit FakeTransport(FakeServer* server) : server_(*server) {}

  Answer Post(std::string_view body, bool) override {
    server_.Note(std::string(body));
    return server_.answer(requests_++, std::string(body));
  }
  void Abort() noexcept override {
    const std::lock_guard lock(server_.mutex);
    server_.is_aborted = true;
    server_.changed.notify_all();
  }

 private:
  FakeServer& server_;
  int requests_ = 0;
};

}  // namespace productgraph
