#include "innernet/command_line/terminal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "innernet/base/temp_file.hpp"

namespace innernet {

void Output::write(std::string_view text) {
  if (closed_ || failure_ != 0) return;
  const Attempt<void> written = write_all(fd_, text);
  if (written) return;
  if (written.error() == EPIPE)
    closed_ = true;
  else
    failure_ = written.error();
}

void open_missing_standard_streams() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is `fd`, because those below it are open. Without /dev/null there is nothing better to do.
    (void)::open("/dev/null", O_RDWR);
  }
}

}  // namespace innernet
