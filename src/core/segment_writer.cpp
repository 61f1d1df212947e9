#include "src/core/segment_writer.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "src/core/error.hpp"
#include "src/core/uuid_text.hpp"
#include "src/core/varint.hpp"

namespace productgraph::core {
namespace {

// So many sessions of an actor are looked through one by one, the latest first.
constexpr std::size_t kFewSessions = 16;

[[noreturn]] void ThrowCannotPack(const char* why) {
  throw Error(ErrorCode::kInvalidParameter, why);
}

template <class T>
void AppendBytes(const T* values, std::size_t count, std::pmr::vector<std::uint8_t>* bytes) {
  const auto* const first = reinterpret_cast<const std::uint8_t*>(values);
  bytes->insert(bytes->end(), first, first + count * sizeof(T));
}

// Rounds down to the unit, also before 1970.
Micros FloorTo(Micros ts, Micros unit) {
  const Micros rest = ts % unit;
  return ts - (rest < 0 ? rest + unit : rest);
}

}  // namespace

std::size_t SegmentWriter::SessionIdHash::operator()(const SessionId& id) const {
  std::size_t hash;
  std::memcpy(&hash, id.data(), sizeof(hash));
  return hash;
}

SegmentWriter::SegmentWriter(std::pmr::memory_resource* memory)
    : memory_(memory),
      names_(memory),
      actors_(memory),
      events_(memory),
      sessions_(memory),
      session_numbers_(memory),
      local_kinds_(memory),
      kind_table_(memory),
      directory_(memory),
      deltas_(memory) {}

void SegmentWriter::BeginActor(std::string_view name, std::uint64_t hash) {
  if (!actors_.empty()) {
    const Actor& last = actors_.back();
    const std::string_view last_name(names_.data() + names_.size() - last.name_bytes, last.name_bytes);
    if (hash < last_hash_ || (hash == last_hash_ && name <= last_name))
      ThrowCannotPack("actors must be packed in the order of their hashes");
  }
  last_hash_ = hash;
  names_.insert(names_.end(), name.begin(), name.end());
  actors_.push_back({static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(events_.size())});
  actor_sessions_ = sessions_.size();
  session_numbers_.clear();
}

std::uint32_t SegmentWriter::SessionNumber(const SessionId& session) {
  const std::size_t count = sessions_.size() - actor_sessions_;
  const auto number = static_cast<std::uint32_t>(count);
  if (count <= kFewSessions) {
    for (std::size_t i = sessions_.size(); i-- > actor_sessions_;) {
      if (sessions_[i] == session) return static_cast<std::uint32_t>(i - actor_sessions_);
    }
  } else {
    if (session_numbers_.empty()) {
      for (std::size_t i = 0; i < count; ++i)
        session_numbers_.emplace(sessions_[actor_sessions_ + i], static_cast<std::uint32_t>(i));
    }
    const auto [found, is_new] = session_numbers_.emplace(session, number);
    if (!is_new) return found->second;
  }
  sessions_.push_back(session);
  return number;
}

void SegmentWriter::Add(Micros ts, std::uint16_t kind, const SessionId& session) {
  if (actors_.empty()) ThrowCannotPack("an event must have an actor");
  const bool is_first = actors_.back().first_event == events_.size();
  if (ts < -kMaxPackedTime || ts > kMaxPackedTime)
    ThrowCannotPack("a time is too far from 1970 to be packed");
  if (!is_first && ts < events_.back().ts) ThrowCannotPack("events must be packed in the order of time");
  if (events_.size() == kMaxSegmentEvents) ThrowCannotPack("too many events for one segment");
  events_.push_back({ts, SessionNumber(session), kind});
}

TimeUnit SegmentWriter::FindUnit() const {
  TimeUnit unit = TimeUnit::kSecond;
  for (const Event& event : events_) {
    while (event.ts % UnitMicros(unit) != 0) unit = static_cast<TimeUnit>(static_cast<int>(unit) - 1);
    if (unit == TimeUnit::kMicrosecond) break;
  }
  return unit;
}

void SegmentWriter::NumberKinds(SegmentHeader* header) {
  local_kinds_.assign(kMaxKinds, 0);  // 0 = not seen, else the local number plus one
  for (Event& event : events_) {
    std::uint32_t& local = local_kinds_[event.kind];
    if (local == 0) {
      kind_table_.push_back(event.kind);
      local = static_cast<std::uint32_t>(kind_table_.size());
    }
    event.kind = static_cast<std::uint16_t>(local - 1);
  }
  header->kinds = static_cast<std::uint32_t>(kind_table_.size());
  header->kind_bytes = kind_table_.size() > 256 ? 2 : 1;
}

void SegmentWriter::PutDelta(std::uint64_t delta, int width) {
  pending_ |= delta << pending_bits_;
  pending_bits_ += width;
  for (; pending_bits_ >= 8; pending_bits_ -= 8) {
    deltas_.push_back(static_cast<std::uint8_t>(pending_));
    pending_ >>= 8;
  }
}

void SegmentWriter::FlushDeltas() {
  if (pending_bits_ > 0) deltas_.push_back(static_cast<std::uint8_t>(pending_));
  deltas_.resize(deltas_.size() + kDeltaPadding, 0);
}

void SegmentWriter::EncodeRun(std::size_t begin, std::size_t end, bool is_new, Micros previous, Micros unit) {
  const std::size_t count = end - begin;
  PutVarint(count << 1 | (is_new ? 1 : 0), &directory_);
  if (!is_new) PutVarint(events_[begin].session, &directory_);
  PutVarint(static_cast<std::uint64_t>((events_[begin].ts - previous) / unit), &directory_);
  if (count == 1) return;
  std::uint64_t all = 0;
  for (std::size_t i = begin + 1; i < end; ++i)
    all |= static_cast<std::uint64_t>((events_[i].ts - events_[i - 1].ts) / unit);
  const int width = std::bit_width(all);
  if (width > kMaxDeltaBits) ThrowCannotPack("events lie too far apart in time");
  directory_.push_back(static_cast<std::uint8_t>(width));
  for (std::size_t i = begin + 1; i < end; ++i)
    PutDelta(static_cast<std::uint64_t>((events_[i].ts - events_[i - 1].ts) / unit), width);
}

void SegmentWriter::EncodeDirectory(SegmentHeader* header) {
  const Micros unit = UnitMicros(static_cast<TimeUnit>(header->unit));
  const Micros base = FloorTo(header->first_time, unit);
  std::size_t name_at = 0;
  for (std::size_t a = 0, at = 0; a < actors_.size(); ++a) {
    const std::size_t end = a + 1 < actors_.size() ? actors_[a + 1].first_event : events_.size();
    const std::string_view name(names_.data() + name_at, actors_[a].name_bytes);
    name_at += name.size();
    std::uint8_t uuid[kUuidBytes];
    if (ParseCanonicalUuid(name, uuid)) {
      directory_.push_back(0);
      AppendBytes(uuid, sizeof(uuid), &directory_);
    } else {
      PutVarint(name.size() + 1, &directory_);
      AppendBytes(name.data(), name.size(), &directory_);
    }
    std::size_t runs = 0;
    for (std::size_t i = at; i < end; ++i) runs += i == at || events_[i].session != events_[i - 1].session;
    PutVarint(runs, &directory_);
    Micros previous = base;
    std::uint32_t known = 0;  // sessions seen so far
    while (at < end) {
      std::size_t run_end = at + 1;
      while (run_end < end && events_[run_end].session == events_[at].session) ++run_end;
      const bool is_new = events_[at].session == known;
      known += is_new;
      EncodeRun(at, run_end, is_new, previous, unit);
      previous = events_[at].ts;
      at = run_end;
    }
  }
  FlushDeltas();
  header->directory_bytes = static_cast<std::uint32_t>(directory_.size());
  header->delta_bytes = deltas_.size();
}

SegmentBytes SegmentWriter::Finish() {
  SegmentHeader header;
  header.actors = static_cast<std::uint32_t>(actors_.size());
  header.events = static_cast<std::uint32_t>(events_.size());
  header.sessions = static_cast<std::uint32_t>(sessions_.size());
  header.flags = ambiguous_ ? kAmbiguousTies : 0;
  header.unit = static_cast<std::uint8_t>(FindUnit());
  if (!events_.empty()) {
    const auto [first, last] = std::minmax_element(
        events_.begin(), events_.end(), [](const Event& a, const Event& b) { return a.ts < b.ts; });
    header.first_time = first->ts;
    header.last_time = last->ts;
  }
  NumberKinds(&header);
  EncodeDirectory(&header);

  SegmentBytes bytes{std::pmr::vector<std::uint8_t>(memory_), std::pmr::vector<std::uint8_t>(memory_)};
  auto& content = bytes.content;
  content.reserve(sizeof(header) + kind_table_.size() * 2 + directory_.size() +
                  events_.size() * header.kind_bytes + deltas_.size());
  AppendBytes(&header, 1, &content);
  AppendBytes(kind_table_.data(), kind_table_.size(), &content);
  AppendBytes(directory_.data(), directory_.size(), &content);
  for (const Event& event : events_) {
    content.push_back(static_cast<std::uint8_t>(event.kind));
    if (header.kind_bytes == 2) content.push_back(static_cast<std::uint8_t>(event.kind >> 8));
  }
  AppendBytes(deltas_.data(), deltas_.size(), &content);
  header.checksum = SegmentChecksum(header, std::span(content).subspan(sizeof(header)));
  std::memcpy(content.data(), &header, sizeof(header));

  SessionBlockHeader session_header;
  session_header.sessions = header.sessions;
  AppendBytes(&session_header, 1, &bytes.sessions);
  AppendBytes(sessions_.data(), sessions_.size(), &bytes.sessions);
  session_header.checksum = SessionsChecksum(std::span(bytes.sessions).subspan(sizeof(session_header)));
  std::memcpy(bytes.sessions.data(), &session_header, sizeof(session_header));
  return bytes;
}

}  // namespace productgraph::core
