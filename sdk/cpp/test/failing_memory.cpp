#include "failing_memory.hpp"

#include <cstdlib>
#include <new>

namespace productgraph {

thread_local int allocations_left = -1;

}  // namespace productgraph

void* operator new(std::size_t size) {
  using productgraph::allocations_left;
  if (allocations_left >= 0 && allocations_left-- == 0) throw std::bad_alloc();
  if (void* const memory = std::malloc(size != 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
