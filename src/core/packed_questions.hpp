// All questions that can be asked of segments, by number, so that another process can be told which one it
// is.
#pragma once

#include <cstdint>
#include <span>

#include "src/core/packed_question.hpp"

namespace productgraph::core {

enum class QuestionType : std::uint8_t {
  kFunnel,
  kAttempts,
  kPaths,
  kJourneyGraph,
  kRetention,
  kActivity,
  kTrend,
};

// `spec` are the bytes of the question's spec, and of what it says follows them. Made in context.memory,
// which owns it. Throws bad_alloc.

// `spec` are the bytes of the question's spec, and of what it says follows them. Made in context.memory,
// which owns it. Throws bad_alloc.
PackedQuestion* MakePackedQuestion(QuestionType type, std::span<const std::uint8_t> spec,
                                   const QuestionContext& context);

}  // namespace productgraph::core
