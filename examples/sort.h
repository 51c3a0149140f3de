// Sorting algorithms, written without any regard to green threads: they
// recurse, allocate, call libc, and never yield.
#ifndef JIFFY_EXAMPLES_SORT_H_
#define JIFFY_EXAMPLES_SORT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace jiffy::examples {

// Sort in ascending order, for the element types uint64_t and std::string_view.
//
// Hoare's algorithm, with the median of three, and insertion sort for short
// pieces. Recurses into the shorter part only, so its stack is O(log n) deep
// for any input.
template <typename T>
void QuickSort(std::span<T> items);
// Top-down, with one buffer as long as the input.
template <typename T>
void MergeSort(std::span<T> items);
template <typename T>
void HeapSort(std::span<T> items);
// With Ciura's gaps (2001).
template <typename T>
void ShellSort(std::span<T> items);
// O(n^2), but the fastest for a few elements.
template <typename T>
void InsertionSort(std::span<T> items);
template <typename T>
void StdSort(std::span<T> items);
// libc's qsort, which calls back a C function for each comparison.
template <typename T>
void LibcQsort(std::span<T> items);

template <typename T>
struct SortAlgorithm {
  const char* name;
  void (*sort)(std::span<T> items);
};

// Returns the algorithms suited to long inputs: all but insertion sort.
template <typename T>
std::span<const SortAlgorithm<T>> FastSortAlgorithms();

// What a sort must keep: the number of elements and their values, in any order.
// Two inputs of the same fingerprint are permutations of each other, except
// with a probability of about 2^-64.
struct Fingerprint {
  size_t count = 0;
  uint64_t sum = 0;
  uint64_t sum_of_squares = 0;

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

template <typename T>
Fingerprint FingerprintOf(std::span<const T> items);

// Checks that `items` are in order and a permutation of the elements that
// `input` was computed from. Returns what is wrong, or an empty string.
template <typename T>
std::string FindSortError(std::span<const T> items, const Fingerprint& input);

}  // namespace jiffy::examples

#endif  // JIFFY_EXAMPLES_SORT_H_
