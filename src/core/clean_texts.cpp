#include "src/core/clean_texts.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace productgraph::core {

std::size_t CleanTexts::Slot(std::string_view text) {
  return XXH3_64bits(text.data(), text.size()) % kEntries;
}

}  // namespace productgraph::core
