#include "examples/demo_json.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "examples/demo_run.h"
#include "rapidjson/prettywriter.h"
#include "rapidjson/stringbuffer.h"

namespace jiffy::examples {
namespace {

// Returns a name in the same folder, so that the rename stays in one file
// system.
std::string TemporaryName(const std::string& path) {
  return absl::StrCat(path, ".tmp.", getpid());
}

// Creates a file that must not exist. Errors name the file `is_for`.
absl::StatusOr<FILE*> OpenNew(const std::string& path,
                              const std::string& is_for) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                      0666);  // Less what the umask takes away.
  if (fd < 0) return absl::ErrnoToStatus(errno, is_for);
  return fdopen(fd, "w");
}

absl::Status WriteNew(const std::string& path, const std::string& text) {
  absl::StatusOr<FILE*> file = OpenNew(path, path);
  if (!file.ok()) return file.status();
  const bool written =
      fwrite(text.data(), 1, text.size(), *file) == text.size();
  const int error = errno;
  if (fclose(*file) != 0) return absl::ErrnoToStatus(errno, path);
  return written ? absl::OkStatus() : absl::ErrnoToStatus(error, path);
}

}  // namespace

absl::StatusOr<JsonFile> JsonFile::Create(const std::string& path) {
  // A link stays a link: the file that it leads to is replaced.
  std::error_code error;
  const std::string real = std::filesystem::weakly_canonical(path, error);
  if (error) return absl::ErrnoToStatus(error.value(), path);
  struct stat info = {};
  if (stat(real.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is there, and not a regular file"));
  }
  const std::string temporary = TemporaryName(real);
  absl::StatusOr<FILE*> file = OpenNew(temporary, path);
  if (!file.ok()) return file.status();
  fclose(*file);
  unlink(temporary.c_str());
  return JsonFile(real);
}

absl::Status JsonFile::Write(const std::string& scheduler, absl::Duration slice,
                             const DemoResult& result) const {
  const std::string temporary = TemporaryName(path_);
  absl::Status status = WriteNew(temporary, ToJson(scheduler, slice, result));
  if (status.ok() && rename(temporary.c_str(), path_.c_str()) != 0) {
    status = absl::ErrnoToStatus(errno, path_);
  }
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

std::string ToJson(const std::string& scheduler, absl::Duration slice,
                   const DemoResult& result) {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  writer.SetIndent(' ', 2);
  writer.StartObject();
  writer.Key("scheduler");
  writer.String(scheduler.c_str());
  writer.Key("slice_us");
  writer.Int64(absl::ToInt64Microseconds(slice));
  writer.Key("wall_us");
  writer.Int64(absl::ToInt64Microseconds(result.wall_time()));
  writer.Key("tasks");
  writer.StartArray();
  for (const TaskResult& task : result.tasks) {
    writer.StartObject();
    writer.Key("name");
    writer.String(task.name.c_str());
    writer.Key("cpu_us");
    writer.Int64(absl::ToInt64Microseconds(task.stats.cpu_time));
    writer.Key("preemptions");
    writer.Uint64(task.stats.preemptions);
    writer.Key("voluntary_switches");
    writer.Uint64(task.stats.voluntary_switches);
    writer.Key("longest_wait_us");
    writer.Int64(absl::ToInt64Microseconds(task.stats.longest_wait));
    writer.Key("correct");
    writer.Bool(task.verdict.correct);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  return absl::StrCat(buffer.GetString(), "\n");
}

}  // namespace jiffy::examples
