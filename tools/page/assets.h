// The page without its data: the files of viewer/, put into the program by the
// build.
#ifndef JIFFY_TOOLS_PAGE_ASSETS_H_
#define JIFFY_TOOLS_PAGE_ASSETS_H_

#include <string_view>

namespace jiffy::page {

extern const std::string_view kPageBeforeData;
extern const std::string_view kPageAfterData;

}  // namespace jiffy::page

#endif  // JIFFY_TOOLS_PAGE_ASSETS_H_
