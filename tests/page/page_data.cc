#include "tests/page/page_data.h"

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace jiffy::page {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string DataText(const std::string& page) {
  const std::string opening = R"(<script id="data" type="application/json">)";
  size_t begin = page.find(opening);
  if (begin == std::string::npos) {
    ADD_FAILURE() << "no data in " << page.size() << " bytes";
    return "";
  }
  begin += opening.size();
  return page.substr(begin, page.find("</script", begin) - begin);
}

rapidjson::Document ParseData(const std::string& page) {
  const std::string text = DataText(page);
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(text.c_str());
  if (document.HasParseError()) {
    ADD_FAILURE() << "not JSON at " << document.GetErrorOffset() << " of "
                  << text.size();
    document.Parse(R"({"runs": [], "tasks": []})");
  }
  return document;
}

std::vector<int64_t> Integers(const rapidjson::Value& array) {
  std::vector<int64_t> values;
  for (const auto& value : array.GetArray()) values.push_back(value.GetInt64());
  return values;
}

std::vector<std::string> Strings(const rapidjson::Value& array) {
  std::vector<std::string> values;
  for (const auto& value : array.GetArray()) {
    values.emplace_back(value.GetString(), value.GetStringLength());
  }
  return values;
}

std::vector<int64_t> Sums(const rapidjson::Value& array) {
  std::vector<int64_t> values = Integers(array);
  for (size_t i = 1; i < values.size(); ++i) values[i] += values[i - 1];
  return values;
}

}  // namespace jiffy::page
