#include "src/core/packed_attempt_list.hpp"

namespace productgraph::core {
namespace {

constexpr std::size_t kBeforeTimes = 3;  // numbers of an attempt that come before its times

template <class T>
void WriteAll(const std::pmr::vector<T>& values, std::pmr::vector<std::uint8_t>* bytes) {
  AppendValue(static_cast<std::uint64_t>(values.size()), bytes);
  const auto* const first = reinterpret_cast<const std::uint8_t*>(values.data());
  bytes->insert(bytes->end(), first, first + sizeof(T) * values.size());
}

template <class T>
void ReadAll(ByteReader* reader, std::pmr::vector<T>* values) {
  const auto count = reader->Get<std::uint64_t>();
  if (count > reader->left() / sizeof(T)) ThrowCorruptState();
  const std::string_view bytes = reader->GetText(count * sizeof(T));
  const std::size_t before = values->size();
  values->resize(before + count);
  if (count > 0) std::memcpy(values->data() + before, bytes.data(), bytes.size());
}

}  // namespace

void PackedAttemptList::CheckSize() {
  if (names_.size() + numbers_.size() * sizeof(Micros) <= kMaxBytes) return;
  is_cut_ = true;
  names_.clear();
  numbers_.clear();
}

void PackedAttemptList::Take(std::string_view actor, const Micros* times, int depth, StepMask skipped,
                             std::uint32_t) {
  if (is_cut_) return;
  if (!spec().named) actor = {};
  names_.insert(names_.end(), actor.begin(), actor.end());
  numbers_.push_back(static_cast<Micros>(actor.size()));
  numbers_.push_back(depth);
  numbers_.push_back(skipped);
  numbers_.insert(numbers_.end(), times, times + depth);
  CheckSize();
}

void PackedAttemptList::WriteTaken(std::pmr::vector<std::uint8_t>* bytes) const {
  AppendValue(is_cut_, bytes);
  WriteAll(names_, bytes);
  WriteAll(numbers_, bytes);
}

void PackedAttemptList::AddTaken(ByteReader* reader) {
  is_cut_ |= reader->Get<bool>();
  ReadAll(reader, &names_);
  ReadAll(reader, &numbers_);
  CheckSize();
}

bool PackedAttemptList::Cursor::Next(ListedAttempt* attempt) {
  if (number_ == list_.numbers_.size()) return false;
  const Micros* const numbers = &list_.numbers_[number_];
  const auto name_size = static_cast<std::size_t>(numbers[0]);
  const auto depth = static_cast<std::size_t>(numbers[1]);
  *attempt = {std::string_view(list_.names_.data() + name_, name_size), static_cast<int>(depth),
              static_cast<StepMask>(numbers[2]), std::span(numbers + kBeforeTimes, depth)};
  name_ += name_size;
  number_ += kBeforeTimes + depth;
  return true;
}

}  // namespace productgraph::core
