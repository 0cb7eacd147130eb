// The page that shows a run, with a place for the run's data.
#pragma once

#include <string_view>

namespace tickmesh {

/// HTML that needs nothing else: style and script are in it. Made of the files in page/.
extern const std::string_view report_page;

/// Stands once in the page, where its data as JSON belong.
inline constexpr std::string_view report_data_place = "%TICKMESH_RUN%";

} // namespace tickmesh
