#include "sched/sim/json_tree.h"

#include <rapidjson/error/error.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace jiffy::sched::sim {
namespace {

using Kind = JsonNode::Kind;

// The source as a RapidJSON stream. Insert makes it deliver a few characters
// that are not in the text.
class TextStream {
 public:
  using Ch = char;

  explicit TextStream(std::string_view text) : text_(text) {}

  Ch Peek() const {
    if (*extra_ != '\0') return *extra_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  Ch Take() {
    if (*extra_ != '\0') return *extra_++;
    return at_ < text_.size() ? text_[at_++] : '\0';
  }
  size_t Tell() const { return at_; }
  bool AtEnd() const { return at_ >= text_.size(); }

  // The stream concept requires these; they are for in-place parsing, which is
  // not used.
  Ch* PutBegin() { return nullptr; }
  void Put(Ch) {}
  void Flush() {}
  size_t PutEnd(Ch*) { return 0; }

  // Delivers `extra` before the rest of the text.
  void Insert(const char* extra) { extra_ = extra; }

  // Returns the next character that is neither white space nor in a comment.
  char NextSignificant() const {
    size_t i = at_;
    while (i < text_.size()) {
      if (std::string_view(" \t\r\n").find(text_[i]) !=
          std::string_view::npos) {
        ++i;
      } else if (text_.substr(i, 2) == "//") {
        i = text_.find('\n', i);
      } else if (text_.substr(i, 2) == "/*") {
        i = text_.find("*/", i + 2);
        if (i != std::string_view::npos) i += 2;
      } else {
        return text_[i];
      }
    }
    return '\0';
  }

  // Returns the offset of the string whose closing quote was just taken: the
  // nearest unescaped quote before it.
  size_t StringStart() const {
    size_t i = at_ - 1;
    while (i > 0) {
      --i;
      if (text_[i] != '"') continue;
      size_t backslashes = 0;
      while (backslashes < i && text_[i - 1 - backslashes] == '\\') {
        ++backslashes;
      }
      if (backslashes % 2 == 0) break;
    }
    return i;
  }

 private:
  const std::string_view text_;
  size_t at_ = 0;
  const char* extra_ = "";
};

// RapidJSON's handler: builds the tree. A method that returns false ends the
// parse.
class TreeBuilder {
 public:
  explicit TreeBuilder(TextStream& stream) : stream_(stream) {}

  bool Null() {
    if (!std::exchange(value_is_missing_, false)) {
      return Add(Kind::kNull, "null", stream_.Tell() - 4);
    }
    return Add(Kind::kMissing, "", stream_.Tell());
  }
  bool Bool(bool value) {
    return value ? Add(Kind::kBool, "true", stream_.Tell() - 4)
                 : Add(Kind::kBool, "false", stream_.Tell() - 5);
  }
  bool RawNumber(const char* text, size_t length, bool) {
    return Add(Kind::kNumber, {text, length}, stream_.Tell() - length);
  }
  bool String(const char* text, size_t length, bool) {
    return IsPrintable({text, length}) &&
           Add(Kind::kString, {text, length}, stream_.StringStart());
  }
  bool Key(const char* text, size_t length, bool) {
    if (!IsPrintable({text, length})) return false;
    key_ = std::string(text, length);
    key_offset_ = stream_.StringStart();
    last_key_ = key_;
    const char next = stream_.NextSignificant();
    if (next == ',' || next == '}') {
      value_is_missing_ = true;
      stream_.Insert(":null");
    }
    return true;
  }
  bool StartObject() { return Open(Kind::kObject); }
  bool EndObject(size_t) { return Close(); }
  bool StartArray() { return Open(Kind::kArray); }
  bool EndArray(size_t) { return Close(); }
  // Not called: numbers arrive as text, in RawNumber.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

  JsonNode& root() { return root_; }
  // Returns the key that was read last.
  const std::string& last_key() const { return last_key_; }
  // Returns the message of the limit that ended the parse.
  const std::string& limit() const { return limit_; }

 private:
  bool IsPrintable(std::string_view text) {
    if (text.find('\0') == std::string_view::npos) return true;
    limit_ = "expected a string without the character \\u0000";
    return false;
  }

  bool Add(Kind kind, std::string_view text, size_t offset) {
    if (++nodes_ > kMaxJsonNodes) {
      limit_ = absl::StrCat("expected at most ", kMaxJsonNodes, " values");
      return false;
    }
    JsonNode* node = &root_;
    if (!open_.empty()) node = &open_.back()->children.emplace_back();
    node->kind = kind;
    node->text = std::string(text);
    node->offset = offset;
    node->key = std::move(key_);
    node->key_offset = key_offset_;
    key_.clear();
    added_ = node;
    return true;
  }

  bool Open(Kind kind) {
    if (open_.size() == kMaxJsonDepth) {
      limit_ = absl::StrCat("expected at most ", kMaxJsonDepth,
                            " objects and arrays inside each other");
      return false;
    }
    // The stream takes the bracket only after this call.
    if (!Add(kind, "", stream_.Tell())) return false;
    // The address is stable until the parent gets another child; by then this
    // node is closed.
    open_.push_back(added_);
    return true;
  }

  bool Close() {
    open_.pop_back();
    return true;
  }

