// Numbers for the actors of sessions, so that distinct ones can be counted.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/core/byte_codec.hpp"
#include "src/core/session_splitter.hpp"

namespace productgraph::core {

// For a visitor of actors who splits them into sessions: actors come one after the other, so that only those
// with sessions that are shown by Finish have to be known by name. Memory: these names. Methods throw
// bad_alloc.
class ActorNumbers {
 public:
  // With by_session, sessions are the actors.
  ActorNumbers(bool by_session, std::pmr::memory_resource* memory);

  // Another actor is visited.
  void BeginActor();
  // Another session is, of that actor unless Finish shows it.
  void BeginSession(const SessionRows& session);
  // From now on sessions are shown by Finish.
  void BeginFinish() { is_finishing_ = true; }

  // Of the actor that is visited.
  std::uint32_t Current() const { return current_; }
  // Of the actor of a row of the session.
  std::uint32_t Of(const SessionRow& row) const {
    return by_session_ || !is_finishing_ ? current_ : kept_[row.actor];
  }
  // All numbers are below.
  std::uint32_t count() const { return count_; }

  void Write(std::pmr::vector<std::uint8_t>* bytes) const;
  // Takes over the numbers of another process, all of whose actors are others. Returns what is to be added to
  // each of them.
  std::uint32_t Read(ByteReader* reader);

 private:
  void Remember(std::string_view name, std::uint32_t number);
  std::uint32_t NumberOf(std::string_view name);

  const bool by_session_;
  std::pmr::monotonic_buffer_resource texts_;
  std::pmr::unordered_map<std::string_view, std::uint32_t> remembered_;  // who may be met again
  std::uint32_t count_ = 0;
  std::uint32_t current_ = 0;
  bool is_remembered_ = false;
  bool is_finishing_ = false;
  std::pmr::vector<std::uint32_t> kept_;  // by SessionRow::actor, of those that Finish shows
};

}  // namespace productgraph::core
