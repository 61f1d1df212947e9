#include "src/core/copy_stream.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace productgraph::core {
namespace {

// The signature, no flags, no extension of the header.
constexpr std::string_view kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::int16_t kColumns = kFieldCount + 3;
constexpr std::int16_t kEnd = -1;
constexpr std::int32_t kNull = -1;
constexpr char kJsonbVersion = 1;

// The most that a row can take: of each column its length and, but for texts, at most 16 bytes.
std::size_t SizeBound(const Event& event) {
  std::size_t bound = sizeof(kColumns) + kColumns * (sizeof(std::int32_t) + 16) + event.attributes.size();
  for (const FieldValue& value : event.values) bound += value.text.size();
  return bound;
}

}  // namespace

CopyStream::CopyStream(std::span<const IngestRow> rows, UnixMicros received_at,
                       std::pmr::memory_resource* memory)
    : rows_(rows),
      received_at_(received_at),
      made_(kHeader.begin(), kHeader.end(), memory),
      end_(kHeader.size()) {}

std::size_t CopyStream::Read(std::span<char> target) {
  std::size_t written = 0;
  while (written < target.size() && (read_ < end_ || MakeMore())) {
    const std::size_t size = std::min(target.size() - written, end_ - read_);
    std::memcpy(target.data() + written, made_.data() + read_, size);
    written += size;
    read_ += size;
  }
  return written;
}

// The next row, or the end.
bool CopyStream::MakeMore() {
  if (ended_) return false;
  read_ = end_ = 0;
  while (!rows_.empty() && !rows_.front().stored) rows_ = rows_.subspan(1);
  if (rows_.empty()) {
    ended_ = true;
    PutInt(kEnd);
    return true;
  }
  const std::size_t bound = SizeBound(*rows_.front().event);
  if (made_.size() < bound) made_.resize(2 * bound);
  PutRow(rows_.front());
  rows_ = rows_.subspan(1);
  return true;
}

void CopyStream::PutRow(const IngestRow& row) {
  std::array<const FieldValue*, kFieldCount> fields{};
  for (const FieldValue& value : row.event->values) fields[static_cast<std::size_t>(value.field)] = &value;
  PutInt(kColumns);
  const Uuid& org_id = row.project->org_id;
  PutText({reinterpret_cast<const char*>(org_id.data()), org_id.size()});
  PutNumber(received_at_ - kPostgresEpoch);
  for (const FieldValue* const field : fields) {
    if (field) {
      PutField(*field);
    } else {
      PutInt(kNull);
    }
  }
  if (row.event->attributes.empty()) {
    PutInt(kNull);
  } else {
    PutJson(row.event->attributes);
  }
}

void CopyStream::PutField(const FieldValue& value) {
  switch (Describe(value.field).type) {
    case FieldType::kTimestamp:
      return PutNumber(value.integer - kPostgresEpoch);
    case FieldType::kInt64:
      return PutNumber(value.integer);
    case FieldType::kInt32:
      return PutNumber(static_cast<std::int32_t>(value.integer));
    case FieldType::kNumber:
      return PutNumber(std::bit_cast<std::int64_t>(value.number));
    case FieldType::kObject:
      return PutJson(value.text);
    default:
      return PutText(value.text);
  }
}

void CopyStream::PutText(std::string_view text) {
  PutInt(static_cast<std::int32_t>(text.size()));
  PutBytes(text);
}

void CopyStream::PutJson(std::string_view json) {
  PutInt(static_cast<std::int32_t>(json.size() + 1));
  made_[end_++] = kJsonbVersion;
  PutBytes(json);
}

template <class T>
void CopyStream::PutNumber(T value) {
  PutInt(static_cast<std::int32_t>(sizeof(T)));
  PutInt(value);
}

// In network byte order.
template <class T>
void CopyStream::PutInt(T value) {
  auto bits = static_cast<std::make_unsigned_t<T>>(value);
  for (std::size_t i = sizeof(T); i > 0; --i) {
    made_[end_ + i - 1] = static_cast<char>(bits);
    bits = static_cast<std::make_unsigned_t<T>>(bits >> 8);
  }
  end_ += sizeof(T);
}

void CopyStream::PutBytes(std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(made_.data() + end_, bytes.data(), bytes.size());
  end_ += bytes.size();
}

}  // namespace productgraph::core
