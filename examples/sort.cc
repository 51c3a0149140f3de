#include "examples/sort.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"

namespace jiffy::examples {
namespace {

// Insertion sorts pieces this short faster.
constexpr size_t kShort = 16;

// Orders the first, middle and last element and returns the middle one.
template <typename T>
T MedianOfThree(std::span<T> items) {
  T& first = items.front();
  T& middle = items[items.size() / 2];
  T& last = items.back();
  if (middle < first) std::swap(middle, first);
  if (last < middle) std::swap(last, middle);
  if (middle < first) std::swap(middle, first);
  return middle;
}

// Returns the length of a prefix, neither empty nor everything, that has no
// element larger than any of the rest. Both scans stop at the pivot or at a
// swapped element. So there must be at least three elements, and no bounds
// check is needed.
template <typename T>
size_t Partition(std::span<T> items) {
  const T pivot = MedianOfThree(items);
  size_t left = 0;
  size_t right = items.size() - 1;
  while (true) {
    while (items[left] < pivot) ++left;
    while (pivot < items[right]) --right;
    if (left >= right) return left;
    std::swap(items[left++], items[right--]);
  }
}

template <typename T>
void MergeSortWith(std::span<T> items, std::span<T> buffer) {
  if (items.size() <= kShort) return InsertionSort(items);
  const size_t half = items.size() / 2;
  const std::span<T> low = items.first(half);
  const std::span<T> high = items.subspan(half);
  MergeSortWith(low, buffer);
  MergeSortWith(high, buffer);
  std::copy(low.begin(), low.end(), buffer.begin());
  // The rest of `high` is already in its place at the end.
  size_t from_low = 0;
  size_t from_high = 0;
  for (size_t to = 0; from_low < half; ++to) {
    const bool take_high =
        from_high < high.size() && high[from_high] < buffer[from_low];
    items[to] = take_high ? high[from_high++] : buffer[from_low++];
  }
}

// Moves items[root] down a heap whose largest element is on top.
template <typename T>
void SiftDown(std::span<T> items, size_t root) {
  while (2 * root + 1 < items.size()) {
    size_t child = 2 * root + 1;
    if (child + 1 < items.size() && items[child] < items[child + 1]) ++child;
    if (!(items[root] < items[child])) return;
    std::swap(items[root], items[child]);
    root = child;
  }
}

// Sorts each of the `gap` interleaved sequences by insertion.
template <typename T>
void InsertionSortWithGap(std::span<T> items, size_t gap) {
  for (size_t i = gap; i < items.size(); ++i) {
    const T item = items[i];
    size_t to = i;
    for (; to >= gap && item < items[to - gap]; to -= gap) {
      items[to] = items[to - gap];
    }
    items[to] = item;
  }
}

}  // namespace

template <typename T>
void QuickSort(std::span<T> items) {
  while (items.size() > kShort) {
    const size_t split = Partition(items);
    std::span<T> shorter = items.first(split);
    std::span<T> longer = items.subspan(split);
    if (shorter.size() > longer.size()) std::swap(shorter, longer);
    QuickSort(shorter);
    items = longer;
  }
  InsertionSort(items);
}

template <typename T>
void MergeSort(std::span<T> items) {
  std::vector<T> buffer(items.size() / 2);
  MergeSortWith(items, std::span<T>(buffer));
}

template <typename T>
void HeapSort(std::span<T> items) {
  for (size_t root = items.size() / 2; root-- > 0;) SiftDown(items, root);
  for (size_t end = items.size(); end-- > 1;) {
    std::swap(items[0], items[end]);
    SiftDown(items.first(end), 0);
  }
}

template <typename T>
void ShellSort(std::span<T> items) {
  constexpr std::array<size_t, 9> kCiura = {1,   4,   10,  23,  57,
                                            132, 301, 701, 1750};
  std::vector<size_t> gaps(kCiura.begin(), kCiura.end());
  // Ciura published no further gaps; his gaps grow by about 2.25.
  while (gaps.back() < items.size()) gaps.push_back(gaps.back() * 9 / 4);
  for (auto gap = gaps.rbegin(); gap != gaps.rend(); ++gap) {
    InsertionSortWithGap(items, *gap);
  }
}

template <typename T>
void InsertionSort(std::span<T> items) {
  InsertionSortWithGap(items, 1);
}

template <typename T>
void StdSort(std::span<T> items) {
  std::sort(items.begin(), items.end());
}

template <typename T>
void LibcQsort(std::span<T> items) {
  if (items.empty()) return;  // Its pointer may be null, which qsort forbids.
  qsort(items.data(), items.size(), sizeof(T),
        [](const void* a, const void* b) {
          const T& left = *static_cast<const T*>(a);
          const T& right = *static_cast<const T*>(b);
          if (left < right) return -1;
          return right < left ? 1 : 0;
        });
}

template <typename T>
std::span<const SortAlgorithm<T>> FastSortAlgorithms() {
  static constexpr SortAlgorithm<T> kAlgorithms[] = {
      {"quick", &QuickSort<T>}, {"merge", &MergeSort<T>},
      {"heap", &HeapSort<T>},   {"shell", &ShellSort<T>},
      {"std", &StdSort<T>},     {"qsort", &LibcQsort<T>},
  };
  return kAlgorithms;
}

template <typename T>
Fingerprint FingerprintOf(std::span<const T> items) {
  Fingerprint fingerprint;
  fingerprint.count = items.size();
  for (const T& item : items) {
    const uint64_t hash = absl::HashOf(item);
    fingerprint.sum += hash;
    fingerprint.sum_of_squares += hash * hash;
  }
  return fingerprint;
}

template <typename T>
std::string FindSortError(std::span<const T> items, const Fingerprint& input) {
  if (items.size() != input.count) {
    return absl::StrCat(items.size(), " elements instead of ", input.count);
  }
  const auto wrong = std::is_sorted_until(items.begin(), items.end());
  if (wrong != items.end()) {
    return absl::StrCat("element ", wrong - items.begin(),
                        " is less than the one before it");
  }
  if (FingerprintOf(items) != input) {
    return "in order, but not the elements that were to be sorted";
  }
  return "";
}

// NOLINTBEGIN(bugprone-macro-parentheses): the argument is a type.
#define JIFFY_INSTANTIATE_SORTS(T)                                    \
  template void QuickSort<T>(std::span<T>);                           \
  template void MergeSort<T>(std::span<T>);                           \
  template void HeapSort<T>(std::span<T>);                            \
  template void ShellSort<T>(std::span<T>);                           \
  template void InsertionSort<T>(std::span<T>);                       \
  template void StdSort<T>(std::span<T>);                             \
  template void LibcQsort<T>(std::span<T>);                           \
  template std::span<const SortAlgorithm<T>> FastSortAlgorithms<T>(); \
  template Fingerprint FingerprintOf<T>(std::span<const T>);          \
  template std::string FindSortError<T>(std::span<const T>, const Fingerprint&)

JIFFY_INSTANTIATE_SORTS(uint64_t);
JIFFY_INSTANTIATE_SORTS(std::string_view);

#undef JIFFY_INSTANTIATE_SORTS
// NOLINTEND(bugprone-macro-parentheses)

}  // namespace jiffy::examples
