#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace productgraph::sidecar {

inline constexpr unsigned kByteaOid = 17;
inline constexpr unsigned kTextOid = 25;
inline constexpr unsigned kByteaArrayOid = 1001;
inline constexpr unsigned kTextArrayOid = 1009;

// Builds a one-dimensional array in PostgreSQL's binary format, so that bodies travel without escaping.
class PgArrayBuilder {
 public:
  // count elements will be added, holding about bytes bytes.
  PgArrayBuilder(unsigned element_oid, std::size_t count, std::size_t bytes);

  void Add(std::string_view value);
  void AddNull();
  const std::string& Data() const { return data_; }

 private:
  void AppendInt32(std::uint32_t value);
  std::string data_;
};

}  // namespace productgraph::sidecar