  TextStream& stream_;
  JsonNode root_;
  std::vector<JsonNode*> open_;
  JsonNode* added_ = nullptr;
  size_t nodes_ = 0;
  std::string key_;
  size_t key_offset_ = 0;
  bool value_is_missing_ = false;
  std::string last_key_;
  std::string limit_;
};

// A construct that the text does not close, and where it begins.
struct Open {
  const char* what = nullptr;
  size_t offset = 0;
};

Open WhatIsOpen(std::string_view text) {
  std::vector<size_t> brackets;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t begin = i;
    switch (text[i]) {
      case '"':
        for (++i; i < text.size() && text[i] != '"'; ++i) {
          if (text[i] == '\\') ++i;
        }
        if (i >= text.size()) {
          return {
              "expected a double quote at the end of the string that begins "
              "here",
              begin};
        }
        break;
      case '/':
        if (text.substr(i, 2) == "//") {
          i = std::min(text.find('\n', i), text.size());
        } else if (text.substr(i, 2) == "/*") {
          i = text.find("*/", i + 2);
          if (i == std::string_view::npos) {
            return {"expected */ at the end of the comment that begins here",
                    begin};
          }
          ++i;
        }
        break;
      case '{':
      case '[':
        brackets.push_back(i);
        break;
      case '}':
      case ']':
        if (!brackets.empty()) brackets.pop_back();
        break;
      default:
        break;
    }
  }
  if (brackets.empty()) return {};
  return {text[brackets.back()] == '{'
              ? "expected a } for the { here, the text ends before it"
              : "expected a ] for the [ here, the text ends before it",
          brackets.back()};
}

const char* Explain(rapidjson::ParseErrorCode code) {
  switch (code) {
    case rapidjson::kParseErrorDocumentEmpty:
      return "expected an object, the text is empty";
    case rapidjson::kParseErrorDocumentRootNotSingular:
      return "expected nothing more after the object";
    case rapidjson::kParseErrorObjectMissName:
      return "expected a key in double quotes, or }";
    case rapidjson::kParseErrorObjectMissColon:
      return "expected a colon after the key";
    case rapidjson::kParseErrorObjectMissCommaOrCurlyBracket:
      return "expected a comma or } after the value";
    case rapidjson::kParseErrorArrayMissCommaOrSquareBracket:
      return "expected a comma or ] after the value";
    case rapidjson::kParseErrorStringUnicodeEscapeInvalidHex:
    case rapidjson::kParseErrorStringUnicodeSurrogateInvalid:
      return "expected four hexadecimal digits of a character after \\u";
    case rapidjson::kParseErrorStringEscapeInvalid:
      return "expected a string without control characters, in which a "
             "backslash begins an escape";
    case rapidjson::kParseErrorStringMissQuotationMark:
      return "expected a double quote at the end of the string";
    case rapidjson::kParseErrorStringInvalidEncoding:
      return "expected text in UTF-8";
    case rapidjson::kParseErrorNumberTooBig:
    case rapidjson::kParseErrorNumberMissFraction:
    case rapidjson::kParseErrorNumberMissExponent:
      return "expected a number";
    case rapidjson::kParseErrorUnspecificSyntaxError:
      return "expected */ at the end of the comment, or // or /* at its start";
    default:
      return "expected a value: a number, a string in double quotes, true, "
             "false, an object or an array";
  }
}

}  // namespace

bool StartsWithByteOrderMark(std::string_view text) {
  return text.starts_with("\xEF\xBB\xBF");
}

absl::StatusOr<JsonNode> ParseJson(const Source& source) {
  const std::string& text = source.text();
  if (text.size() > kMaxJsonBytes) {
    return source.Error(
        kMaxJsonBytes, "",
        absl::StrCat("expected at most ", kMaxJsonBytes >> 20, " MiB of text"));
  }
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    return source.Error(0, "",
                        "expected text in UTF-8, found the byte-order mark of "
                        "UTF-16");
  }
  // RapidJSON would take a zero byte for the end of the text.
  if (const size_t zero = text.find('\0'); zero != std::string::npos) {
    return source.Error(zero, "", "expected text, found a zero byte");
  }
  constexpr unsigned kFlags =
      rapidjson::kParseCommentsFlag | rapidjson::kParseTrailingCommasFlag |
      rapidjson::kParseNumbersAsStringsFlag |
      rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag;
  TextStream stream(text);
  if (StartsWithByteOrderMark(text)) {
    for (int i = 0; i < 3; ++i) stream.Take();
  }
  TreeBuilder builder(stream);
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, builder);
  if (result.IsError()) {
    if (builder.limit().empty() && stream.AtEnd()) {
      const Open open = WhatIsOpen(text);
      if (open.what != nullptr) {
        return source.Error(open.offset, builder.last_key(), open.what);
      }
    }
    size_t offset = result.Offset();
    if (result.Code() == rapidjson::kParseErrorValueInvalid) {
      // Report the start of the word, not the character where it differs from
      // "null".
      while (offset > 0 && absl::ascii_isalpha(
                               static_cast<unsigned char>(text[offset - 1]))) {
        --offset;
      }
    }
    return source.Error(
        offset, builder.last_key(),
        builder.limit().empty() ? Explain(result.Code()) : builder.limit());
  }
  return std::move(builder.root());
}

}  // namespace jiffy::sched::sim
