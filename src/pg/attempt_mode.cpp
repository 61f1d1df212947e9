#include "src/pg/attempt_mode.hpp"

#include <charconv>

#include "src/pg/funnel_arguments.hpp"

namespace productgraph::pg {
namespace {

using core::AttemptOptions;

[[noreturn]] void RaiseWrongMode(const char* problem, std::string_view mode) {
  ereport(ERROR,
          (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
           errmsg("%s \"%.*s\"", problem, static_cast<int>(mode.size()), mode.data()),
           errhint("Modes are strict or any (the order of steps), per_step, optional N, and exclude A-B.")));
  pg_unreachable();
}

// The number at the start of text, which it is taken off; 0 when there is none from 1 to 99.
int TakeStepNumber(std::string_view* text) {
  int number = 0;
  const auto [end, error] =
      std::from_chars(text->data(), text->data() + std::min<std::size_t>(text->size(), 2), number);
  if (error != std::errc()) return 0;
  text->remove_prefix(static_cast<std::size_t>(end - text->data()));
  return number;
}

void AddOptional(std::string_view mode, AttemptOptions* options) {
  std::string_view rest = mode.substr(std::string_view("optional ").size());
  const int step = TakeStepNumber(&rest);
  if (step < 1 || step > core::kMaxSteps || !rest.empty()) RaiseWrongMode("no step in funnel mode", mode);
  options->optional |= core::StepMask{1} << (step - 1);
}

void AddExclusion(std::string_view mode, AttemptOptions* options) {
  std::string_view rest = mode.substr(std::string_view("exclude ").size());
  const int after = TakeStepNumber(&rest);
  const bool dash = rest.starts_with('-');
  if (dash) rest.remove_prefix(1);
  const int before = TakeStepNumber(&rest);
  if (after == 0 || !dash || before == 0 || !rest.empty())
    RaiseWrongMode("no steps A-B in funnel mode", mode);
  if (options->exclusions == core::kMaxSteps) RaiseWrongMode("too many exclusions at funnel mode", mode);
  options->excluded[options->exclusions++] = {static_cast<std::uint8_t>(after),
                                              static_cast<std::uint8_t>(before)};
}

}  // namespace

void ParseAttemptMode(std::string_view modes, int conditions, AttemptOptions* options) {
  ForEachModeItem(modes, [&](std::string_view mode) {
    if (mode == "strict") {
      options->order = core::StepOrder::kStrict;
    } else if (mode == "any") {
      options->order = core::StepOrder::kAny;
    } else if (mode == "per_step") {
      options->per_step = true;
    } else if (mode.starts_with("optional ")) {
      AddOptional(mode, options);
    } else if (mode.starts_with("exclude ")) {
      AddExclusion(mode, options);
    } else {
      RaiseWrongMode("unknown funnel mode", mode);
    }
  });
  options->steps = 0;
  options->steps = conditions - options->conditions();
  const char* const problem =
      options->steps < 1 ? "there are fewer conditions than the mode needs" : options->Problem();
  if (problem) ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", problem)));
}

}  // namespace productgraph::pg
