// Rows to store, made without reading JSON.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "src/core/ingest_batch.hpp"

namespace productgraph::core {

// Keeps what the rows point to.
class IngestRows {
 public:
  ProjectLookup* AddProject(std::string_view id) {
    ProjectLookup& project = projects_.emplace_back();
    project.project_id = Keep(id);
    project.org_id.fill(7);
    return &project;
  }
  Event* AddEvent(const ProjectLookup* project, bool stored = true) {
    Event& event = events_.emplace_back(std::pmr::get_default_resource());
    rows_.push_back({&event, project, EventKey{}, 0, stored});
    return &event;
  }
  void Put(Event* event, FieldId field, std::string_view text) {
    FieldValue value{field, JsonType::kString, Keep(text), {}};
    event->values.push_back(value);
  }
  void PutInteger(Event* event, FieldId field, std::int64_t integer) {
    FieldValue value{field, JsonType::kNumber, {}, {}};
    value.integer = integer;
    event->values.push_back(value);
  }
  void PutNumber(Event* event, FieldId field, double number) {
    FieldValue value{field, JsonType::kNumber, {}, {}};
    value.number = number;
    event->values.push_back(value);
  }
  std::vector<IngestRow>& rows() { return rows_; }

 private:
  std::string_view Keep(std::string_view text) { return texts_.emplace_back(text); }

  std::deque<std::string> texts_;
  std::deque<ProjectLookup> projects_;
  std::deque<Event> events_;
  std::vector<IngestRow> rows_;
};

}  // namespace productgraph::core
