#include "src/core/session_part.hpp"

#include <algorithm>
#include <limits>
#include <tuple>
#include <unordered_map>

namespace productgraph::core {
namespace {

// What the fields of an event say, as far as sessions ask.
struct EventFacts {
  UnixMicros at = 0;
  bool has_sequence = false;
  std::int64_t sequence = 0;
  std::string_view type, session_id, user_id, anonymous_id, page, journey_id, journey_step_id;
  bool has_user = false, has_anonymous = false, has_journey_step = false;
};

EventFacts FactsOf(const Event& event) {
  EventFacts facts;
  for (const FieldValue& value : event.values) {
    switch (value.field) {
      case FieldId::kSessionId:
        facts.session_id = value.text;
        break;
      case FieldId::kEventType:
        facts.type = value.text;
        break;
      case FieldId::kEventTimestamp:
        facts.at = value.integer;
        break;
      case FieldId::kEventSequence:
        facts.has_sequence = true;
        facts.sequence = value.integer;
        break;
      case FieldId::kUserId:
        facts.has_user = true;
        facts.user_id = value.text;
        break;
      case FieldId::kUserAnonymousId:
        facts.has_anonymous = true;
        facts.anonymous_id = value.text;
        break;
      case FieldId::kPagePath:
        facts.page = value.text;
        break;
      case FieldId::kJourneyId:
        facts.journey_id = value.text;
        break;
      case FieldId::kJourneyStepId:
        facts.has_journey_step = true;
        facts.journey_step_id = value.text;
        break;
      default:
        break;
    }
  }
  return facts;
}

auto Rank(const TellingEvent& event) {
  const std::int64_t sequence =
      event.has_sequence ? event.sequence : std::numeric_limits<std::int64_t>::max();
  return std::make_tuple(event.at, sequence, event.value, event.second);
}

void KeepLast(const TellingEvent& event, TellingEvent* kept) {
  if (!kept->present || Rank(event) > Rank(*kept)) *kept = event;
}

void KeepFirst(const TellingEvent& event, TellingEvent* kept) {
  if (!kept->present || Rank(event) < Rank(*kept)) *kept = event;
}

void AddPage(const EventFacts& facts, SessionPart* part) {
  const TellingEvent page = {true, facts.at, facts.has_sequence, facts.sequence, facts.page, {}};
  ++part->pages;
  KeepFirst(page, &part->entry);
  KeepLast(page, &part->exit);
}

void AddEvent(const EventFacts& facts, SessionPart* part) {
  part->started_at = part->events == 0 ? facts.at : std::min(part->started_at, facts.at);
  part->ended_at = part->events == 0 ? facts.at : std::max(part->ended_at, facts.at);
  ++part->events;
  if (facts.type == "page.view") {
    AddPage(facts, part);
  } else if (facts.type == "error") {
    ++part->errors;
  } else if (facts.type == "journey.conversion") {
    part->converted_at = part->converted ? std::min(part->converted_at, facts.at) : facts.at;
    part->converted = true;
  }
  // Users are told apart by time and id alone.
  if (facts.has_user) KeepLast({true, facts.at, false, 0, facts.user_id, {}}, &part->user);
  if (facts.has_anonymous)
    KeepLast({true, facts.at, false, 0, facts.anonymous_id, {}}, &part->anonymous_user);
  if (facts.has_journey_step) {
    KeepLast({true, facts.at, facts.has_sequence, facts.sequence, facts.journey_id, facts.journey_step_id},
             &part->journey);
  }
}

struct SessionName {
  std::string_view project_id;
  std::string_view session_id;

  bool operator==(const SessionName&) const = default;
};

struct SessionNameHash {
  std::size_t operator()(const SessionName& name) const {
    const std::hash<std::string_view> hash;
    return hash(name.session_id) * 31 + hash(name.project_id);
  }
};

}  // namespace

std::pmr::vector<SessionPart> FoldSessions(std::span<const IngestRow> rows,
                                           std::pmr::memory_resource* memory) {
  std::pmr::vector<SessionPart> parts(memory);
  std::pmr::unordered_map<SessionName, std::size_t, SessionNameHash> places(memory);
  for (const IngestRow& row : rows) {
    if (!row.stored) continue;
    const EventFacts facts = FactsOf(*row.event);
    const auto [place, is_new] =
        places.try_emplace({row.project->project_id, facts.session_id}, parts.size());
    if (is_new) {
      SessionPart& part = parts.emplace_back();
      part.project_id = row.project->project_id;
      part.session_id = facts.session_id;
    }
    AddEvent(facts, &parts[place->second]);
  }
  std::sort(parts.begin(), parts.end(), [](const SessionPart& a, const SessionPart& b) {
    return std::tie(a.project_id, a.session_id) < std::tie(b.project_id, b.session_id);
  });
  return parts;
}

}  // namespace productgraph::core
