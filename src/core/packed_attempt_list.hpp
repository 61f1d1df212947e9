// The attempts at a funnel one by one, asked of segments.
#pragma once

#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "src/core/packed_attempts.hpp"

namespace productgraph::core {

struct ListedAttempt {
  std::string_view actor;         // empty unless attempts are named
  int depth;                      // the last step taken, at least 1
  StepMask skipped;               // optional steps before it that were not taken
  std::span<const Micros> times;  // of the steps up to the last one; of those skipped they mean nothing
};

// Memory: at most kMaxBytes, about 24 bytes, 8 a step and the actor's name for each attempt.
class PackedAttemptList : public PackedAttempts {
 public:
  static constexpr std::size_t kMaxBytes = 256 << 20;

  PackedAttemptList(const PackedAttemptsSpec& spec, const QuestionContext& context,
                    std::span<const Micros> periods)
      : PackedAttempts(spec, context, periods), names_(context.memory), numbers_(context.memory) {}

  // Whether there were so many attempts that some are not listed.
  bool is_cut() const { return is_cut_; }
  // Goes through all of them, in no certain order.
  class Cursor {
   public:
    explicit Cursor(const PackedAttemptList& list) : list_(list) {}
    bool Next(ListedAttempt* attempt);

   private:
    const PackedAttemptList& list_;
    std::size_t name_ = 0;    // where the next name begins
    std::size_t number_ = 0;  // where the next attempt's numbers do
  };

 private:
  void Take(std::string_view actor, const Micros* times, int depth, StepMask skipped,
            std::uint32_t label) override;
  void WriteTaken(std::pmr::vector<std::uint8_t>* bytes) const override;
  void AddTaken(ByteReader* reader) override;
  void CheckSize();

  std::pmr::vector<char> names_;  // one behind the other
  // Of each attempt the length of its name, depth, skipped, and times.
  std::pmr::vector<Micros> numbers_;
  bool is_cut_ = false;
};

}  // namespace productgraph::core
