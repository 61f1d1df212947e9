#include "src/pg/segment_store.hpp"

#include "src/pg/saved_plan.hpp"
#include "src/pg/times.hpp"

namespace productgraph::pg {
namespace {

SavedPlan insert_plan = {
    "INSERT INTO productgraph.segments (org_id, project_id, week, generation, shard, shard_bits, first_time, "
    "last_time,"
    " events, actors, content, sessions) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    12,
    {UUIDOID, TEXTOID, TIMESTAMPTZOID, INT8OID, INT2OID, INT2OID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID,
     INT8OID, BYTEAOID, BYTEAOID},
    nullptr};

SavedPlan delete_plan = {
    "DELETE FROM productgraph.segments WHERE org_id = $1 AND project_id = $2 AND week = $3",
    3,
    {UUIDOID, TEXTOID, TIMESTAMPTZOID},
    nullptr};

Datum MakeBytea(const std::pmr::vector<std::uint8_t>& bytes) {
  return PointerGetDatum(MakeText({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
}

}  // namespace

void RaiseCorruptedSegment(const SegmentName& name, const char* what) {
  ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
                  errmsg("a segment of project \"%.*s\" is corrupted: %s",
                         static_cast<int>(name.project.size()), name.project.data(), what),
                  errdetail("It is that of week %s, generation " INT64_FORMAT ", shard %d.",
                            timestamptz_to_str(name.week), name.generation, name.shard),
                  errhint("Make it anew with productgraph.rebuild_segments(project, from_time, to_time).")));
  pg_unreachable();
}

void InsertSegment(const ProjectWeek& of, int64 generation, int shard, int shard_bits,
                   core::SegmentWriter* writer) {
  core::SegmentBytes* bytes = nullptr;
  auto* const room = static_cast<core::SegmentBytes*>(palloc(sizeof(core::SegmentBytes)));
  Compute([&] { bytes = new (room) core::SegmentBytes(writer->Finish()); });
  core::SegmentHeader header;
  memcpy(&header, bytes->content.data(), sizeof(header));
  const Datum values[] = {of.org_id,
                          of.project_id,
                          of.week,
                          Int64GetDatum(generation),
                          Int16GetDatum(static_cast<int16>(shard)),
                          Int16GetDatum(static_cast<int16>(shard_bits)),
                          TimestampTzGetDatum(FromUnixMicros(header.first_time)),
                          TimestampTzGetDatum(FromUnixMicros(header.last_time)),
                          Int64GetDatum(header.events),
                          Int64GetDatum(header.actors),
                          MakeBytea(bytes->content),
                          MakeBytea(bytes->sessions)};
  ExecuteChange(&insert_plan, values, SPI_OK_INSERT);
}

void DeleteSegments(const ProjectWeek& of) {
  const Datum values[] = {of.org_id, of.project_id, of.week};
  ExecuteChange(&delete_plan, values, SPI_OK_DELETE);
}

}  // namespace productgraph::pg
