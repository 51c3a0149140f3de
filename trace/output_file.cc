#include "trace/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace jiffy::trace {
namespace {

absl::Status CannotWrite(const std::string& path, int error) {
  return absl::ErrnoToStatus(
      error,
      absl::StrCat("cannot write ", path == "-" ? "standard output" : path));
}

}  // namespace

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Open(
    const std::string& path) {
  const auto make = [&](std::string target, std::string temporary, int fd) {
    return std::unique_ptr<OutputFile>(
        new OutputFile(std::move(target), std::move(temporary), fd));
  };
  if (path == "-") return make(path, "", STDOUT_FILENO);

  std::string target = path;
  struct stat info;
  if (stat(path.c_str(), &info) == 0) {
    if (!S_ISREG(info.st_mode)) {
      const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
      if (fd < 0) return CannotWrite(path, errno);
      return make(path, "", fd);
    }
    // Replacing a file needs only write permission for its folder; respect a
    // file that is itself write-protected.
    if (access(path.c_str(), W_OK) != 0) return CannotWrite(path, errno);
    // Replace the file, not a symbolic link to it.
    std::error_code error;
    target = std::filesystem::canonical(path, error).string();
    if (error) return CannotWrite(path, error.value());
  }
  std::string temporary = absl::StrCat(target, ".", getpid(), ".tmp");
  const int fd =
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return CannotWrite(path, errno);
  return make(std::move(target), std::move(temporary), fd);
}

OutputFile::OutputFile(std::string path, std::string temporary, int fd)
    : owner_(getpid()),
      path_(std::move(path)),
      temporary_(std::move(temporary)),
      fd_(fd) {
  buffer_.reserve(kBufferSize);
}

OutputFile::~OutputFile() {
  if (fd_ >= 0 && fd_ != STDOUT_FILENO) close(fd_);
  if (!temporary_.empty() && getpid() == owner_) unlink(temporary_.c_str());
}

void OutputFile::Write(int64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  Write(std::string_view(digits, static_cast<size_t>(end - digits)));
}

absl::Status OutputFile::Flush() {
  Drain();
  return error_ == 0 ? absl::OkStatus() : CannotWrite(path_, error_);
}

absl::Status OutputFile::Publish() {
  if (absl::Status status = Flush(); !status.ok()) return status;
  if (fd_ != STDOUT_FILENO) {
    // Some file systems report a full disk only here.
    if (close(std::exchange(fd_, -1)) != 0) return CannotWrite(path_, errno);
  }
  if (temporary_.empty()) return absl::OkStatus();
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return CannotWrite(path_, errno);
  }
  temporary_.clear();
  return absl::OkStatus();
}

void OutputFile::Drain() {
  std::string_view rest = buffer_;
  while (!rest.empty() && error_ == 0) {
    const ssize_t written = write(fd_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  buffer_.clear();
}

}  // namespace jiffy::trace
