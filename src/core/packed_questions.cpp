#include "src/core/packed_questions.hpp"

#include <cstring>
#include <memory_resource>

#include "src/core/packed_funnel.hpp"
#include "src/core/packed_journey_graph.hpp"
#include "src/core/packed_paths.hpp"

namespace productgraph::core {
namespace {

template <class Question, class Spec>
PackedQuestion* Make(std::span<const std::uint8_t> bytes, const QuestionContext& context) {
  Spec spec;
  if (bytes.size() != sizeof(spec)) ThrowCorruptState();
  std::memcpy(&spec, bytes.data(), sizeof(spec));
  return std::pmr::polymorphic_allocator<>(context.memory).new_object<Question>(spec, context);
}

}  // namespace

PackedQuestion* MakePackedQuestion(QuestionType type, std::span<const std::uint8_t> spec,
                                   const QuestionContext& context) {
  switch (type) {
    case QuestionType::kFunnel:
      return Make<PackedFunnel, PackedFunnelSpec>(spec, context);
    case QuestionType::kPaths:
      return Make<PackedPaths, PackedPathsSpec>(spec, context);
    case QuestionType::kJourneyGraph:
      return Make<PackedJourneyGraph, PackedJourneyGraphSpec>(spec, context);
  }
  ThrowCorruptState();
}

}  // namespace productgraph::core
