// From what actors did to what happened in sessions. A session may have events of several actors, who are
// visited in different processes: those are put together at the end.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "src/core/byte_codec.hpp"
#include "src/core/segment_scan.hpp"
#include "src/core/session_marks.hpp"

namespace productgraph::core {

struct SessionRow {
  Micros ts;
  EventValue value;
  std::uint32_t actor;  // its number among SessionRows::actors
};

// What happened in one session.
struct SessionRows {
  std::span<const SessionRow> rows;  // by time
  std::span<const std::string_view> actors;
  bool ambiguous_ties;  // as in ActorRows
  // Of sessions that are shown by Split: whether some of their actor's sessions are kept back, to be shown by
  // Finish.
  bool actor_has_more;
};

class SessionVisitor {
 public:
  virtual ~SessionVisitor() = default;
  // It has at least one row. `session` and what it points to is gone afterwards.
  virtual void VisitSession(const SessionRows& session) = 0;
};

// Memory: 32 bytes for each event of a session that may be repeated, and the names of their actors. Throws
// bad_alloc and what the visitor throws.
class SessionSplitter {
 public:
  // `repeated` has at least the sessions with events of several actors.
  SessionSplitter(MarkedSessions repeated, std::pmr::memory_resource* memory);

  // Shows the actor's sessions one after another, or keeps them for Finish when they may be repeated. The
  // actor's rows must tell their sessions.
  void Split(const ActorRows& actor, SessionVisitor* visitor);

  // What is kept, for Read of another process's splitter.
  void Write(std::pmr::vector<std::uint8_t>* bytes) const;
  void Read(ByteReader* reader);

  // Shows the sessions that were kept, each with all of its actors.
  void Finish(SessionVisitor* visitor);

 private:
  struct KeptRow {
    SessionId session;
    bool ambiguous;
    std::uint32_t actor;  // in names_
    EventValue value;
    Micros ts;
  };

  bool InOnePiece(std::span<const ScanRow> rows, std::size_t sessions);
  void Keep(const ActorRows& actor, std::span<const ScanRow> rows, const SessionId& session);

  const MarkedSessions repeated_;
  std::pmr::monotonic_buffer_resource texts_;
  std::pmr::vector<KeptRow> kept_;
  std::pmr::vector<std::string_view> names_;
  // While splitting.
  std::pmr::vector<ScanRow> grouped_;
  std::pmr::vector<SessionRow> rows_;
  std::pmr::vector<std::uint8_t> seen_;
};

}  // namespace productgraph::core
