#include "trace/chrome_json.h"

#include <rapidjson/encodings.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace jiffy::trace {
namespace {

using Validating = rapidjson::Writer<rapidjson::StringBuffer, rapidjson::UTF8<>,
                                     rapidjson::UTF8<>, rapidjson::CrtAllocator,
                                     rapidjson::kWriteValidateEncodingFlag>;

// Replaces all non-ASCII bytes.
std::string Replaced(std::string_view text) {
  std::string ascii;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x80) {
      ascii += c;
    } else {
      ascii += "\xef\xbf\xbd";
    }
  }
  return ascii;
}

}  // namespace

std::string Quoted(std::string_view text) {
  rapidjson::StringBuffer buffer;
  Validating writer(buffer);
  if (!writer.String(text.data(),
                     static_cast<rapidjson::SizeType>(text.size()))) {
    return Quoted(Replaced(text));
  }
  return {buffer.GetString(), buffer.GetSize()};
}

// Writes no "displayTimeUnit": Perfetto before 2022 takes it for the unit of
// the times in the file.
ChromeJson::ChromeJson(OutputFile& file) : file_(file) {
  file_.Write("{\"traceEvents\":[\n");
}

void ChromeJson::NameProcess(int process, std::string_view name) {
  Begin("M", "\"process_name\"", {.process = process});
  file_.Write(",\"args\":{\"name\":");
  file_.Write(name);
  file_.Write("}}");
}

void ChromeJson::NameThread(Track track, std::string_view name) {
  Begin("M", "\"thread_name\"", track);
  file_.Write(",\"args\":{\"name\":");
  file_.Write(name);
  file_.Write("}}");
}

void ChromeJson::Slice(Track track, int64_t since_ns, int64_t until_ns,
                       std::string_view name, std::string_view color,
                       std::string_view arguments) {
  Begin("X", name, track);
  Time("ts", since_ns);
  Time("dur", until_ns - since_ns);
  if (!color.empty()) {
    file_.Write(",\"cname\":\"");
    file_.Write(color);
    file_.Write("\"");
  }
  file_.Write(",\"args\":");
  file_.Write(arguments);
  file_.Write("}");
}

void ChromeJson::Mark(Track track, int64_t time_ns, std::string_view name,
                      std::string_view arguments) {
  Begin("i", name, track);
  Time("ts", time_ns);
  file_.Write(",\"s\":\"t\",\"args\":");
  file_.Write(arguments);
  file_.Write("}");
}

void ChromeJson::GlobalMark(int process, int64_t time_ns,
                            std::string_view name) {
  Begin("i", name, {.process = process});
  Time("ts", time_ns);
  file_.Write(",\"s\":\"g\"}");
}

void ChromeJson::Arrow(uint64_t number, std::string_view name, Track from,
                       int64_t from_ns, Track to, int64_t to_ns) {
  const auto end = [&](std::string_view phase, Track track, int64_t ns) {
    Begin(phase, name, track);
    Time("ts", ns);
    file_.Write(",\"cat\":\"wakeup\",\"id\":");
    file_.Write(static_cast<int64_t>(number));
  };
  end("s", from, from_ns);
  file_.Write("}");
  end("f", to, to_ns);
  // Binds the arrow to the slice around that point, not to the next slice.
  file_.Write(",\"bp\":\"e\"}");
}

void ChromeJson::Counter(int process, int64_t time_ns, std::string_view name,
                         int64_t value) {
  Begin("C", name, {.process = process});
  Time("ts", time_ns);
  file_.Write(",\"args\":{\"value\":");
  file_.Write(value);
  file_.Write("}}");
}

void ChromeJson::End() { file_.Write("\n]}\n"); }

void ChromeJson::Begin(std::string_view phase, std::string_view name,
                       Track track) {
  if (!empty_) file_.Write(",\n");
  empty_ = false;
  file_.Write("{\"ph\":\"");
  file_.Write(phase);
  file_.Write("\",\"name\":");
  file_.Write(name);
  file_.Write(",\"pid\":");
  file_.Write(int64_t{track.process});
  file_.Write(",\"tid\":");
  file_.Write(track.thread);
}

// Writes microseconds, the format's unit. Whole microseconds stay integers.
void ChromeJson::Time(std::string_view key, int64_t ns) {
  file_.Write(",\"");
  file_.Write(key);
  file_.Write("\":");
  file_.Write(ns / 1000);
  if (const int64_t rest = ns % 1000; rest != 0) {
    const char digits[] = {'.', static_cast<char>('0' + rest / 100),
                           static_cast<char>('0' + rest / 10 % 10),
                           static_cast<char>('0' + rest % 10)};
    file_.Write(std::string_view(digits, sizeof digits));
  }
}

}  // namespace jiffy::trace
