#include "src/core/segment_reader.hpp"

#include "src/core/error.hpp"
#include "src/core/uuid_text.hpp"
#include "src/core/varint.hpp"

namespace productgraph::core {
namespace {

[[noreturn]] void ThrowCorrupted(const char* what) {
  throw Error(ErrorCode::kCorruptedSegment, what);
}

}  // namespace

std::span<const SessionId> ReadSessions(std::span<const std::uint8_t> bytes) {
  SessionBlockHeader header;
  if (bytes.size() < sizeof(header)) ThrowCorrupted("its sessions are truncated");
  std::memcpy(&header, bytes.data(), sizeof(header));
  const std::span<const std::uint8_t> ids = bytes.subspan(sizeof(header));
  if (header.version != kSegmentVersion) ThrowCorrupted("its sessions are of an unknown version");
  if (ids.size() != std::size_t{header.sessions} * sizeof(SessionId))
    ThrowCorrupted("its sessions are not as many as their header says");
  if (header.checksum != SessionsChecksum(ids)) ThrowCorrupted("the checksum of its sessions is wrong");
  return {reinterpret_cast<const SessionId*>(ids.data()), header.sessions};
}

SegmentReader::SegmentReader(std::span<const std::uint8_t> content, std::span<const std::uint8_t> sessions,
                             std::pmr::memory_resource* memory)
    : aligned_kinds_(memory), runs_(memory) {
  if (content.size() < sizeof(header_)) ThrowCorrupted("it is truncated");
  std::memcpy(&header_, content.data(), sizeof(header_));
  if (header_.version != kSegmentVersion) ThrowCorrupted("it is of an unknown version");
  if (header_.unit > static_cast<int>(TimeUnit::kSecond) || header_.kinds > kMaxKinds ||
      header_.kind_bytes != (header_.kinds > 256 ? 2 : 1) || header_.events > kMaxSegmentEvents ||
      header_.first_time < -kMaxPackedTime || header_.last_time > kMaxPackedTime ||
      header_.first_time > header_.last_time || header_.delta_bytes < kDeltaPadding)
    ThrowCorrupted("its header makes no sense");
  const std::size_t kind_table = std::size_t{header_.kinds} * sizeof(std::uint16_t);
  const std::size_t event_kinds = std::size_t{header_.events} * header_.kind_bytes;
  const std::span<const std::uint8_t> body = content.subspan(sizeof(header_));
  if (header_.delta_bytes > body.size() ||
      body.size() != kind_table + header_.directory_bytes + event_kinds + header_.delta_bytes)
    ThrowCorrupted("its size is not what the header says");
  if (header_.checksum != SegmentChecksum(header_, body)) ThrowCorrupted("its checksum is wrong");

  aligned_kinds_.resize(header_.kinds);
  if (kind_table > 0) std::memcpy(aligned_kinds_.data(), body.data(), kind_table);
  kinds_ = aligned_kinds_;
  at_ = body.data() + kind_table;
  end_ = at_ + header_.directory_bytes;
  event_kinds_ = end_;
  deltas_ = event_kinds_ + event_kinds;
  delta_bits_ = (header_.delta_bytes - kDeltaPadding) * 8;
  unit_ = UnitMicros(static_cast<TimeUnit>(header_.unit));
  max_width_ = static_cast<std::uint32_t>(
      std::bit_width(static_cast<std::uint64_t>(header_.last_time - header_.first_time) / unit_));
  if (max_width_ > kMaxDeltaBits) ThrowCorrupted("its events lie too far apart in time");
  const Micros rest = header_.first_time % unit_;
  base_ = header_.first_time - (rest < 0 ? rest + unit_ : rest);
  max_gap_ = static_cast<std::uint64_t>(header_.last_time - base_) / unit_;
  if (sessions.empty()) return;
  session_ids_ = ReadSessions(sessions);
  if (session_ids_.size() != header_.sessions)
    ThrowCorrupted("its sessions are not as many as the header says");
}

std::uint64_t SegmentReader::Varint(std::uint64_t most) {
  std::uint64_t value;
  if (!GetPaddedVarint(&at_, end_, &value) || value > most) ThrowCorrupted("its directory makes no sense");
  return value;
}

void SegmentReader::ReadName() {
  const std::size_t left = static_cast<std::size_t>(end_ - at_);
  const std::uint64_t form = Varint(left + 1);
  if (form == 0) {
    if (static_cast<std::size_t>(end_ - at_) < kUuidBytes)
      ThrowCorrupted("the name of an actor is truncated");
    FormatUuid(at_, uuid_);
    name_ = {uuid_, kUuidCharacters};
    at_ += kUuidBytes;
  } else {
    const std::uint64_t size = form - 1;
    if (static_cast<std::size_t>(end_ - at_) < size) ThrowCorrupted("the name of an actor is truncated");
    name_ = {reinterpret_cast<const char*>(at_), size};
    at_ += size;
  }
}

// What changes from run to run is in local variables: storing runs could change members, for all the compiler
// knows.
void SegmentReader::ReadRuns(std::uint32_t count) {
  if (runs_.size() < count) runs_.resize(count);
  run_count_ = count;
  const std::uint8_t* at = at_;
  const auto next = [&at, end = end_] {
    std::uint64_t value;
    if (!GetPaddedVarint(&at, end, &value)) ThrowCorrupted("its directory makes no sense");
    return value;
  };
  const std::uint32_t sessions_left = header_.sessions - first_session_;
  std::uint32_t event = first_event_, sessions = 0;
  std::uint64_t delta_bit = delta_bit_;
  Micros first = base_;
  for (SegmentRun* run = runs_.data(); count > 0; --count, ++run) {
    const std::uint64_t head = next();
    if (head < 2) ThrowCorrupted("a run has no events");
    if (head >> 1 > header_.events - event) ThrowCorrupted("it has fewer events than runs speak of");
    const auto events = static_cast<std::uint32_t>(head >> 1);
    std::uint64_t session = sessions;
    if (head & 1) {
      if (++sessions > sessions_left) ThrowCorrupted("it has fewer sessions than runs speak of");
    } else {
      session = next();
      if (session >= sessions) ThrowCorrupted("a run has a session that was not there before");
    }
    const std::uint64_t gap = next();
    if (gap > max_gap_) ThrowTooLate();
    first += static_cast<Micros>(gap) * unit_;
    if (first > header_.last_time) ThrowTooLate();
    std::uint32_t width = 0;
    if (events > 1) {
      if (at == end_ || *at > max_width_) ThrowCorrupted("the deltas of a run make no sense");
      width = *at++;
    }
    *run = {first, delta_bit, event, events, static_cast<std::uint32_t>(session), width};
    event += events;
    delta_bit += std::uint64_t{events - 1} * width;
    if (delta_bit > delta_bits_) ThrowCorrupted("it has fewer deltas than runs speak of");
  }
  at_ = at;
  events_ = event - first_event_;
  sessions_ = sessions;
  delta_bit_ = delta_bit;
}

bool SegmentReader::Next() {
  first_event_ += events_;
  first_session_ += sessions_;
  events_ = sessions_ = 0;
  if (actors_read_ == header_.actors) {
    if (at_ != end_ || first_event_ != header_.events) ThrowCorrupted("it has more than its actors");
    return false;
  }
  const std::uint64_t last_hash = hash_;
  ReadName();
  hash_ = ActorHash(name_);
  if (actors_read_++ > 0 && hash_ < last_hash) ThrowCorrupted("its actors are out of order");
  const std::uint64_t runs = Varint(header_.events - first_event_);
  if (runs == 0) ThrowCorrupted("an actor has no events");
  ReadRuns(static_cast<std::uint32_t>(runs));
  return true;
}

std::uint16_t SegmentReader::Kind(std::uint32_t event) const {
  const std::uint32_t local = LocalKind(event);
  if (local >= kinds_.size()) ThrowCorrupted("an event is of a kind it does not have");
  return kinds_[local];
}

void SegmentReader::Times(const SegmentRun& run, Micros* times) const {
  std::uint64_t ts = static_cast<std::uint64_t>(run.first);
  times[0] = run.first;
  Deltas deltas(*this, run);
  for (std::uint32_t i = 1; i < run.events; ++i) {
    ts += deltas.Next();
    times[i] = static_cast<Micros>(ts);
  }
  CheckLast(ts);
}

void SegmentReader::ThrowTooLate() {
  ThrowCorrupted("an event is later than the last one");
}

}  // namespace productgraph::core
