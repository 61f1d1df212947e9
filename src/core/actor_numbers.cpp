#include "src/core/actor_numbers.hpp"

#include "src/core/arena_text.hpp"
#include "src/core/packed_question.hpp"

namespace productgraph::core {
namespace {

constexpr std::uint32_t kNobody = ~std::uint32_t{0};

}  // namespace

ActorNumbers::ActorNumbers(bool by_session, std::pmr::memory_resource* memory)
    : by_session_(by_session), texts_(memory), remembered_(memory), kept_(memory) {}

void ActorNumbers::BeginActor() {
  if (!by_session_) current_ = count_++;
  is_remembered_ = false;
}

void ActorNumbers::BeginSession(const SessionRows& session) {
  if (by_session_) {
    current_ = count_++;
  } else if (is_finishing_) {
    kept_.resize(session.actors.size(), kNobody);
    for (const SessionRow& row : session.rows) {
      if (kept_[row.actor] == kNobody) kept_[row.actor] = NumberOf(session.actors[row.actor]);
    }
  } else if (session.actor_has_more && !is_remembered_) {
    Remember(session.actors[0], current_);
    is_remembered_ = true;
  }
}

void ActorNumbers::Remember(std::string_view name, std::uint32_t number) {
  remembered_.emplace(CopyText(&texts_, name), number);
}

std::uint32_t ActorNumbers::NumberOf(std::string_view name) {
  const auto known = remembered_.find(name);
  return known != remembered_.end() ? known->second : count_++;
}

void ActorNumbers::Write(std::pmr::vector<std::uint8_t>* bytes) const {
  AppendValue(count_, bytes);
  AppendValue(static_cast<std::uint64_t>(remembered_.size()), bytes);
  for (const auto& [name, number] : remembered_) {
    AppendValue(number, bytes);
    AppendValue(static_cast<std::uint64_t>(name.size()), bytes);
    bytes->insert(bytes->end(), name.begin(), name.end());
  }
}

std::uint32_t ActorNumbers::Read(ByteReader* reader) {
  const std::uint32_t first = count_;
  const auto count = reader->Get<std::uint32_t>();
  if (__builtin_add_overflow(count_, count, &count_)) ThrowCorruptState();
  for (auto left = reader->Get<std::uint64_t>(); left > 0; --left) {
    const auto number = reader->Get<std::uint32_t>();
    if (number >= count) ThrowCorruptState();
    Remember(reader->GetText(reader->Get<std::uint64_t>()), first + number);
  }
  return first;
}

}  // namespace productgraph::core
