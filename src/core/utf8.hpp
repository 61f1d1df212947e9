// UTF-8: checking it, measuring it in characters, and making it storable as PostgreSQL text.
#pragma once

#include <cstddef>
#include <string_view>

namespace productgraph::core {

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

// The offset of the first byte that is no well-formed UTF-8 (overlong forms, surrogates and values past
// U+10FFFF are not), or text.size() when all is well.
std::size_t FindInvalidUtf8(std::string_view text);

// Number of characters (code points) of well-formed text.
std::size_t CountCharacters(std::string_view text);

// The longest prefix of at most `limit` characters of well-formed text.
std::string_view FirstCharacters(std::string_view text, std::size_t limit);

// Whether text holds a C0 control character or DEL, U+0000 included.
bool HasControlCharacter(std::string_view text);

// In JSON source, overwrites each \uXXXX escape of a surrogate without its partner by \ufffd, in place (both
// are six bytes). A browser that cuts a string inside an emoji sends such escapes; no parser or database
// takes them. Returns how many were replaced.
std::size_t RepairLoneSurrogateEscapes(char* json, std::size_t size);

// Whether RepairLoneSurrogateEscapes could have work to do; cheap.
bool MayHaveSurrogateEscapes(std::string_view json);

}  // namespace productgraph::core
