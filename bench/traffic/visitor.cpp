#include "bench/traffic/visitor.hpp"

#include <iterator>

namespace productgraph::bench {
namespace {

// One of the rows, drawn with their own weights.
template <typename Row>
const Row* Draw(std::span<const Row> rows, Random* random) {
  std::uint32_t total = 0;
  for (const Row& row : rows) total += row.weight;
  std::uint32_t rest = random->Below(total);
  for (const Row& row : rows) {
    if (rest < row.weight) return &row;
    rest -= row.weight;
  }
  return &rows.back();
}

}  // namespace

Visitor MakeVisitor(std::uint64_t seed, std::uint32_t index) {
  Visitor visitor{};
  visitor.index = index;
  visitor.key = Mix(seed, index);
  Random random(visitor.key);
  visitor.country = Draw(Countries(), &random);
  visitor.device = Draw(Devices(), &random);
  visitor.plan = Draw(Plans(), &random);
  visitor.channel = Draw(Channels(), &random);
  visitor.viewport = visitor.device->viewports[random.Below(std::size(visitor.device->viewports))];
  visitor.variant = kVariants[random.Below(std::size(kVariants))];
  visitor.app_version = kAppVersions[random.Below(std::size(kAppVersions))];
  if (visitor.plan->is_business) {
    visitor.company = &Companies()[random.Below(static_cast<std::uint32_t>(Companies().size()))];
  }
  // Who pays for a plan has an account; of the others about half.
  visitor.has_account = visitor.plan != Plans().data() || random.Chance(520);
  constexpr std::uint16_t kHabits[] = {350, 650, 900};  // occasional, regular, daily
  constexpr std::uint16_t kHabitWeights[] = {30, 40, 30};
  visitor.daily_permille = kHabits[random.Weighted(kHabitWeights)];
  return visitor;
}

}  // namespace productgraph::bench
