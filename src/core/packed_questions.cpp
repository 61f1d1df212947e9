#include "src/core/packed_questions.hpp"

#include <cstring>
#include <memory_resource>

#include "src/core/packed_activity.hpp"
#include "src/core/packed_attempt_list.hpp"
#include "src/core/packed_funnel.hpp"
#include "src/core/packed_journey_graph.hpp"
#include "src/core/packed_paths.hpp"
#include "src/core/packed_retention.hpp"
#include "src/core/packed_trend.hpp"

namespace productgraph::core {
namespace {

// The spec at the beginning of the bytes, which it is taken from.
template <class Spec>
Spec TakeSpec(std::span<const std::uint8_t>* bytes) {
  Spec spec;
  if (bytes->size() < sizeof(spec)) ThrowCorruptState();
  std::memcpy(&spec, bytes->data(), sizeof(spec));
  *bytes = bytes->subspan(sizeof(spec));
  return spec;
}

// The values that the rest of the bytes are. They need not be aligned.
template <class T>
std::span<const T> CopyValues(std::span<const std::uint8_t> bytes, std::pmr::memory_resource* memory) {
  const std::size_t count = bytes.size() / sizeof(T);
  if (count * sizeof(T) != bytes.size()) ThrowCorruptState();
  if (count == 0) return {};
  T* const values = std::pmr::polymorphic_allocator<>(memory).allocate_object<T>(count);
  std::memcpy(values, bytes.data(), bytes.size());
  return {values, count};
}

template <class Question, class... Arguments>
PackedQuestion* Make(const QuestionContext& context, const Arguments&... arguments) {
  return std::pmr::polymorphic_allocator<>(context.memory).new_object<Question>(arguments...);
}

// A question whose spec is all there is.
template <class Question, class Spec>
PackedQuestion* MakeFromSpec(std::span<const std::uint8_t> bytes, const QuestionContext& context) {
  const auto spec = TakeSpec<Spec>(&bytes);
  if (!bytes.empty()) ThrowCorruptState();
  return Make<Question>(context, spec, context);
}

// Of a question whose spec is followed by more.
template <class Question>
PackedQuestion* MakeReading(std::span<const std::uint8_t> bytes, const QuestionContext& context) {
  return std::pmr::polymorphic_allocator<>(context.memory).new_object<Question>(ByteReader(bytes), context);
}

}  // namespace

PackedQuestion* MakePackedQuestion(QuestionType type, std::span<const std::uint8_t> spec,
                                   const QuestionContext& context) {
  switch (type) {
    case QuestionType::kFunnel:
      return MakeFromSpec<PackedFunnel, PackedAttemptsSpec>(spec, context);
    case QuestionType::kAttempts: {
      const auto attempts = TakeSpec<PackedAttemptsSpec>(&spec);
      return Make<PackedAttemptList>(context, attempts, context, CopyValues<Micros>(spec, context.memory));
    }
    case QuestionType::kPaths:
      return MakeFromSpec<PackedPaths, PackedPathsSpec>(spec, context);
    case QuestionType::kJourneyGraph:
      return MakeFromSpec<PackedJourneyGraph, PackedJourneyGraphSpec>(spec, context);
    case QuestionType::kRetention:
      return MakeReading<PackedRetention>(spec, context);
    case QuestionType::kActivity:
      return MakeReading<PackedActivity>(spec, context);
    case QuestionType::kTrend:
      return MakeReading<PackedTrend>(spec, context);
  }
  ThrowCorruptState();
}

}  // namespace productgraph::core
