// Bytes of segments: refused, or read to the end. With the checksum they come with, and with the right one,
// so that what stands behind it is tried too.
#include "src/core/segment_reader.hpp"
#include "test/fuzz/require.hpp"

using namespace productgraph::core;

static void Read(std::span<const std::uint8_t> bytes) try {
  std::pmr::monotonic_buffer_resource memory;
  SegmentReader reader(bytes, {}, &memory);
  std::pmr::vector<Micros> times(&memory);
  std::uint32_t events = 0;
  while (reader.Next()) {
    for (const SegmentRun& run : reader.runs()) {
      times.resize(run.events);
      reader.Times(run, times.data());
      REQUIRE(times.front() <= reader.header().last_time && times.back() <= reader.header().last_time);
      for (std::uint32_t i = 0; i < run.events; ++i) reader.Kind(run.first_event + i);
      events += run.events;
    }
  }
  REQUIRE(events == reader.header().events);
} catch (const Error& error) {
  REQUIRE(error.code() == ErrorCode::kCorruptedSegment);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Read({data, size});
  SegmentHeader header;
  if (size < sizeof(header)) return 0;
  std::vector<std::uint8_t> sealed(data, data + size);
  std::memcpy(&header, data, sizeof(header));
  header.checksum = SegmentChecksum(header, std::span(sealed).subspan(sizeof(header)));
  std::memcpy(sealed.data(), &header, sizeof(header));
  Read(sealed);
  return 0;
}
