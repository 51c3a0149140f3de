#include "examples/sort_workload.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace jiffy::examples {
namespace {

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  FILE* file = fopen(path.c_str(), "re");
  if (file == nullptr) return absl::ErrnoToStatus(errno, path);
  const absl::Cleanup close = [file] { fclose(file); };
  struct stat info = {};
  if (fstat(fileno(file), &info) != 0) return absl::ErrnoToStatus(errno, path);
  if (S_ISDIR(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": is a directory"));
  }
  // An endless file, such as /dev/zero, would have no last line.
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is not a regular file"));
  }
  std::string text;
  std::vector<char> block(size_t{1} << 16);
  while (const size_t size = fread(block.data(), 1, block.size(), file)) {
    text.append(block.data(), size);
  }
  if (ferror(file) != 0) return absl::ErrnoToStatus(errno, path);
  return text;
}

std::vector<std::string_view> SplitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace

std::shared_ptr<const SortNumbers> RandomNumbers(size_t count, uint64_t seed) {
  auto input = std::make_shared<SortNumbers>();
  std::mt19937_64 random(seed);
  input->items.resize(count);
  for (uint64_t& item : input->items) item = random();
  input->fingerprint = FingerprintOf<uint64_t>(input->items);
  input->unit = "numbers";
  return input;
}

absl::StatusOr<std::shared_ptr<const SortLines>> ReadLines(
    const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  auto input = std::make_shared<SortLines>();
  input->storage = *std::move(text);
  input->items = SplitLines(input->storage);
  input->fingerprint = FingerprintOf<std::string_view>(input->items);
  input->unit = "lines";
  return input;
}

}  // namespace jiffy::examples
