// The memory of the process.
#ifndef JIFFY_TESTS_TORTURE_MEMORY_H_
#define JIFFY_TESTS_TORTURE_MEMORY_H_

#include <cstddef>

namespace jiffy::torture {

// Returns the resident bytes of the process.
size_t ResidentBytes();

// Returns how many mappings it has; vm.max_map_count is their limit.
size_t Mappings();

}  // namespace jiffy::torture

#endif  // JIFFY_TESTS_TORTURE_MEMORY_H_
