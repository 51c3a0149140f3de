// Reads the contents of a page.
#ifndef JIFFY_TESTS_PAGE_PAGE_DATA_H_
#define JIFFY_TESTS_PAGE_PAGE_DATA_H_

#include <rapidjson/document.h>

#include <cstdint>
#include <string>
#include <vector>

namespace jiffy::page {

// Returns a file's content, "" if there is none.
std::string ReadFile(const std::string& path);

// Returns the JSON inside a page as a browser reads it: up to the first end of
// a script element. Fails the test if there is none.
std::string DataText(const std::string& page);

// Returns that JSON parsed. Fails the test if it is not JSON.
rapidjson::Document ParseData(const std::string& page);

std::vector<int64_t> Integers(const rapidjson::Value& array);
std::vector<std::string> Strings(const rapidjson::Value& array);
// Undoes the encoding of each row as differences to the row above.
std::vector<int64_t> Sums(const rapidjson::Value& array);

}  // namespace jiffy::page

#endif  // JIFFY_TESTS_PAGE_PAGE_DATA_H_
