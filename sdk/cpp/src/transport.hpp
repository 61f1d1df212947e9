// How requests reach the server.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace productgraph {

struct Answer {
  int status = 0;  // 0: there was no complete answer
  std::string body;
  std::chrono::milliseconds retry_after{0};
  std::string problem;  // why there was none
};

class Transport {
 public:
  virtual ~Transport() = default;

  // Posts a body and waits for the answer.
  virtual Answer Post(std::string_view body, bool is_gzip) = 0;
  // Ends the Post() of another thread, and all later ones, without an answer.
  virtual void Abort() noexcept = 0;
};

}  // namespace productgraph
