#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace innernet::prompt {

// What text takes on a terminal. Text is well-formed UTF-8 without control characters (see printable()).

/// Columns: two for wide characters, none for those that join the one before.
std::size_t columns(std::string_view text);

/// Bytes of the first and the last thing that a person sees as one: a character with those that join it. 0 for no text.
std::size_t first_cluster(std::string_view text);
std::size_t last_cluster(std::string_view text);

/// Lines of at most `width` columns, broken at spaces where there are any; those after the first begin with `indent` spaces. At least one.
std::vector<std::string> wrap(std::string_view text, std::size_t width, std::size_t indent = 0);

/// At most `width` columns; what had to be cut ends in an ellipsis.
std::string cut(std::string_view text, std::size_t width);

/// Small ASCII letters for capital ones, all else as it is.
std::string lower(std::string_view text);

}  // namespace innernet::prompt
