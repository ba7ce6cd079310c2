#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "innernet/base/error.hpp"
#include "innernet/base/interface_name.hpp"
#include "innernet/base/unique_fd.hpp"
#include "innernet/base/wiping_allocator.hpp"

namespace innernet::wg {

enum class SocketState {
  kAnswers,  ///< somebody accepts connections
  kStale,    ///< a socket file that nobody listens to any more
  kMissing,  ///< none, or no socket
};

/// The sockets that userspace implementations listen on: FOLDER/NAME.sock. Each error names the path.
class UserspaceSockets {
 public:
  explicit UserspaceSockets(std::string folder);

  std::string path(const InterfaceName& name) const;
  /// Fails with kPermission when we may not connect.
  Result<SocketState> state(const InterfaceName& name) const;
  /// The names whose sockets answer, sorted; a missing folder has none.
  Result<std::vector<InterfaceName>> answering() const;
  /// What has come of an answer and was not taken yet goes in; how much of it is done with comes out.
  using Take = std::function<Result<std::size_t>(std::string_view)>;

  /// Sends the request and reads the answer up to its empty line, which may be malformed otherwise; returns what `take` has left of it.
  /// kNotFound when nobody listens; kBusy when its queue of connections is full; kUnreachable when nothing moves for `patience`, or the
  /// other side hangs up.
  Result<WipedString> ask(const InterfaceName& name, std::string_view request, std::chrono::milliseconds patience,
                          const Take& take = {}) const;
  /// No socket is fine.
  Result<void> unlink(const InterfaceName& name) const;

 private:
  Result<UniqueFd> connect(const InterfaceName& name) const;

  std::string folder_;
};

}  // namespace innernet::wg
