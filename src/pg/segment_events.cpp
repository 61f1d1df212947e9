// segment_events(): what a segment holds, for tests and for looking into one.
#include <vector>

#include "src/pg/result_rows.hpp"
#include "src/pg/segment_store.hpp"
#include "src/pg/times.hpp"

namespace productgraph::pg {
namespace {

void AddActor(const core::SegmentReader& reader, const core::Micros* times, const ResultRows& rows) {
  const Datum actor = PointerGetDatum(MakeText(reader.name()));
  std::uint32_t at = 0;
  for (const core::SegmentRun& run : reader.runs()) {
    const core::SessionId& id = reader.session(run.session);
    const Datum session = PointerGetDatum(MakeText({reinterpret_cast<const char*>(id.data()), id.size()}));
    for (std::uint32_t i = 0; i < run.events; ++i, ++at) {
      std::uint16_t kind = 0;
      Compute([&] { kind = reader.Kind(run.first_event + i); });
      const Datum values[] = {Int64GetDatum(run.first_event + i), actor, session,
                              TimestampTzGetDatum(FromUnixMicros(times[at])), Int32GetDatum(kind)};
      AddRow(rows, values);
    }
  }
}

}  // namespace
}  // namespace productgraph::pg

using namespace productgraph;
using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(segment_events) {
  const ResultRows rows = BeginRows(fcinfo);
  auto* const memory = NewIn<MemoryContextResource>(CurrentMemoryContext, CurrentMemoryContext);
  auto* const reader = static_cast<core::SegmentReader*>(palloc(sizeof(core::SegmentReader)));
  auto* const times =
      static_cast<std::pmr::vector<core::Micros>*>(palloc(sizeof(std::pmr::vector<core::Micros>)));
  const auto content = ByteaSpan(PG_GETARG_DATUM(0));
  const auto sessions = ByteaSpan(PG_GETARG_DATUM(1));
  bool more = false;
  const auto next = [&] {
    more = reader->Next();
    if (!more) return;
    times->resize(reader->events());
    std::size_t at = 0;
    for (const core::SegmentRun& run : reader->runs()) {
      reader->Times(run, times->data() + at);
      at += run.events;
    }
  };
  Compute([&] {
    new (times) std::pmr::vector<core::Micros>(memory);
    new (reader) core::SegmentReader(content, sessions, memory);
    next();
  });
  while (more) {
    CHECK_FOR_INTERRUPTS();
    AddActor(*reader, times->data(), rows);
    Compute(next);
  }
  return (Datum)0;
}
