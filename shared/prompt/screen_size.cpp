#include "innernet/prompt/screen_size.hpp"

#include <sys/ioctl.h>

namespace innernet::prompt {

Size size_of_terminal(int terminal) {
  winsize found{};
  Size out;
  if (::ioctl(terminal, TIOCGWINSZ, &found) == 0) {
    if (found.ws_row > 0) out.rows = found.ws_row;
    if (found.ws_col > 0) out.columns = found.ws_col;
  }
  return out;
}

}  // namespace innernet::prompt
